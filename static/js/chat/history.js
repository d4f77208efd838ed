/** Pages of history: earlier messages for who scrolls back, and what is missing between. */

import { GAP_PATIENCE } from "./timeline.js";

const PAGE = 50;
const GAP_PAGE = 100;
const UNSEEN = 100;
const RETRY_SPREAD = 500;

/** Events: `page` ({timeline, purpose, page}) with purpose `after`, `before` or `latest`. */
export class History extends EventTarget {
  #socket;
  #asked = new Map();
  #gapTimers = new Map();
  #requests = 0;

  constructor(socket, tab) {
    super();
    this.#socket = socket;
    // Pages of other tabs over the same socket are not this one's.
    this.tab = tab;
  }

  reconnected() {
    this.#asked.clear();
  }

  /** Give what is missing a moment to arrive by itself, then ask for it. */
  waitForGap(timeline) {
    if (this.#gapTimers.has(timeline.id)) return;
    const look = () => {
      this.#gapTimers.delete(timeline.id);
      if (timeline.isBehind) this.askAfter(timeline);
    };
    this.#gapTimers.set(timeline.id, setTimeout(look, GAP_PATIENCE));
  }

  askAfter(timeline) {
    // Of a conversation that isn't open, only the end is worth fetching: the rest comes when somebody scrolls to it.
    if (!timeline.isLoaded) timeline.last = Math.max(timeline.last, timeline.lastSeq - UNSEEN);
    this.#ask(timeline, "after", { after: timeline.last, limit: GAP_PAGE });
  }

  askLatest(timeline) {
    this.#ask(timeline, "latest", { limit: PAGE });
  }

  askBefore(timeline) {
    const first = timeline?.messages[0]?.seq;
    if (first) this.#ask(timeline, "before", { before: first, limit: PAGE });
  }

  take(page, timeline) {
    const asked = this.#asked.get(page.request);
    this.#asked.delete(page.request);
    if (!asked || !timeline) return;
    this.dispatchEvent(new CustomEvent("page", { detail: { timeline, purpose: asked.purpose, page } }));
    if (asked.purpose === "after" && timeline.isBehind && page.more) this.askAfter(timeline);
  }

  /** Ask again when the server is ready for it; a page that can't be had is no longer waited for. */
  refused(nack, timelineOf) {
    const asked = this.#asked.get(nack.request);
    this.#asked.delete(nack.request);
    if (!asked || nack.retry_after === undefined) return;
    const again = () => {
      const timeline = timelineOf(asked.conversation);
      if (timeline) this.#ask(timeline, asked.purpose, asked.range);
    };
    setTimeout(again, nack.retry_after * 1000 + Math.random() * RETRY_SPREAD);
  }

  #ask(timeline, purpose, asked) {
    const key = `${timeline.id} ${purpose}`;
    if ([...this.#asked.values()].some((one) => one.key === key)) return;
    const request = `${this.tab}-${++this.#requests}`;
    if (this.#socket.send({ type: "history", request, conversation: timeline.id, ...asked })) {
      this.#asked.set(request, { key, purpose, conversation: timeline.id, range: asked });
    }
  }
}
