// Who answers whom at the clock's moment. A row asks, a column is asked.
const mesh = { canvas: null, cell: 0, edge: 0, selected: null, readout: null, count: null, pairs: null };

function buildMesh() {
  const view = byId("mesh-view");
  if (samples.length === 0) {
    view.append(el("p", { class: "empty" }, "This run has no samples of who answered whom."));
    return;
  }
  mesh.canvas = el("canvas", { tabindex: 0, role: "img", "aria-label": "Mesh matrix; arrow keys choose a pair, which is told beside it" });
  mesh.map = el("div", { class: "mesh-map" }, mesh.canvas);
  mesh.count = el("p", { class: "count" });
  mesh.readout = el("p", { class: "cell", "aria-live": "polite" }, "Point at a pair, or choose one with the arrow keys.");
  mesh.pairs = el("ul", { class: "pairs", tabindex: 0, "aria-label": "Pairs that do not answer" });
  mesh.silent = el("h3", {});
  view.append(el("div", { class: "mesh" }, mesh.map,
    el("div", { class: "mesh-side" }, mesh.count, meshKey(), mesh.readout, el("div", {}, mesh.silent, mesh.pairs))));
  const redraw = calm(drawMesh);
  clock.on(redraw);
  onThemeChange.push(redraw);
  new ResizeObserver(redraw).observe(mesh.map);
  listenToMesh();
}

const meshSample = () => samples[Math.max(0, indexAt(samples, clock.time))];

function meshColours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["answers", "silent", "off", "unknown", "text", "quiet", "card", "focus"].map((name) => [name, style.getPropertyValue(`--${name}`)]));
}

// Each state has a shape of its own: a plain field, a cross, a hatch, a dot.
function drawCell(ink, state, left, top, size, colours) {
  const box = size > 6 ? size - 1 : size;
  ink.fillStyle = { 1: colours.answers, 0: colours.silent, x: colours.unknown, "?": colours.unknown }[state] ?? colours.card;
  ink.fillRect(left, top, box, box);
  if (size < 8 || state === "1") return;
  ink.lineWidth = Math.max(1, size / 12);
  const inset = size * 0.28;
  ink.beginPath();
  if (state === "0") {
    ink.strokeStyle = colours.card;
    ink.moveTo(left + inset, top + inset); ink.lineTo(left + box - inset, top + box - inset);
    ink.moveTo(left + box - inset, top + inset); ink.lineTo(left + inset, top + box - inset);
  } else if (state === "x") {
    ink.strokeStyle = colours.off;
    for (let step = 0.25; step <= 1.75; step += 0.5) {
      const from = Math.max(0, step - 1) * box, to = Math.min(1, step) * box;
      ink.moveTo(left + from, top + to); ink.lineTo(left + to, top + from);
    }
  } else if (state === "?") {
    ink.fillStyle = colours.quiet;
    ink.arc(left + box / 2, top + box / 2, Math.max(1, size / 14), 0, 7);
    ink.fill();
  } else {
    ink.strokeStyle = colours.unknown;
    ink.moveTo(left, top); ink.lineTo(left + box, top + box);
  }
  ink.stroke();
}

function drawMesh() {
  const sample = meshSample();
  const colours = meshColours();
  const number = sample.names.length;
  const longest = Math.max(...sample.names.map((name) => name.length));
  const room = mesh.map.clientWidth;
  const withNames = number <= 60;
  mesh.edge = withNames ? Math.min(110, longest * 7 + 10) : 12;
  mesh.cell = Math.max(2, Math.min(56, Math.floor((Math.min(room, number > 120 ? room : 680) - mesh.edge - 4) / number)));
  const size = mesh.edge + mesh.cell * number + 2;
  const scale = devicePixelRatio || 1;
  mesh.canvas.width = size * scale;
  mesh.canvas.height = size * scale;
  mesh.canvas.style.width = mesh.canvas.style.height = `${size}px`;
  const ink = mesh.canvas.getContext("2d");
  ink.scale(scale, scale);
  if (withNames && mesh.cell >= 7) drawNames(ink, sample.names, colours);
  sample.rows.forEach((row, from) => {
    for (let to = 0; to < row.length; to++) drawCell(ink, row[to], mesh.edge + to * mesh.cell, mesh.edge + from * mesh.cell, mesh.cell, colours);
  });
  if (mesh.selected) {
    ink.strokeStyle = colours.focus;
    ink.lineWidth = 2;
    ink.strokeRect(mesh.edge + mesh.selected.to * mesh.cell - 0.5, mesh.edge + mesh.selected.from * mesh.cell - 0.5, mesh.cell, mesh.cell);
  }
  tellMesh(sample);
}

