// Parts of a page that ask for themselves again: never twice at once, never more than they should.

const RUN_MS = 250;
const ORG_MS = 1000;
const STUCK_MS = 15000;

const states = new Map();
let held = () => false;

function stateOf(element) {
  const key = element.id || element;
  if (!states.has(key)) states.set(key, { last: 0, timer: null, busy: 0, again: false, failed: false });
  return states.get(key);
}

function every(element) {
  const { liveEvery, live } = element.dataset;
  return Number(liveEvery) || (live.includes("org") ? ORG_MS : RUN_MS);
}

function concerns(element, { run, type }) {
  const names = element.dataset.live.split(" ");
  const types = element.dataset.liveTypes?.split(" ").filter(Boolean);
  if (types?.length && !types.some((start) => type.startsWith(start))) return false;
  // The list of one run's events does not repeat whose they are.
  return names.includes("org") || run === undefined || names.includes(`run:${run}`);
}

function fire(element, state) {
  const now = element.isConnected ? element : document.getElementById(element.id);
  if (!now?.matches("[data-live]")) return;
  state.last = Date.now();
  [state.again, state.failed] = [false, false];
  now.dispatchEvent(new CustomEvent("live:events"));
}

function refresh(element) {
  const state = stateOf(element);
  state.again = true;
  if (state.timer || Date.now() - state.busy < STUCK_MS) return;
  const wait = Math.max(0, state.last + every(element) - Date.now());
  state.timer = setTimeout(() => {
    requestAnimationFrame(() => {
      state.timer = null;
      if (held()) state.failed = true;
      else fire(element, state);
    });
  }, wait);
}

export function refreshFor(events) {
  for (const element of document.querySelectorAll("[data-live]")) {
    if (events.some((event) => concerns(element, event))) refresh(element);
  }
}

export function refreshAll() {
  for (const element of document.querySelectorAll("[data-live]")) refresh(element);
}

// What could not be asked for, or was held back, is asked for now.
export function retry() {
  for (const element of document.querySelectorAll("[data-live]")) {
    if (stateOf(element).failed) refresh(element);
  }
}

function failed({ target }) {
  if (target.matches?.("[data-live]")) stateOf(target).failed = true;
}

export function startFragments(isHeld) {
  held = isHeld;
  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:response:error", failed);
  document.addEventListener("htmx:before:request", ({ target }) => {
    if (target.matches?.("[data-live]")) stateOf(target).busy = Date.now();
  });
  // Asked for before the page was held still, answered after.
  document.addEventListener("htmx:before:swap", (event) => {
    if (!held() || !event.target.matches?.("[data-live]")) return;
    event.preventDefault();
    stateOf(event.target).failed = true;
  });
  document.addEventListener("htmx:finally:request", ({ target }) => {
    if (!target.matches?.("[data-live]")) return;
    const state = stateOf(target);
    state.busy = 0;
    if (state.again) refresh(target);
  });
}
