// Which log lines are shown.
const filter = { machine: "", service: "", level: 0, words: [], near: false };

function matches(line) {
  if (filter.machine && !line.from.startsWith(`${filter.machine}/`)) return false;
  if (filter.service && !line.from.endsWith(`/${filter.service}`)) return false;
  if ((line.level < 0 ? 2 : line.level) < filter.level) return false;
  if (filter.near && Math.abs(line.at - clock.time) > 1) return false;
  if (filter.words.length === 0) return true;
  line.search ??= `${line.from}\n${line.event}\n${line.text}\n${line.rest}`.toLowerCase();
  return filter.words.every((word) => line.search.includes(word));
}

function buildFilter(onChange) {
  const sources = [...new Set(logLines.map((line) => line.from))];
  const part = (index) => [...new Set(sources.map((source) => source.split("/")[index] ?? ""))].sort();
  const choice = (label, key, options) => {
    const select = el("select", { onchange: () => { filter[key] = key === "level" ? Number(select.value) : select.value; onChange(); } },
      ...options.map(([value, text]) => el("option", { value }, text)));
    return el("label", {}, label, select);
  };
  let timer = null;
  const text = el("input", {
    type: "search", placeholder: "words, all of which must occur", oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        filter.words = text.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
        onChange();
      }, 120);
    },
  });
  const near = el("input", { type: "checkbox", onchange: () => { filter.near = near.checked; onChange(); } });
  clock.on(calm(() => { if (filter.near) onChange(); }));
  return el("form", { class: "filter", role: "search", "aria-label": "Filter of the logs", onsubmit: (event) => event.preventDefault() },
    choice("Machine", "machine", [["", "all"], ...part(0).map((name) => [name, name])]),
    choice("Service", "service", [["", "all"], ...part(1).map((name) => [name, name])]),
    choice("Level", "level", levelNames.map((name, index) => [index, index === 0 ? "all" : index === levelNames.length - 1 ? name : `${name} and above`])),
    el("label", { class: "grow" }, "Text", text),
    el("label", { class: "check-box" }, near, "within 1 s of the moment shown"));
}
