// Which events a page follows, how far it has come, and reading back what it missed.

// Numbers may become visible out of order: so many are looked at once more after a gap.
const SLACK = 200;
const REMEMBERED = 2000;
const MOST_PAGES = 5;
// What happened so shortly before the page was made may be missing on it.
const MARGIN_MS = 2000;

function madeAt() {
  const answer = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
  return performance.timeOrigin + answer;
}

// The one run that a page is about, or all its caller may see; null: nothing is live on it.
export function feedOfPage() {
  const marks = [...document.querySelectorAll("[data-live]")].flatMap((e) => e.dataset.live.split(" "));
  const names = new Set(marks.filter(Boolean));
  if (!names.size) return null;
  const [name] = names;
  if (names.size > 1 || !name.startsWith("run:")) {
    return { key: "org", socketPath: "/ws/live/", listPath: "/api/v1/events/" };
  }
  const run = encodeURIComponent(name.slice(4));
  return { key: name, socketPath: `/ws/runs/${run}/`, listPath: `/api/v1/runs/${run}/events/` };
}

export class Feed {
  constructor({ key, socketPath, listPath }) {
    Object.assign(this, { key, socketPath, listPath });
    this.last = null; // the highest number heard of
    this.since = null; // not null: what came after it is still to be read
    this.seen = new Set();
    this.horizon = Infinity;
  }

  get known() {
    return this.last !== null;
  }

  get behind() {
    return this.since !== null;
  }

  greeted({ seq, at }) {
    const ahead = new Date(at) - Date.now(); // of the server's clock
    if (!this.known) this.horizon = madeAt() + ahead - MARGIN_MS;
    this.missed(this.last ?? seq);
  }

  missed(since = this.last) {
    if (since !== null) this.since = Math.min(this.since ?? since, since);
  }

  reached(seq) {
    this.last = Math.max(this.last ?? 0, seq);
  }

  // Keeps what has not been told; each event is told once, however often it is read.
  fresh(events) {
    const found = events.filter(({ seq, at }) => !this.seen.has(seq) && new Date(at) >= this.horizon);
    for (const { seq } of found) {
      this.seen.add(seq);
      this.reached(seq);
    }
    for (const seq of this.seen) {
      if (this.seen.size <= REMEMBERED) break;
      this.seen.delete(seq);
    }
    return found;
  }

  async probe() {
    await this.read(`${this.listPath}?page_size=1`);
  }

  // Rejects when the server cannot be asked; what was missed is then still to be read.
  async readBack() {
    if (!this.behind) return { events: [], complete: true };
    const since = this.since;
    let url = `${this.listPath}?page_size=200&since=${Math.max(0, since - SLACK)}`;
    const events = [];
    for (let pages = 0; url && pages < MOST_PAGES; pages += 1) {
      const page = await this.read(url);
      events.push(...page.results);
      url = page.next;
    }
    if (this.since === since) this.since = null;
    return { events: this.fresh(events), complete: !url };
  }

  async read(url) {
    const { pathname, search } = new URL(url, location.href);
    const answer = await fetch(pathname + search, {
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(10000),
    });
    if (!answer.ok) throw new Error(`events: ${answer.status}`);
    return answer.json();
  }
}
