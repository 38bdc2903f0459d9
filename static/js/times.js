// The server writes UTC; here it becomes local time or an age, with UTC left for the hover.

const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const ages = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const hourOnly = new Intl.DateTimeFormat(undefined, { hour: "2-digit", hourCycle: "h23" });
const hours = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function age(then) {
  const seconds = Math.round((then - Date.now()) / 1000);
  if (Math.abs(seconds) < 5) return "just now";
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length);
  return ages.format(Math.trunc(seconds / size), unit);
}

function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function renderTimes() {
  for (const element of document.querySelectorAll("time[data-show]")) {
    const then = new Date(element.dateTime);
    const utc = `${element.dateTime.slice(0, 19).replace("T", " ")} UTC`;
    if (element.title !== utc) element.title = utc;
    if (element.dataset.show === "age") put(element, age(then));
    else if (element.dataset.show === "hour") put(element, hourOnly.format(then));
    else put(element, (element.dataset.show === "clock" ? hours : clock).format(then));
  }
  for (const element of document.querySelectorAll("[data-since]")) {
    put(element, duration(Math.max(0, (Date.now() - new Date(element.dataset.since)) / 1000)));
  }
}

export function startTimes() {
  renderTimes();
  setInterval(renderTimes, 1000);
  document.addEventListener("htmx:after:swap", renderTimes);
}
