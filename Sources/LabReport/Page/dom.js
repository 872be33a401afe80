// Elements. Whatever text comes from the data goes in as text, never as markup: log lines are hostile input.
const svgSpace = "http://www.w3.org/2000/svg";

function fillElement(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const el = (name, attributes, ...children) => fillElement(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) => fillElement(document.createElementNS(svgSpace, name), attributes, children);
const byId = (id) => document.getElementById(id);

function seconds(value, span = runEnd) {
  if (value === null || value === undefined) return "–";
  return `${value.toFixed(span < 20 ? 2 : span < 600 ? 1 : 0)} s`;
}

function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  return `${value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

// Round steps for an axis: 1, 2, 5, 10, 15, 30 s, 1 min and so on, about so many pixels apart.
function tickStep(span, pixels, apart = 90) {
  const wanted = (span * apart) / Math.max(pixels, 1);
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];
  return steps.find((step) => step >= wanted) ?? 14400;
}

function tickText(time, step) {
  if (step >= 60) return `${Math.round(time / 60)} min`;
  return `${time.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} s`;
}

// Runs at most once a frame.
function calm(body) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => { isWaiting = false; body(); });
  };
}

const tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
document.body.append(tip);

function showTip(event, lines) {
  if (lines.length === 0) return hideTip();
  tip.replaceChildren(...lines.map((line) => el("div", {}, line)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const x = Math.min(event.clientX + 14, innerWidth - box.width - 8);
  const below = event.clientY + 18;
  const y = below + box.height > innerHeight ? event.clientY - box.height - 10 : below;
  tip.style.left = `${Math.max(4, x)}px`;
  tip.style.top = `${Math.max(4, y)}px`;
}

function hideTip() { tip.hidden = true; }
