// The badge: whether the page is live, how old its data is, and the button that holds it still.

const LABELS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  polling: "Polling",
  paused: "Paused",
  refused: "Not live",
  done: "Finished, no longer updating",
};
const SAID = {
  reconnecting: "Connection to the server lost",
  polling: "Updating every five seconds",
  paused: "Updates paused",
  refused: "This page is no longer live; load it again",
};
const BACK = { paused: "Updates resumed", reconnecting: "Connected again", polling: "Connected again" };

let shown = null;

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function say(text) {
  if (text) put(document.getElementById("announcer"), text);
}

function age(since) {
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
  if (seconds < 60) return `${seconds} s old`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min old` : `${Math.floor(seconds / 3600)} h old`;
}

function fill(badge) {
  if (badge.querySelector("[data-live-state]")) return;
  const state = Object.assign(document.createElement("span"), { className: "live" });
  state.dataset.liveState = "";
  const old = Object.assign(document.createElement("span"), { className: "live-age small faint" });
  old.dataset.liveAge = "";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button tiny quiet" });
  button.dataset.liveToggle = "";
  button.append(document.createElement("span"));
  button.firstChild.dataset.label = "";
  badge.append(state, old, button);
}

function render(badge, state, since) {
  fill(badge);
  const label = badge.querySelector("[data-live-state]");
  label.dataset.state = state;
  put(label, LABELS[state]);
  const old = badge.querySelector("[data-live-age]");
  if (old) old.hidden = state === "done" || state === "connecting";
  put(old, age(since));
  const button = badge.querySelector("[data-live-toggle]");
  if (!button) return;
  button.hidden = state === "done" || state === "refused";
  put(button.querySelector("[data-label]"), state === "paused" ? "Resume updates" : "Pause updates");
}

export function showState(state, since) {
  for (const badge of document.querySelectorAll("[data-live-badge]")) render(badge, state, since);
  if (state === shown) return;
  // That a page comes to life is no news.
  if (shown !== null && shown !== "connecting") say(SAID[state] ?? BACK[shown]);
  shown = state;
  document.dispatchEvent(new CustomEvent("live:state", { detail: { state, since } }));
}

// Says aloud what changed, where the page puts it in words.
function startSaying() {
  const words = () => document.querySelector("[data-say]")?.dataset.say;
  let last = words();
  document.addEventListener("htmx:after:swap", () => {
    const now = words();
    if (now !== last && last !== undefined) say(now);
    last = now;
  });
}

export function startBadge(toggle) {
  startSaying();
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-live-toggle]")) toggle();
  });
}
