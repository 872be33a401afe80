// What the program wrote into the page, made easy to ask. Times are seconds since the run began.
const raw = JSON.parse(document.getElementById("data").textContent);
const report = raw.report;
const checks = report.checks.map(fillTimes);
const logLines = raw.logs.lines.map(([at, from, level, event, text, rest], index) => ({
  index, at, from: raw.logs.names[from], level, event: raw.logs.names[event] ?? "", text, rest, search: null,
}));
const levelNames = raw.logs.levels;
const events = raw.events.length > 0 ? raw.events : oldEvents();
const samples = unfold(raw.matrix);
const runEnd = Math.max(report.seconds || 0, events.at(-1)?.at ?? 0, samples.at(-1)?.at ?? 0, 0.001, ...checks.map((check) => check.end));
const machines = machineNames();
const faults = faultSpans();

// Reports of format 1 do not say when a check began; their events say when it ended.
function fillTimes(check) {
  if (check.kind) return { ...check, end: check.end ?? check.at + check.seconds };
  const over = report.events.find((event) => event.what.startsWith(`check ${check.id}:`));
  const end = over?.at ?? check.at + check.seconds;
  return { ...check, at: Math.max(0, end - check.seconds), end };
}

function oldEvents() {
  return report.events.filter((event) => !event.what.startsWith("check ")).map((event) => (
    { at: event.at, kind: "step", text: event.what, machines: [], fields: {} }));
}

// Samples are written as differences from the one before.
function unfold(list) {
  let rows = [];
  let names = [];
  return list.map((sample) => {
    rows = sample.machines ? [] : rows.slice();
    names = sample.machines ?? names;
    for (const [index, row] of Object.entries(sample.rows)) rows[index] = row;
    let answering = 0, asked = 0;
    for (const row of rows) for (const cell of row) {
      if (cell === "1") answering++;
      if (cell === "1" || cell === "0") asked++;
    }
    const [p50, p99, max] = sample.ms;
    return { at: sample.at, names, rows, answering, asked, p50, p99, max, pairs: sample.pairs ?? null };
  });
}

function machineNames() {
  const names = report.machines.map((machine) => machine.name);
  if (names.length > 0) return names;
  const seen = new Set();
  for (const event of events) event.machines.forEach((name) => seen.add(name));
  for (const sample of samples) sample.names.forEach((name) => seen.add(name));
  for (const name of raw.logs.names) if (name.includes("/")) seen.add(name.split("/")[0]);
  return [...seen].sort();
}

// Each fault from its beginning to its end; one without an end lasts until the run's.
function faultSpans() {
  const open = new Map();
  const spans = [];
  const words = [];
  for (const event of events) {
    const id = event.fields.id ?? event.text;
    if (event.kind === "fault-begin") {
      const word = event.fields.fault ?? "fault";
      if (!words.includes(word)) words.push(word);
      const span = {
        id, word, text: event.text || word, begin: event.at, end: runEnd, machines: new Set(event.machines),
        engine: event.fields.engine ?? "", proven: event.fields.effect !== "unverified", tone: words.indexOf(word) % 6,
      };
      spans.push(span);
      open.set(id, [...(open.get(id) ?? []), span]);
    } else if (event.kind === "fault-end" && open.has(id)) {
      for (const span of open.get(id)) span.end = event.at;
      open.delete(id);
    }
  }
  return spans;
}

// The last element at or before a time; -1 if there is none. The list is sorted by time.
function indexAt(list, time) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].at <= time) low = middle + 1; else high = middle;
  }
  return low - 1;
}
