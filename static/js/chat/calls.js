/** Call signalling between two people: ring, accept, decline, hang up. Media is not this module's business. */

const RING_SECONDS = 30;

/** Events: `state` ({state, peer, call}) with idle, calling, ringing or talking; `ended` ({call, state, mine, conversation}). */
export class Calls extends EventTarget {
  #socket;
  #newId;
  #call = null;
  #timer = null;

  constructor(socket, newId) {
    super();
    this.#socket = socket;
    this.#newId = newId;
  }

  get state() {
    return this.#call?.state ?? "idle";
  }

  begin(peer, conversation) {
    if (this.#call) return;
    this.#call = { id: this.#newId(), peer, conversation, n: 0, state: "calling", mine: true, heard: -1 };
    this.#signal("ring");
    this.#timer = setTimeout(() => this.#end("cancel", "missed"), RING_SECONDS * 1000);
    this.#tell();
  }

  accept() {
    if (this.state !== "ringing") return;
    this.#call.state = "talking";
    clearTimeout(this.#timer);
    this.#signal("accept");
    this.#tell();
  }

  /** Hang up, whatever the call has come to. */
  hangUp() {
    if (!this.#call) return;
    const words = { calling: ["cancel", "missed"], ringing: ["decline", "missed"], talking: ["end", "ended"] };
    this.#end(...words[this.state]);
  }

  take({ sender, call, n, body }) {
    const step = body?.step;
    if (step === "ring" && !this.#call) {
      this.#call = { id: call, peer: sender, n: 0, state: "ringing", mine: false, heard: n };
      this.#timer = setTimeout(() => this.#close(), (RING_SECONDS + 5) * 1000);
      this.#tell();
      return;
    }
    if (this.#call?.id !== call || n <= this.#call.heard) return;
    this.#call.heard = n;
    if (step === "accept" && this.state === "calling") {
      clearTimeout(this.#timer);
      this.#call.state = "talking";
      this.#tell();
    } else if (step === "accept" || step === "decline" || step === "cancel" || step === "end") {
      if (this.#call.mine) this.#record(step === "end" ? "ended" : "missed");
      this.#close();
    }
  }

  #end(step, outcome) {
    this.#signal(step);
    if (this.#call.mine) this.#record(outcome);
    this.#close();
  }

  /** One side writes down what has become of the call: the one that began it. */
  #record(state) {
    const { id, conversation } = this.#call;
    this.dispatchEvent(new CustomEvent("ended", { detail: { call: id, state, conversation } }));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#call = null;
    this.#tell();
  }

  #signal(step) {
    const { id, peer } = this.#call;
    this.#socket.send({ type: "signal", id: this.#newId(), to: peer, call: id, n: this.#call.n++, body: { step }, ttl: 15 });
  }

  #tell() {
    const detail = { state: this.state, peer: this.#call?.peer };
    this.dispatchEvent(new CustomEvent("state", { detail }));
  }
}
