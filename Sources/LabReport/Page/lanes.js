// One lane a machine: when it was off, what its services did, what the list said of it, where its logs complain.
class Lane {
  constructor(name) {
    this.name = name;
    this.off = [];
    this.marks = [];
    this.member = [];
    this.untrue = [];
    this.complaints = [];
  }

  isOffAt(time) { return this.off.some((span) => span.begin <= time && time < span.end); }
  memberAt(time) { return this.member.find((span) => span.begin <= time && time < span.end)?.state ?? ""; }
}

const lanes = (() => {
  const all = new Map(machines.map((name) => [name, new Lane(name)]));
  for (const event of events) {
    for (const name of event.machines) {
      const lane = all.get(name);
      if (lane) note(lane, event);
    }
  }
  for (const line of logLines) {
    if (line.level >= 4) all.get(line.from.split("/")[0])?.complaints.push(line);
  }
  return [...all.values()];

  function note(lane, event) {
    const state = event.fields.state ?? "";
    if (event.kind === "power") notePower(lane, event.at, state);
    else if (event.kind === "service") {
      lane.marks.push({ at: event.at, state, text: event.text || `${event.fields.service ?? "service"} ${state}` });
    } else if (event.kind === "membership") change(lane.member, event.at, state);
    else if (event.kind === "truth") change(lane.untrue, event.at, state);
  }

  // Who is first heard of by being switched on was off until then.
  function notePower(lane, at, state) {
    const last = lane.off.at(-1);
    if (state === "off") {
      if (!last || last.end <= at) lane.off.push({ begin: at, end: runEnd });
    } else if (last && last.end > at) last.end = at;
    else if (!lane.wasSwitched && at > 0) lane.off.push({ begin: 0, end: at });
    lane.wasSwitched = true;
    lane.marks.push({ at, state: state === "off" ? "power-off" : "power-on", text: state === "off" ? "power off" : "power on" });
  }

  function change(spans, at, state) {
    if (spans.length > 0) spans.at(-1).end = at;
    spans.push({ begin: at, end: runEnd, state });
  }
})();

// Puts spans with their labels into as few rows as possible without overlap. A label stands inside its span if there is
// room, else behind it, and near the right edge before it.
function stack(spans, labelOf) {
  const ends = [];
  return spans.map((span) => {
    const left = x(span.begin), right = Math.max(x(span.end), left + 3);
    const label = labelOf(span), width = label.length * 6.3 + 8;
    const place = right - left > width ? "inside" : right + width < timeline.width ? "behind" : "before";
    const from = place === "before" ? left - width : left, to = place === "behind" ? right + width : right;
    let row = ends.findIndex((end) => end <= from);
    if (row < 0) row = ends.length;
    ends[row] = to + 2;
    const at = place === "before" ? { x: left - 4, "text-anchor": "end" } : { x: place === "inside" ? left + 4 : right + 4 };
    return { ...span, row, left, width: right - left, label, place: at };
  });
}

// The signs of a lane. Each is a shape of its own, so that colour is not needed to tell them apart.
const signs = {
  running: "▸", started: "▸", stopped: "▪", killed: "✕", ended: "✕", failed: "✕", paused: "‖", resumed: "▹",
  "power-off": "○", "power-on": "●",
};
