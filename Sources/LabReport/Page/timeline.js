// The timeline: steps, checks, faults and the share of answering pairs above, and a lane for each machine below.
const timeline = { zoom: 1, view: null, width: 0, left: 8, right: 26 };
const x = (time) => timeline.left + (time / runEnd) * (timeline.width - timeline.left - timeline.right);
const timeAt = (pixel) => ((pixel - timeline.left) / (timeline.width - timeline.left - timeline.right)) * runEnd;
const laneHeight = machines.length > 200 ? 14 : machines.length > 16 ? 21 : 27;

function buildTimeline() {
  timeline.view = el("div", { class: "tl", tabindex: 0, role: "region", "aria-label": "Timeline; the slider below moves the moment shown" });
  byId("timeline-view").append(timeline.view);
  const zoomBy = (factor) => () => {
    timeline.zoom = factor === 0 ? 1 : Math.min(64, Math.max(1, timeline.zoom * factor));
    drawTimeline();
    const label = timeline.view.firstChild.offsetWidth;
    timeline.view.scrollLeft = x(clock.time) - (timeline.view.clientWidth - label) / 2;
  };
  byId("timeline-tools").append(
    el("button", { type: "button", onclick: zoomBy(0.5), "aria-label": "Zoom out" }, "−"),
    el("button", { type: "button", onclick: zoomBy(2), "aria-label": "Zoom in" }, "+"),
    el("button", { type: "button", onclick: zoomBy(0) }, "Whole run"));
  drawLegend();
  new ResizeObserver(calm(() => {
    if (timeline.view.clientWidth !== timeline.seen) drawTimeline();
  })).observe(timeline.view);
  drawTimeline();
  clock.on(moveCursor);
  // Paper is narrower than most windows, and does not scroll.
  addEventListener("beforeprint", () => { drawForPaper("680px", 1); });
  addEventListener("afterprint", () => { drawForPaper("", timeline.zoom); });
}

function drawForPaper(width, zoom) {
  const before = timeline.zoom;
  timeline.zoom = zoom;
  timeline.view.style.width = width;
  drawTimeline();
  timeline.zoom = before;
}

