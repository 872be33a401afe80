// The merged logs. Only the rows that can be seen are elements, so that any number of lines scrolls as fast as ten.
const logs = { shown: [], box: null, space: null, row: 26, selected: -1, tally: null, detail: null };

function buildLogs() {
  const view = byId("logs-view");
  if (logLines.length === 0) {
    view.append(el("p", { class: "empty" }, "This run has no log lines."));
    return;
  }
  logs.space = el("div", { class: "space" });
  logs.box = el("div", {
    class: "loglist", tabindex: 0, role: "listbox", "aria-label": "Log lines; arrow keys choose one, which is told in full below",
  }, logs.space);
  logs.tally = el("p", { class: "logtally", role: "status" });
  logs.detail = el("div", { class: "logdetail" }, el("span", { class: "empty" }, "Choose a line to see all of it."));
  view.append(buildFilter(refilter), logs.tally, logs.box, logs.detail);
  const redraw = calm(drawLogs);
  logs.box.addEventListener("scroll", redraw, { passive: true });
  logs.box.addEventListener("keydown", moveSelection);
  new ResizeObserver(() => { measureRow(); redraw(); }).observe(logs.box);
  measureRow();
  refilter();
}

function measureRow() {
  const row = parseFloat(getComputedStyle(logs.box).getPropertyValue("--row")) || 26;
  if (row === logs.row && logs.space.style.height) return;
  logs.row = row;
  logs.space.style.height = `${logs.shown.length * row}px`;
}

function refilter() {
  const kept = logs.shown[logs.selected];
  logs.shown = logLines.filter(matches);
  logs.selected = kept ? logs.shown.indexOf(kept) : -1;
  logs.space.style.height = `${logs.shown.length * logs.row}px`;
  logs.tally.replaceChildren(el("span", {}, `${logs.shown.length.toLocaleString("en")} of ${logLines.length.toLocaleString("en")} lines`),
    el("span", {}, "A time with ~ is that of the line before: the program wrote none."));
  drawLogs();
}

function drawLogs() {
  const first = Math.max(0, Math.floor(logs.box.scrollTop / logs.row) - 8);
  const last = Math.min(logs.shown.length, Math.ceil((logs.box.scrollTop + logs.box.clientHeight) / logs.row) + 8);
  const rows = [];
  for (let index = first; index < last; index++) rows.push(logRow(index));
  logs.space.replaceChildren(...rows);
  if (logs.selected >= first && logs.selected < last) logs.box.setAttribute("aria-activedescendant", `line-${logs.selected}`);
  else logs.box.removeAttribute("aria-activedescendant");
}

const hasNoTime = (line) => line.rest.split("\n").includes("time=unknown");

function logRow(index) {
  const line = logs.shown[index];
  const level = line.level < 0 ? "text" : levelNames[line.level];
  return el("div", {
    class: "logline", id: `line-${index}`, role: "option", style: `top:${index * logs.row}px`, "aria-selected": index === logs.selected ? "true" : "false",
    "aria-setsize": logs.shown.length, "aria-posinset": index + 1, onclick: () => select(index),
  },
  el("span", { class: "at" }, `${hasNoTime(line) ? "~" : ""}${line.at.toFixed(3)}`),
  el("span", { class: `level ${level}` }, level),
  el("span", { class: "from" }, line.from),
  el("span", { class: "text" }, line.event ? el("span", { class: "event" }, line.event) : null, line.text,
    el("span", { class: "rest" }, line.rest.replace("time=unknown", "").replaceAll("\n", "  "))));
}

function select(index) {
  if (index < 0 || index >= logs.shown.length) return;
  logs.selected = index;
  const top = index * logs.row;
  if (top < logs.box.scrollTop) logs.box.scrollTop = top;
  else if (top + logs.row > logs.box.scrollTop + logs.box.clientHeight) logs.box.scrollTop = top + logs.row - logs.box.clientHeight;
  drawLogs();
  tellLine(logs.shown[index]);
}

function moveSelection(event) {
  const page = Math.floor(logs.box.clientHeight / logs.row) - 1;
  const target = {
    ArrowDown: logs.selected + 1, ArrowUp: logs.selected - 1, PageDown: logs.selected + page, PageUp: logs.selected - page,
    Home: 0, End: logs.shown.length - 1,
  }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  select(Math.min(logs.shown.length - 1, Math.max(0, target)));
}

function tellLine(line) {
  const fields = line.rest === "" ? [] : line.rest.split("\n");
  const list = el("dl", {});
  for (const field of fields) {
    const split = field.indexOf("=");
    // A line break inside a value: what follows belongs to the field before.
    if (split < 0) list.lastChild?.append(`\n${field}`);
    else list.append(el("dt", {}, field.slice(0, split)), el("dd", {}, field.slice(split + 1)));
  }
  logs.detail.replaceChildren(
    el("div", { class: "tools" }, el("strong", {}, `${line.from} at ${line.at.toFixed(6)} s${line.event ? `: ${line.event}` : ""}`),
      el("button", { type: "button", onclick: () => goTo(line.at) }, "Show this moment")),
    el("p", {}, line.text), list);
}
