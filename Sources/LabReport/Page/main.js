// Puts the parts together. `data-ready` tells tests that all of them are there.
const onThemeChange = [];

// The choice is kept in the address alone: a file has no storage that it could count on.
function buildTheme(chosen) {
  const button = byId("theme");
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const tell = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
    onThemeChange.forEach((listener) => listener());
  };
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  button.hidden = false;
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  tell();
}

// #theme=dark&t=12.5 chooses colours and moment.
function addressOptions() {
  return location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1)) : new URLSearchParams();
}

// The moment that tells most: the first check that was not met, or the height of the first fault, or the end.
function firstMoment() {
  const unmet = checks.find((check) => ["fail", "inconclusive", "error"].includes(check.outcome));
  if (unmet) return unmet.end;
  const off = lanes.flatMap((lane) => lane.off).find((span) => span.begin > 0);
  const span = faults[0] ?? off;
  return span ? (span.begin + span.end) / 2 : runEnd;
}

const options = addressOptions();
byId("stage").hidden = false;
buildTheme(options.get("theme"));
buildChecks();
buildClockbar();
buildTimeline();
buildMesh();
buildLatency();
buildLogs();
clock.set(options.has("t") ? Number(options.get("t")) || 0 : firstMoment());
if (location.hash && !location.hash.includes("=")) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
document.documentElement.dataset.ready = "true";