function drawNames(ink, names, colours) {
  const font = Math.min(12, mesh.cell + 1);
  ink.font = `${font}px system-ui, sans-serif`;
  ink.fillStyle = colours.text;
  ink.textBaseline = "middle";
  names.forEach((name, index) => {
    const middle = mesh.edge + (index + 0.5) * mesh.cell;
    ink.textAlign = "right";
    ink.fillText(name, mesh.edge - 6, middle, mesh.edge - 8);
    ink.save();
    ink.translate(middle, mesh.edge - 6);
    ink.rotate(-Math.PI / 2);
    ink.textAlign = "left";
    ink.fillText(name, 0, 0, mesh.edge - 8);
    ink.restore();
  });
}

function tellMesh(sample) {
  mesh.count.textContent = `${sample.answering} of ${sample.asked} probed pairs answer`;
  const silent = [];
  sample.rows.forEach((row, from) => {
    for (let to = 0; to < row.length; to++) if (row[to] === "0") silent.push(`${sample.names[from]} → ${sample.names[to]}`);
  });
  mesh.silent.textContent = silent.length === 0 ? "" : `Silent at ${seconds(sample.at)}: ${silent.length}`;
  mesh.pairs.replaceChildren(...silent.slice(0, 200).map((pair) => el("li", {}, pair)));
  mesh.pairs.hidden = silent.length === 0;
  if (mesh.selected) tellPair(sample);
}

function tellPair(sample) {
  const { from, to } = mesh.selected;
  const words = { 1: "answers", 0: "is silent", x: "one of the two is off", "?": "not probed", "-": "itself" };
  const time = sample.pairs?.[from]?.[to];
  mesh.readout.textContent = `${sample.names[from]} → ${sample.names[to]} at ${seconds(sample.at)}: ${words[sample.rows[from]?.[to]] ?? "not known"}`
    + (time !== null && time !== undefined ? `, ${milliseconds(time)}` : "");
}

function listenToMesh() {
  const choose = (from, to) => {
    const last = meshSample().names.length - 1;
    mesh.selected = { from: Math.min(last, Math.max(0, from)), to: Math.min(last, Math.max(0, to)) };
    drawMesh();
  };
  mesh.canvas.addEventListener("pointermove", (event) => {
    const box = mesh.canvas.getBoundingClientRect();
    const to = Math.floor((event.clientX - box.left - mesh.edge) / mesh.cell);
    const from = Math.floor((event.clientY - box.top - mesh.edge) / mesh.cell);
    const number = meshSample().names.length;
    if (from >= 0 && to >= 0 && from < number && to < number) choose(from, to);
  });
  mesh.canvas.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const at = mesh.selected ?? { from: 0, to: 0 };
    choose(at.from + move[0], at.to + move[1]);
  });
}

function meshKey() {
  const key = el("div", { class: "mesh-key" });
  const entries = [["1", "answers"], ["0", "silent"], ["x", "one of the two is off"], ["?", "not probed, or not known"]];
  const draw = () => key.replaceChildren(...entries.map(([state, text]) => {
    const canvas = el("canvas", { width: 36, height: 36, style: "width:18px;height:18px", "aria-hidden": "true" });
    const ink = canvas.getContext("2d");
    ink.scale(2, 2);
    drawCell(ink, state, 0, 0, 18, meshColours());
    return el("span", {}, canvas, text);
  }), el("span", {}, "A row asks, a column is asked."));
  onThemeChange.push(draw);
  draw();
  return key;
}