function drawTimeline() {
  const view = timeline.view;
  timeline.seen = view.clientWidth;
  const label = parseFloat(getComputedStyle(view).getPropertyValue("--label")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
  timeline.width = Math.max(260, (view.clientWidth - label - 2) * timeline.zoom);
  const labels = el("div", { class: "tl-labels" });
  const body = svg("g", {});
  let top = 0;
  const row = (name, height, draw, isGroup) => {
    labels.append(el("div", { class: isGroup ? "group" : "", style: `height:${height}px`, title: name }, el("span", {}, name)));
    draw(top, height);
    body.append(svg("line", { class: "rule", x1: 0, x2: timeline.width, y1: top + height - 0.5, y2: top + height - 0.5 }));
    top += height;
  };
  const band = (name, height, draw) => row(name, height, (y, h) => {
    body.append(svg("rect", { class: "band-back", x: 0, y, width: timeline.width, height: h, "fill-opacity": 0.45 }));
    draw(y, h);
  }, true);
  const steps = events.filter((event) => event.kind === "step");
  if (steps.length > 0) band("Steps", 24, (y, h) => drawSteps(body, steps, y, h));
  const shown = checks.filter((check) => check.outcome !== "skipped").map((check) => ({ ...check, begin: check.at }));
  const checkRows = stack(shown.sort((left, right) => left.begin - right.begin), (check) => `${checkSigns[check.outcome] ?? ""} ${check.id}`);
  if (checkRows.length > 0) band("Checks", rows(checkRows) * 19 + 5, (y) => drawChecks(body, checkRows, y));
  const faultRows = stack(faults, (fault) => (fault.proven ? fault.text : `? ${fault.text}`));
  if (faultRows.length > 0) band("Faults", rows(faultRows) * 19 + 5, (y) => drawFaults(body, faultRows, y));
  if (samples.length > 0) band("Pairs answering", 38, (y, h) => drawShare(body, y, h));
  for (const lane of lanes) row(lane.name, laneHeight, (y, h) => drawLane(body, lane, y, h));
  const axis = svg("svg", { width: timeline.width, height: 26, "aria-hidden": "true" });
  const plot = svg("svg", { width: timeline.width, height: top, "aria-hidden": "true" }, patterns());
  drawGrid(axis, plot, top);
  plot.append(body);
  const plotBox = el("div", { class: "tl-plot" }, plot, el("div", { class: "cursor" }));
  view.replaceChildren(
    el("div", { class: "tl-corner" }), el("div", { class: "tl-axis" }, axis, el("div", { class: "cursor" })), labels, plotBox);
  listenToPlot(plotBox, labels);
  moveCursor(clock.time);
}

const rows = (spans) => Math.max(...spans.map((span) => span.row)) + 1;

function drawGrid(axis, plot, height) {
  const step = tickStep(runEnd, timeline.width - timeline.left - timeline.right);
  for (let count = 0; count * step <= runEnd + 1e-9; count++) {
    const at = x(count * step);
    axis.append(svg("line", { class: "grid", x1: at, x2: at, y1: 20, y2: 26 }),
      svg("text", { class: "quiet", x: at, y: 15, "text-anchor": count === 0 ? "start" : "middle" }, tickText(count * step, step)));
    plot.append(svg("line", { class: "grid", x1: at, x2: at, y1: 0, y2: height, "stroke-opacity": 0.6 }));
  }
}

function moveCursor(time) {
  for (const cursor of timeline.view.querySelectorAll(".cursor")) cursor.style.left = `${x(time) - 1}px`;
}

function listenToPlot(plot, labels) {
  const timeOf = (event) => timeAt(event.clientX - plot.getBoundingClientRect().left);
  let isDragging = false;
  plot.addEventListener("pointerdown", (event) => {
    isDragging = event.pointerType === "mouse" && event.button === 0;
    if (isDragging) clock.set(timeOf(event));
  });
  plot.addEventListener("click", (event) => {
    const id = event.target.closest?.("[data-check]")?.dataset.check;
    clock.set(timeOf(event));
    if (id !== undefined && event.detail === 2) showCheck(id);
  });
  plot.addEventListener("pointermove", (event) => {
    if (isDragging && event.buttons & 1) clock.set(timeOf(event));
    if (event.pointerType === "mouse") showTip(event, tipLines(event, timeOf(event), labels));
  });
  plot.addEventListener("pointerleave", () => { isDragging = false; hideTip(); });
  addEventListener("pointerup", () => { isDragging = false; });
}

function tipLines(event, time, labels) {
  const told = event.target.closest?.("[data-tip]")?.dataset.tip;
  if (told) return told.split("\n");
  const top = labels.getBoundingClientRect().top;
  const index = [...labels.children].findIndex((label) => label.offsetTop + label.offsetHeight > event.clientY - top);
  const lane = lanes[index - (labels.children.length - lanes.length)];
  if (!lane) return [seconds(time)];
  const near = (runEnd / timeline.width) * 6;
  const lines = [`${lane.name} at ${seconds(time)}${lane.isOffAt(time) ? ": off" : ""}`];
  const state = lane.memberAt(time);
  if (state) lines.push(`listed as ${state}`);
  for (const fault of faults) if (fault.machines.has(lane.name) && fault.begin <= time && time < fault.end) lines.push(fault.text);
  for (const mark of lane.marks) if (Math.abs(mark.at - time) < near && lines.length < 8) lines.push(`${seconds(mark.at)}: ${mark.text}`);
  for (const line of lane.complaints) {
    if (Math.abs(line.at - time) < near && lines.length < 8) lines.push(`${levelNames[line.level]}: ${line.text}`);
  }
  return lines;
}
