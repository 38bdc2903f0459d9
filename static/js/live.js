// What htmx's polling leaves open: pausing, a lost server, and saying aloud what changed.

const state = { paused: false, lostSince: null, said: null };

function poller() {
  return document.querySelector("[data-poll]");
}

function label() {
  if (!poller()) return ["done", "Finished, no longer updating"];
  if (state.paused) return ["paused", "Paused"];
  if (state.lostSince) {
    const seconds = Math.round((Date.now() - state.lostSince) / 1000);
    return ["lost", `Connection lost ${seconds} s ago, trying again`];
  }
  return ["live", "Live"];
}

function show() {
  const element = document.querySelector("[data-live-state]");
  if (!element) return;
  const [name, text] = label();
  element.dataset.state = name;
  if (element.textContent !== text) element.textContent = text;
  const button = document.querySelector("[data-live-toggle]");
  if (!button) return;
  button.hidden = name === "done";
  button.querySelector("[data-label]").textContent = state.paused ? "Resume updates" : "Pause updates";
}

function say(text) {
  const announcer = document.getElementById("announcer");
  if (announcer && text && text !== announcer.textContent) announcer.textContent = text;
}

function afterSwap() {
  const said = document.querySelector("[data-say]")?.dataset.say;
  if (state.said !== null && said !== state.said) say(said);
  state.said = said ?? null;
  show();
}

function isPoll(event) {
  return event.target.matches?.("[data-poll]");
}

export function startLive() {
  state.said = document.querySelector("[data-say]")?.dataset.say ?? null;
  document.addEventListener("htmx:before:request", (event) => {
    // A hidden tab asks for nothing; it catches up with the first poll after it is shown.
    if (isPoll(event) && (state.paused || document.hidden)) event.preventDefault();
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (!isPoll(event)) return;
    const lost = event.detail.ctx.response.status >= 500;
    if (lost) state.lostSince ??= Date.now();
    else if (state.lostSince) {
      state.lostSince = null;
      say("Connected again");
    }
    show();
  });
  document.addEventListener("htmx:error", (event) => {
    if (!isPoll(event)) return;
    if (!state.lostSince) say("Connection to the server lost");
    state.lostSince ??= Date.now();
    show();
  });
  document.addEventListener("htmx:after:swap", afterSwap);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-live-toggle]")) return;
    state.paused = !state.paused;
    say(state.paused ? "Updates paused" : "Updates resumed");
    show();
  });
  setInterval(show, 1000);
  show();
}
