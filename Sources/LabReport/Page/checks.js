// The checks stand in the page already; here they get their buttons.
function buildChecks() {
  const items = [...document.querySelectorAll(".check")];
  items.forEach((item, index) => {
    const check = checks[index];
    if (!check || check.outcome === "skipped") return;
    item.append(el("button", {
      type: "button", class: "show", "aria-label": `Show when ${check.id} ran`, onclick: () => goTo(check.outcome === "pass" ? check.at : check.end),
    }, `at ${seconds(check.at)}`));
  });
  if (items.length === 0 || items.every((item) => item.dataset.outcome === "pass")) return;
  const show = (onlyUnmet) => {
    for (const item of items) item.hidden = onlyUnmet && item.dataset.outcome === "pass";
    all.setAttribute("aria-pressed", String(!onlyUnmet));
    unmet.setAttribute("aria-pressed", String(onlyUnmet));
  };
  const all = el("button", { type: "button", "aria-pressed": "true", onclick: () => show(false) }, "All");
  const unmet = el("button", { type: "button", "aria-pressed": "false", onclick: () => show(true) }, "Not passed");
  byId("check-tools").append(all, unmet);
}

function goTo(time) {
  clock.set(time);
  byId("timeline").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function showCheck(id) {
  const item = byId(`check-${id}`);
  if (!item) return;
  item.hidden = false;
  location.hash = `check-${id}`;
}
