// What happens on the server, on the page while it is open.
//
// An element marked data-live="org" or data-live="run:<id>" asks for itself again when something of
// it happens; it needs an id, hx-get and hx-trigger="live:events". data-live-types="run. call."
// keeps to types that begin so, data-live-every="1000" to one request in so many milliseconds.
// An element marked data-live-badge shows the state and a button that pauses.
// Scripts listen on the document: live:events (detail.events, each told once) and live:state.

import { showState, startBadge } from "./live_badge.js";
import { Feed, feedOfPage } from "./live_feed.js";
import { refreshAll, refreshFor, retry, startFragments } from "./live_fragments.js";
import { Connection } from "./live_socket.js";

const POLL_MS = 5000;
const LOST_ATTEMPTS = 2; // so many failures in a row, and the page polls until one succeeds

let feed = null;
let connection = null;
let greeted = false;
let polled = false;
let refused = false;
let paused = false;
let current = Date.now(); // when the page was last known to show what is
let line = Promise.resolve();

const held = () => paused || document.hidden;

function state() {
  if (!feed) return "done";
  if (paused) return "paused";
  if (refused) return "refused";
  if (greeted) return "live";
  if (polled) return "polling";
  return feed.known || connection.failures ? "reconnecting" : "connecting";
}

function show() {
  showState(state(), current);
}

// One thing after the other: what is read back after a gap comes before what happened since.
function inLine(work) {
  line = line.then(work).catch(() => {}).then(show);
  return line;
}

function tell(events) {
  if (!events.length) return;
  document.dispatchEvent(new CustomEvent("live:events", { detail: { events } }));
  refreshFor(events);
}

async function settle() {
  if (held() || !feed) return;
  const { events, complete } = await feed.readBack();
  tell(events);
  // Too much was missed to read one by one: every part of the page asks for itself instead.
  if (!complete) refreshAll();
  retry();
  current = Date.now();
}

async function receive(message) {
  greeted = true;
  if (message.type === "live.hello") feed.greeted(message);
  else if (message.type === "live.gap") feed.missed(message.since);
  else if (message.type === "live.events") {
    if (held()) feed.missed();
    else tell(feed.fresh(message.events));
  }
  feed.reached(message.seq);
  if (feed.behind) await settle();
  else if (!held()) current = Date.now();
}

async function poll() {
  if (!feed || greeted || refused || held() || connection.failures < LOST_ATTEMPTS) return;
  try {
    if (feed.known) {
      feed.missed();
      await settle();
    } else {
      await feed.probe();
      refreshAll();
      current = Date.now();
    }
    // The server is there again: no reason to wait with the socket.
    if (!polled) connection.hurry();
    polled = true;
  } catch {
    polled = false;
  }
}

function connect() {
  const wanted = feedOfPage();
  if (wanted?.key === feed?.key) return;
  connection?.close();
  feed = wanted && new Feed(wanted);
  [connection, greeted, polled, refused] = [null, false, false, false];
  if (!feed) return;
  const mine = feed;
  connection = new Connection(feed.socketPath, {
    message: (message) => inLine(() => (feed === mine ? receive(message) : null)),
    lost: () => { greeted = false; polled &&= connection.failures > 1; show(); },
    refused: () => { refused = true; greeted = false; show(); },
  });
}

function setPaused(value) {
  paused = value;
  if (!held()) inLine(settle);
  show();
}

export function startLive() {
  startBadge(() => setPaused(!paused));
  startFragments(held);
  connect();
  document.addEventListener("htmx:after:swap", () => { connect(); show(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    connection?.hurry();
    inLine(settle);
  });
  window.addEventListener("online", () => connection?.hurry());
  setInterval(() => inLine(poll), POLL_MS);
  setInterval(show, 1000);
  show();
}
