// One socket that is kept open: it acknowledges what was taken, and comes back when it is lost.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 15000;
const PATIENCE_MS = 16000; // three beats of the server; half-open connections say nothing
const REFUSED = [4401, 4404]; // nobody, or not the caller's to see: asking again is of no use

export class Connection {
  constructor(path, on) {
    this.url = new URL(path, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.on = on;
    this.failures = 0;
    this.open();
  }

  open() {
    const socket = new WebSocket(this.url, ["batches.v1"]);
    this.socket = socket;
    this.timer = null;
    this.expect();
    socket.addEventListener("message", async ({ data }) => {
      if (this.socket !== socket) return;
      this.failures = 0;
      this.expect();
      const message = JSON.parse(data);
      await this.on.message(message);
      // Only now: while a page is busy, the server keeps the latest for it and sends nothing.
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ type: "ack", seq: message.seq }));
      }
    });
    socket.addEventListener("close", ({ code }) => { if (this.socket === socket) this.lose(code); });
  }

  expect() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lose(0), PATIENCE_MS);
  }

  lose(code) {
    this.drop();
    if (REFUSED.includes(code)) {
      this.on.refused(code);
      return;
    }
    this.failures += 1;
    this.on.lost();
    // Spread, so that a restarted server does not meet all its viewers in the same moment.
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => this.open(), wait * (0.5 + Math.random()));
  }

  // Tries at once, when there is reason to believe that it would succeed.
  hurry() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.open();
  }

  close() {
    this.drop();
    clearTimeout(this.timer);
    this.timer = null;
  }

  drop() {
    clearTimeout(this.watchdog);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }
}
