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
  if (event.detail.target.id !== "detail") {
    return;
  }
  if (event.detail.target.childElementCount > 0) {
    open(event.detail.pathInfo.finalRequestPath);
  } else {
    leave();
  }
});

window.addEventListener("popstate", (event) => {
  const detail = document.getElementById("detail");
  if (isDetail(event.state)) {
    htmx.ajax("GET", location.href, { target: "#detail", swap: "innerHTML" });
  } else if (location.pathname === new URL(outside).pathname && detail.childElementCount > 0) {
    const opener = document.getElementById("close").hash.slice(1);
    detail.replaceChildren();
    document.getElementById(opener)?.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.getElementById("close")?.click();
  }
});
