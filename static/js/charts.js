// Charts: an element marked data-figure holds a figure of Plotly as JSON, and in it a box to draw in.
//
// The library is fetched when the first chart comes into view. Figures name inks, not colours, so
// that they follow the theme; hours come in UTC and are shown in local time. A part of the page that
// was swapped brings its new figure in the attribute: it is drawn into the same box, zoom kept.

const NEAR = "200px";
const drawn = new WeakMap(); // box -> the text of the figure it shows
const pending = new Set();
let library = null;
let probe = null;

function plotly(source) {
  library ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: source });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      library = null; // the next drawing asks again
      reject(new Error(`${source} was not loaded`));
    });
    document.head.append(script);
  });
  return library;
}

// The colour that a variable of the style sheet has now, as no script could read it from the sheet.
function ink(name) {
  probe ??= document.body.appendChild(document.createElement("span"));
  probe.hidden = true;
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function local(moment) {
  if (!moment.endsWith?.("Z")) return moment;
  const at = new Date(moment);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function utc(moment) {
  return moment.endsWith?.("Z") ? ` (${moment.slice(11, 16)} UTC)` : "";
}

function dressTrace(trace) {
  const colour = ink(trace.meta?.ink ?? "ink-0");
  const dressed = { ...trace, customdata: trace.x.map(utc), x: trace.x.map(local) };
  if (trace.type === "bar") {
    const pattern = { ...trace.marker?.pattern, fgcolor: colour, bgcolor: ink("surface"), fillmode: "replace", size: 5, solidity: 0.55 };
    dressed.marker = { ...trace.marker, color: colour, pattern, line: { width: 0.5, color: ink("surface") } };
  } else {
    dressed.line = { ...trace.line, color: colour };
    dressed.marker = { ...trace.marker, color: colour };
  }
  return dressed;
}

function dressLayout(layout) {
  const [text, line, raised] = [ink("text-3"), ink("line"), ink("raised")];
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickfont: { color: text } };
  return {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: text },
    hoverlabel: { bgcolor: raised, bordercolor: ink("line-strong"), font: { color: ink("text"), size: 12 } },
    xaxis: { ...layout.xaxis, ...axis },
    yaxis: { ...layout.yaxis, ...axis },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
  };
}

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset", showTips: false };

function resetButton(host) {
  return host.parentElement?.querySelector("[data-zoom-reset]");
}

function watchZoom(host, box, Plotly) {
  const show = () => {
    const button = resetButton(host);
    if (button) button.hidden = box.layout?.xaxis?.autorange !== false;
  };
  box.on("plotly_relayout", show);
  resetButton(host)?.addEventListener("click", () => Plotly.relayout(box, { "xaxis.autorange": true }));
}

// With a box of view a drawing can be made as narrow as a sheet of paper.
function letScale(box) {
  for (const svg of box.querySelectorAll(".main-svg")) {
    svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
  }
}

async function draw(host) {
  const box = host.querySelector("[data-plot]");
  const text = host.dataset.figure;
  if (!box || drawn.get(box) === text) return;
  const first = !drawn.has(box);
  drawn.set(box, text);
  try {
    const Plotly = await plotly(host.dataset.library);
    const figure = JSON.parse(text);
    delete host.dataset.failed; // before it is drawn: a hidden box has no size
    await Plotly.react(box, figure.data.map(dressTrace), dressLayout(figure.layout), CONFIG);
    letScale(box);
    if (first) {
      watchZoom(host, box, Plotly);
      box.on("plotly_afterplot", () => letScale(box));
    }
    host.dataset.drawn = "";
  } catch (error) {
    drawn.delete(box);
    host.dataset.failed = "";
    throw error;
  }
}

function drawPending() {
  const hosts = [...pending];
  pending.clear();
  for (const each of hosts) if (each.isConnected) draw(each);
}

// One redraw a frame at most, however many swaps there were; after it, so that what was pressed is
// seen to be so before charts are drawn.
function schedule(host) {
  if (!pending.size) requestAnimationFrame(() => setTimeout(drawPending));
  pending.add(host);
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target); // else it could not be told of a second time, when drawing failed
    schedule(target);
  }
}, { rootMargin: NEAR });

function findCharts() {
  for (const host of document.querySelectorAll("[data-figure]")) {
    if (drawn.has(host.querySelector("[data-plot]"))) schedule(host);
    else seen.observe(host);
  }
}

// Once the page has settled, the charts further down are drawn too: it may be printed.
function drawRest() {
  for (const host of document.querySelectorAll("[data-figure]")) schedule(host);
}

function redrawAll() {
  for (const host of document.querySelectorAll("[data-figure]")) {
    const box = host.querySelector("[data-plot]");
    if (!drawn.has(box)) continue;
    drawn.set(box, "");
    schedule(host);
  }
}

// Of a wide heatmap over time, the latest is what is looked for.
function showLatest() {
  for (const box of document.querySelectorAll(".heat-dense .heat-scroll")) box.scrollLeft = box.scrollWidth;
}

findCharts();
showLatest();
window.addEventListener("load", () => requestIdleCallback(drawRest, { timeout: 1000 }));
document.addEventListener("htmx:after:swap", findCharts);
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", redrawAll);
}
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
