// What stands in the rows of the timeline.
function patterns() {
  const shapes = ["M0 8L8 0", "M0 0L8 8", "M4 0V8", "M0 4H8", "M0 0L8 8M0 8L8 0", "M0 2H3M4 6H7"];
  const defs = svg("defs", {}, svg("pattern", { id: "p-off", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { class: "hatch-off", x1: 0, x2: 0, y1: 0, y2: 6 })));
  shapes.forEach((d, tone) => defs.append(
    svg("pattern", { id: `p-${tone}`, width: 8, height: 8, patternUnits: "userSpaceOnUse", class: `f${tone}` }, svg("path", { class: "hatch", d }))));
  return defs;
}

function clipped(text, width) {
  const room = Math.floor(width / 6.2);
  return text.length <= room ? text : room < 3 ? "" : `${text.slice(0, room - 1)}…`;
}

function drawSteps(body, steps, y, height) {
  steps.forEach((step, index) => {
    const at = x(step.at);
    const next = index + 1 < steps.length ? x(steps[index + 1].at) : timeline.width;
    body.append(svg("g", { "data-tip": `${seconds(step.at)}: ${step.text}` },
      svg("rect", { x: at, y, width: Math.max(4, next - at), height, "fill-opacity": 0 }),
      svg("line", { class: "step", x1: at, x2: at, y1: y + 3, y2: y + height - 3 }),
      svg("text", { x: at + 4, y: y + height / 2 + 4 }, clipped(step.text, next - at - 8))));
  });
}

const checkSigns = { pass: "✓", fail: "✗", inconclusive: "?", error: "!" };

function drawChecks(body, spans, y) {
  for (const check of spans) {
    const top = y + 3 + check.row * 19;
    const tipText = `${check.id}: ${check.outcome}\n${check.detail}\n${seconds(check.at)} to ${seconds(check.end)}; double click: to the check`;
    body.append(svg("g", { class: "span", "data-check": check.id, "data-tip": tipText },
      svg("rect", { class: check.outcome, x: check.left, y: top, width: check.width, height: 15, rx: 3 }),
      svg("text", { ...check.place, y: top + 11.5 }, check.label)));
  }
}

function drawFaults(body, spans, y) {
  for (const fault of spans) {
    const box = { x: fault.left, y: y + 3 + fault.row * 19, width: fault.width, height: 15, rx: 3 };
    const engine = fault.engine ? `, by ${fault.engine}` : "";
    const tipText = `${fault.text}\n${seconds(fault.begin)} to ${seconds(fault.end)}${engine}\n${fault.proven ? "shown to take effect" : "not shown to take effect"}`;
    body.append(svg("g", { class: `span f${fault.tone}`, "data-tip": tipText },
      svg("rect", { ...box, fill: `url(#p-${fault.tone})`, "fill-opacity": 0.5 }),
      svg("rect", { class: `fault-edge${fault.proven ? "" : " unproven"}`, ...box }),
      svg("text", { class: "halo", ...fault.place, y: box.y + 11.5 }, fault.label)));
  }
}

function drawShare(body, y, height) {
  const level = (sample) => y + height - 4 - (sample.asked > 0 ? sample.answering / sample.asked : 0) * (height - 8);
  let path = `M${x(samples[0].at)} ${y + height - 4}`;
  samples.forEach((sample, index) => {
    if (index > 0) path += `H${x(sample.at).toFixed(1)}`;
    path += `V${level(sample).toFixed(1)}`;
  });
  path += `H${x(runEnd)}V${y + height - 4}Z`;
  body.append(svg("path", { class: "share", d: path }),
    svg("text", { class: "quiet", x: timeline.width - 2, y: y + 11, "text-anchor": "end" }, "all"),
    svg("text", { class: "quiet", x: timeline.width - 2, y: y + height - 4, "text-anchor": "end" }, "0"));
}

