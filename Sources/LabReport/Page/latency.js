// Round-trip times over the run, on a logarithmic scale: a mesh has both tenths of milliseconds and seconds.
const latency = { box: null, points: [], width: 0, height: 220, left: 52, right: 46, top: 12, bottom: 24 };

function buildLatency() {
  const own = events.filter((event) => event.kind === "latency").map((event) => ({
    at: event.at, p50: number(event.fields.p50), p99: number(event.fields.p99), max: number(event.fields.max),
  }));
  const fromMesh = samples.map(({ at, p50, p99, max }) => ({ at, p50, p99, max }));
  latency.points = own.length > 0 ? own : fromMesh.some((point) => point.p50 !== null) ? fromMesh : [];
  const view = byId("latency-view");
  if (latency.points.length === 0) {
    view.append(el("p", { class: "empty" }, "This run has no round-trip times."));
    return;
  }
  latency.box = el("div", { class: "chart" });
  latency.told = el("p", { class: "small", "aria-live": "off" });
  view.append(latency.box, latency.told);
  new ResizeObserver(calm(drawLatency)).observe(latency.box);
  latency.box.addEventListener("click", (event) => {
    const at = event.clientX - latency.box.getBoundingClientRect().left;
    clock.set(((at - latency.left) / (latency.width - latency.left - latency.right)) * runEnd);
  });
  drawLatency();
  clock.on(tellLatency);
}

function number(text) {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : null;
}

function latencyRange() {
  let low = Infinity, high = 0;
  for (const point of latency.points) {
    for (const value of [point.p50, point.p99, point.max]) {
      if (value > 0) { low = Math.min(low, value); high = Math.max(high, value); }
    }
  }
  if (high === 0) return [0.1, 10];
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.001))];
}

function drawLatency() {
  latency.width = Math.max(240, latency.box.clientWidth);
  const [low, high] = latencyRange();
  const floor = latency.height - latency.bottom;
  const px = (time) => latency.left + (time / runEnd) * (latency.width - latency.left - latency.right);
  const py = (value) => floor - (Math.log(value / low) / Math.log(high / low)) * (floor - latency.top);
  latency.px = px;
  const chart = svg("svg", { height: latency.height, viewBox: `0 0 ${latency.width} ${latency.height}`, role: "img", "aria-label": latencySummary() });
  for (const fault of faults) {
    chart.append(svg("rect", { class: `fault f${fault.tone}`, x: px(fault.begin), width: Math.max(1, px(fault.end) - px(fault.begin)), y: latency.top, height: floor - latency.top }));
  }
  for (let value = low; value <= high * 1.001; value *= 10) {
    chart.append(svg("line", { class: "grid", x1: latency.left, x2: latency.width - latency.right, y1: py(value), y2: py(value) }),
      svg("text", { x: latency.left - 6, y: py(value) + 4, "text-anchor": "end" }, value >= 1000 ? `${value / 1000} s` : `${Number(value.toPrecision(1))} ms`));
  }
  const step = tickStep(runEnd, latency.width - latency.left - latency.right);
  for (let count = 0; count * step <= runEnd + 1e-9; count++) {
    chart.append(svg("text", { x: px(count * step), y: latency.height - 6, "text-anchor": "middle" }, tickText(count * step, step)));
  }
  const ends = [];
  for (const name of ["max", "p99", "p50"]) {
    chart.append(svg("path", { class: name, d: latencyPath(name, px, py) }));
    const last = latency.points.findLast((point) => point[name] > 0);
    if (last) ends.push({ name, y: py(last[name]) });
  }
  ends.forEach((end, index) => {
    if (index > 0) end.y = Math.max(end.y, ends[index - 1].y + 13);
    chart.append(svg("text", { class: end.name, x: latency.width - latency.right + 6, y: end.y + 4 }, end.name));
  });
  latency.here = svg("line", { class: "here", y1: latency.top, y2: floor });
  chart.append(latency.here);
  latency.box.replaceChildren(chart);
  tellLatency(clock.time);
}

// A line with a gap where nobody answered.
function latencyPath(name, px, py) {
  let path = "";
  let isDrawing = false;
  for (const point of latency.points) {
    const value = point[name];
    if (!(value > 0)) { isDrawing = false; continue; }
    path += `${isDrawing ? "L" : "M"}${px(point.at).toFixed(1)} ${py(value).toFixed(1)}${isDrawing ? "" : "h0.1"}`;
    isDrawing = true;
  }
  return path;
}

function tellLatency(time) {
  if (!latency.here) return;
  latency.here.setAttribute("x1", latency.px(time));
  latency.here.setAttribute("x2", latency.px(time));
  const point = latency.points[indexAt(latency.points, time)];
  latency.told.textContent = (point
    ? `At ${seconds(point.at)}: median ${milliseconds(point.p50)}, 99th percentile ${milliseconds(point.p99)}, slowest ${milliseconds(point.max)}. ` : "")
    + latencySummary();
}

function latencySummary() {
  const medians = latency.points.map((point) => point.p50).filter((value) => value > 0).sort((left, right) => left - right);
  const worst = Math.max(0, ...latency.points.map((point) => point.max ?? 0));
  if (medians.length === 0) return "Nobody answered.";
  return `Over the run: median of medians ${milliseconds(medians[medians.length >> 1])}, slowest ${milliseconds(worst)}.`;
}
