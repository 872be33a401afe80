// The one moment that timeline, mesh and latency show.
const clock = {
  time: 0,
  listeners: [],
  set(time) {
    this.time = Math.min(runEnd, Math.max(0, time));
    this.listeners.forEach((listener) => listener(this.time));
  },
  on(listener) { this.listeners.push(listener); },
};

// The moments at which something changed, for stepping from one to the next.
const moments = (() => {
  const times = new Set([0, runEnd]);
  for (const event of events) if (!["log", "latency"].includes(event.kind)) times.add(event.at);
  for (const check of checks) { times.add(check.at); times.add(check.end); }
  samples.forEach((sample, index) => {
    if (index === 0 || sample.rows.some((row, at) => row !== samples[index - 1].rows[at])) times.add(sample.at);
  });
  return [...times].filter((time) => time >= 0 && time <= runEnd).sort((left, right) => left - right);
})();

// What is so at a time, in a sentence.
function stateAt(time) {
  const parts = [];
  const off = lanes.filter((lane) => lane.isOffAt(time)).map((lane) => lane.name);
  if (off.length > 0) parts.push(`off: ${list(off)}`);
  for (const fault of faults.filter((span) => span.begin <= time && time < span.end)) {
    parts.push(`${fault.text}${fault.proven ? "" : " (not shown to take effect)"}`);
  }
  const sample = samples[indexAt(samples, time)];
  if (sample) parts.push(`${sample.answering} of ${sample.asked} probed pairs answer`);
  const step = events.findLast((event) => event.kind === "step" && event.at <= time);
  if (step) parts.push(`step: ${step.text}`);
  return parts.length > 0 ? parts.join(" · ") : "nothing to tell";
}

function list(names, limit = 6) {
  return names.length <= limit ? names.join(", ") : `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}

function buildClockbar() {
  const slider = el("input", {
    type: "range", min: 0, max: runEnd, step: Math.max(0.001, runEnd / 2000), value: 0, "aria-label": "Time in the run",
    oninput: () => clock.set(Number(slider.value)),
  });
  const output = el("output", {});
  const now = el("p", { class: "now" });
  const play = el("button", { type: "button", "aria-pressed": "false", onclick: () => player.toggle() }, "Play");
  const player = makePlayer(play);
  const jump = (direction) => {
    const target = direction < 0
      ? moments.findLast((time) => time < clock.time - 1e-4) : moments.find((time) => time > clock.time + 1e-4);
    if (target !== undefined) clock.set(target);
  };
  const before = el("button", { type: "button", "aria-label": "To the change before", onclick: () => jump(-1) }, "◀ change");
  const after = el("button", { type: "button", "aria-label": "To the next change", onclick: () => jump(1) }, "change ▶");
  byId("clockbar").append(before, play, after, slider, output, now);
  clock.on((time) => {
    slider.value = time;
    output.value = seconds(time);
    now.textContent = stateAt(time);
    slider.setAttribute("aria-valuetext", `${seconds(time)}: ${now.textContent}`);
  });
}

// Plays the run in about twenty seconds, or in its own time if it was shorter.
function makePlayer(button) {
  let handle = null;
  let last = 0;
  const rate = Math.max(1, runEnd / 20);
  const stop = () => {
    cancelAnimationFrame(handle);
    handle = null;
    button.textContent = "Play";
    button.setAttribute("aria-pressed", "false");
  };
  const frame = (now) => {
    clock.set(clock.time + ((now - last) / 1000) * rate);
    last = now;
    if (clock.time >= runEnd) stop(); else handle = requestAnimationFrame(frame);
  };
  return {
    toggle() {
      if (handle !== null) return stop();
      if (clock.time >= runEnd) clock.set(0);
      button.textContent = "Pause";
      button.setAttribute("aria-pressed", "true");
      last = performance.now();
      handle = requestAnimationFrame(frame);
    },
  };
}
