"use strict";

// The evidence of a deployment as a plot, made of the table that is there anyway; without this script the table is what one sees.
// uPlot is loaded once there is something to plot. It styles by script what it makes, which the policy allows.
const plots = new Map();
const HEIGHT = 190;
const SELECTED_MS = 20_000;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const odds = (log10) => (log10 < 0 ? `1 to ${(10 ** -log10).toLocaleString("en")}` : `${(10 ** log10).toLocaleString("en")} to 1`);
const after = (seconds) => {
  const minutes = Math.round(seconds / 60);
  return seconds < 120 ? `${seconds} s` : minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
};

function numbers(figure) {
  const rows = [...figure.querySelectorAll("tbody tr")];
  const read = (row) => [...row.querySelectorAll("data")].map((one) => Number(one.value));
  const columns = [[], [], []];
  for (const row of rows.map(read)) {
    row.forEach((value, index) => columns[index].push(value));
  }
  return columns;
}

// Where a step begins: a line from top to bottom, and its number; and what the limits mean, which colour alone must not tell.
function annotate(plot, times, steps, limits) {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * px}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.fillStyle = colour("quiet");
  ctx.strokeStyle = colour("line");
  ctx.setLineDash([]);
  steps.forEach((step, index) => {
    if (index > 0 && steps[index - 1] === step) {
      return;
    }
    const x = Math.round(plot.valToPos(times[index], "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(`step ${step}`, x + 4 * px, bbox.top + bbox.height - 2 * px);
  });
  ctx.textAlign = "right";
  limits.forEach(([log10, tone, word]) => {
    ctx.fillStyle = colour(tone);
    ctx.fillText(word, bbox.left + bbox.width - 4 * px, plot.valToPos(log10, "y", true) - 2 * px);
  });
  ctx.restore();
}

function options(figure, [lowest, highest], annotated) {
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("tolerated"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  const limit = (tone) => ({ stroke: colour(tone), width: 1.5, dash: [5, 4], points: { show: false } });
  return {
    width: figure.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: [lowest, highest] } },
    axes: [
      { ...axis, size: 32, values: (_plot, splits) => splits.map(after), incrs: [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400] },
      { ...axis, size: 92, space: 22, values: (_plot, splits) => splits.map(odds), incrs: [1, 2, 3, 4, 6, 10, 20, 50] },
    ],
    series: [{}, { stroke: colour("link"), width: 2, points: { show: false } }, limit("doubtful"), limit("bad")],
    hooks: { draw: [annotated] },
  };
}

function draw(figure) {
  const [times, steps, evidence] = numbers(figure);
  const limits = [[Number(figure.dataset.suspect), "doubtful", "pauses"], [Number(figure.dataset.block), "bad", "goes back"]];
  const levels = limits.map(([log10]) => log10);
  const range = [Math.floor(Math.min(-0.5, ...evidence)), Math.max(...levels, ...evidence) + 0.6];
  const frame = document.createElement("div");
  frame.className = "plot";
  frame.ariaHidden = "true"; // the table says the same
  figure.querySelector("figcaption").after(frame);
  figure.classList.add("drawn");
  const data = [times, evidence, ...levels.map((level) => times.map(() => level))];
  const plot = new uPlot(options(figure, range, (made) => annotate(made, times, steps, limits)), data, frame);
  widths.observe(figure);
  plots.set(figure, plot);
}

function undraw(figure) {
  widths.unobserve(figure);
  plots.get(figure).destroy();
  plots.delete(figure);
  figure.querySelector(".plot")?.remove();
}

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = plots.get(target);
    if (plot && target.clientWidth > 0 && target.clientWidth !== plot.width) {
      plot.setSize({ width: target.clientWidth, height: HEIGHT });
    }
  }
});

function drawAll() {
  for (const figure of plots.keys()) {
    if (!figure.isConnected) {
      undraw(figure);
    }
  }
  const wanted = [...document.querySelectorAll("figure.evidence:has(tbody)")].filter((figure) => !plots.has(figure));
  if (wanted.length > 0 && window.uPlot) {
    wanted.forEach(draw);
  } else if (wanted.length > 0 && !document.getElementById("uplot")) {
    const script = Object.assign(document.createElement("script"), { id: "uplot", src: "static/uplot.min.js", onload: drawAll });
    document.head.append(script);
  }
}

function drawAnew() {
  [...plots.keys()].forEach(undraw);
  drawAll();
}

// A command that is being copied is not replaced under one's hand, for a while.
let selectedAt = -Infinity;
document.addEventListener("selectionchange", () => {
  selectedAt = performance.now();
});
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const selection = getSelection();
  const isHeld = !selection.isCollapsed && performance.now() - selectedAt < SELECTED_MS;
  if (isHeld && event.detail.target.id === "deployments-body" && event.detail.target.contains(selection.anchorNode)) {
    event.detail.shouldSwap = false;
  }
});

document.addEventListener("htmx:oobAfterSwap", drawAll); // before the browser paints what has come
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAnew);
drawAll();