function drawLane(body, lane, y, height) {
  const inner = { y: y + 3, height: height - 9 };
  body.append(svg("rect", { class: "on", x: x(0), width: x(runEnd) - x(0), ...inner }));
  for (const span of lane.off) {
    body.append(svg("rect", { class: "band-back", x: x(span.begin), width: Math.max(2, x(span.end) - x(span.begin)), ...inner }),
      svg("rect", { class: "off", x: x(span.begin), width: Math.max(2, x(span.end) - x(span.begin)), ...inner }));
  }
  for (const fault of faults.filter((span) => span.machines.has(lane.name))) {
    const box = { x: x(fault.begin), width: Math.max(2, x(fault.end) - x(fault.begin)), y: y + 1, height: height - 2 };
    body.append(svg("g", { class: `f${fault.tone}` }, svg("rect", { ...box, fill: `url(#p-${fault.tone})`, "fill-opacity": 0.4 }),
      svg("rect", { class: `fault-edge${fault.proven ? "" : " unproven"}`, ...box })));
  }
  const line = (span, name, at, width) => body.append(
    svg("line", { class: name, x1: x(span.begin), x2: Math.max(x(span.begin) + 1, x(span.end)), y1: at, y2: at, "stroke-width": width }));
  for (const span of lane.member) line(span, span.state === "joined" ? "alive" : span.state, y + height - 3.5, 3);
  for (const span of lane.untrue) if (span.state.startsWith("false")) line(span, "untrue", y + 2, 3);
  drawComplaints(body, lane, y, height);
  if (laneHeight >= 20) drawMarks(body, lane, y, height);
}

// Many complaints within one pixel are one tick.
function drawComplaints(body, lane, y, height) {
  let last = -1;
  for (const complaint of lane.complaints) {
    const at = Math.round(x(complaint.at));
    const isBad = complaint.level >= 5;
    if (at === last && !isBad) continue;
    last = at;
    body.append(svg("line", { class: isBad ? "bad" : "warn", x1: at, x2: at, y1: y + height - (isBad ? 15 : 11), y2: y + height - 6 }));
  }
}

function drawMarks(body, lane, y, height) {
  let last = -Infinity;
  for (const mark of lane.marks) {
    const at = x(mark.at);
    if (at - last < 7 && !mark.state.startsWith("power")) continue;
    last = at;
    const isEnd = ["killed", "ended", "failed", "power-off"].includes(mark.state);
    body.append(svg("text", { class: `sign${isEnd ? " end" : ""}`, x: at, y: y + height / 2 + 2 }, signs[mark.state] ?? "•"));
  }
}

function drawLegend() {
  const key = (text, ...shapes) => el("span", {}, svg("svg", { width: 22, height: 14, class: "tl-key", "aria-hidden": "true" }, ...shapes), text);
  const box = el("div", { class: "tl-legend tl", style: "display:contents" });
  const words = [...new Map(faults.map((fault) => [fault.word, fault.tone]))];
  const edge = (tone, extra = "") => [svg("rect", { x: 1, y: 1, width: 20, height: 12, fill: `url(#p-${tone})`, "fill-opacity": 0.5, class: `f${tone}` }),
    svg("g", { class: `f${tone}` }, svg("rect", { class: `fault-edge${extra}`, x: 1, y: 1, width: 20, height: 12 }))];
  for (const [word, tone] of words) box.append(key(word, ...edge(tone)));
  if (faults.some((fault) => !fault.proven)) box.append(key("not shown to take effect", ...edge(0, " unproven").slice(1)));
  if (lanes.some((lane) => lane.off.length > 0)) {
    box.append(key("off", svg("rect", { class: "band-back", x: 1, y: 1, width: 20, height: 12 }), svg("rect", { class: "off", x: 1, y: 1, width: 20, height: 12 })));
  }
  const stroke = (name, text) => box.append(key(text, svg("line", { class: name, x1: 1, x2: 21, y1: 7, y2: 7, "stroke-width": 3 })));
  const states = new Set(lanes.flatMap((lane) => lane.member.map((span) => span.state)));
  if (states.has("alive") || states.has("joined")) stroke("alive", "listed alive");
  if (states.has("suspect")) stroke("suspect", "suspect");
  if (states.has("unresponsive")) stroke("unresponsive", "unresponsive");
  if (lanes.some((lane) => lane.untrue.some((span) => span.state.startsWith("false")))) stroke("untrue", "the list is wrong");
  if (lanes.some((lane) => lane.complaints.length > 0)) {
    box.append(key("warning", svg("line", { class: "warn", x1: 11, x2: 11, y1: 5, y2: 11 })), key("error", svg("line", { class: "bad", x1: 11, x2: 11, y1: 1, y2: 12 })));
  }
  if (lanes.some((lane) => lane.marks.length > 0)) box.append(el("span", {}, "▸ start  ▪ stop  ✕ killed or ended  ‖ paused  ● on  ○ off"));
  byId("timeline-legend").append(box);
}
