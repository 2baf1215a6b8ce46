"use strict";

// A detail is opened within the page, and has an address of its own: it can be passed on, and "Back" closes it.
let outside = location.href;

const isDetail = (state) => Boolean(state && state.detail);

function open(path) {
  const address = new URL(path, location.href);
  if (isDetail(history.state)) {
    history.replaceState({ detail: true }, "", address);
  } else {
    outside = location.href;
    history.pushState({ detail: true }, "", address);
  }
}

function leave() {
  const address = new URL(outside);
  if (location.pathname !== address.pathname) {
    address.hash = location.hash;
    history.replaceState(null, "", address);
  }
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "detail") {
    open(event.detail.pathInfo.finalRequestPath);
  }
});

// The detail goes, and the focus back to what opened it.
function shut() {
  const opener = document.getElementById("close").hash;
  document.getElementById("detail").replaceChildren();
  document.getElementById(opener.slice(1))?.focus();
  return opener;
}

window.addEventListener("popstate", (event) => {
  const detail = document.getElementById("detail");
  if (isDetail(event.state)) {
    htmx.ajax("GET", location.href, { target: "#detail", swap: "innerHTML" });
  } else if (location.pathname === new URL(outside).pathname && detail.childElementCount > 0) {
    shut();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.id === "close") {
    event.preventDefault();
    const opener = shut();
    leave();
    location.hash = opener;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.getElementById("close")?.click();
  }
});
