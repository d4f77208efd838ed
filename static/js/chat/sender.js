/** Sends what lies in the outbox, in its order, until each message is acknowledged: at least once, always the same id. */

const ACK_PATIENCE = 10000;
const IN_FLIGHT = 20;
const LATER = new Set(["credits", "overload", "slow_down", "unavailable"]);

/** Events: `settled` ({entry, ack}), `failed` ({entry, code}), `paused` ({seconds, code}). */
export class Sender extends EventTarget {
  #socket;
  #outbox;
  #entries = new Map();
  #sentAt = new Map();
  #pausedUntil = 0;
  #timer = null;

  constructor(socket, outbox) {
    super();
    this.#socket = socket;
    this.#outbox = outbox;
    setInterval(() => this.#sendAgain(), 2000);
  }

  /** Take up what an earlier visit has left; return it. */
  async restore() {
    for (const entry of await this.#outbox.all()) this.#entries.set(entry.id, entry);
    return [...this.#entries.values()];
  }

  /** Write an entry down: what is shown as being sent can't get lost any more. */
  async keep(entry) {
    this.#entries.set(entry.id, entry);
    try {
      await this.#outbox.put(entry);
    } catch {
      // No room on the disk: it is still sent, as long as the page stays open.
    }
  }

  entry(id) {
    return this.#entries.get(id);
  }

  async retry(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    delete entry.failed;
    await this.#outbox.put(entry);
    this.flush();
  }

  discard(id) {
    this.#entries.delete(id);
    this.#sentAt.delete(id);
    return this.#outbox.remove(id);
  }

  /** The connection is new: what was on its way when the old one broke is sent again. */
  reconnected() {
    this.#sentAt.clear();
    this.#pausedUntil = 0;
    this.flush();
  }

  flush() {
    if (!this.#socket.isReady || Date.now() < this.#pausedUntil) return;
    for (const entry of this.#entries.values()) {
      if (this.#sentAt.size >= IN_FLIGHT) break;
      if (entry.failed || this.#sentAt.has(entry.id)) continue;
      this.#sentAt.set(entry.id, Date.now());
      const { id, conversation, kind, body } = entry;
      this.#socket.send(entry.order ?? { type: "send", id, conversation, kind, body });
    }
  }

  acknowledged(ack) {
    const entry = this.#entries.get(ack.id);
    if (!entry) return;
    this.discard(ack.id);
    this.#dispatch("settled", { entry, ack });
    this.flush();
  }

  refused(nack) {
    const entry = this.#entries.get(nack.id);
    if (!entry) return;
    this.#sentAt.delete(nack.id);
    if (LATER.has(nack.code)) {
      this.#pause(nack.retry_after ?? 1, nack.code);
      return;
    }
    entry.failed = nack.code;
    this.#outbox.put(entry);
    this.#dispatch("failed", { entry, code: nack.code });
  }

  #pause(seconds, code) {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + seconds * 1000);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), this.#pausedUntil - Date.now() + 50);
    this.#dispatch("paused", { seconds: Math.ceil(seconds), code });
  }

  #sendAgain() {
    const overdue = Date.now() - ACK_PATIENCE;
    for (const [id, at] of this.#sentAt) if (at < overdue) this.#sentAt.delete(id);
    this.flush();
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
