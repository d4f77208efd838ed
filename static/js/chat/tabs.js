/**
 * One socket for all tabs: the tab that holds the lock has it and passes everything on; when it goes, the next one connects.
 * Where the browser has no locks, each tab has a socket of its own.
 */

import { ChatSocket } from "./socket.js";

const EVENTS = ["ready", "object", "down", "refused"];

/** The same events and methods as ChatSocket. */
export class TabSocket extends EventTarget {
  #make;
  #channel;
  #socket = null;
  #welcome = null;
  isReady = false;

  constructor(url, device, me) {
    super();
    this.#make = () => new ChatSocket(url, device);
    if (!navigator.locks || !globalThis.BroadcastChannel) {
      this.connect = () => this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(`aquastream-chat-${me}`);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.connect = () => {
      navigator.locks.request(`aquastream-chat-${me}`, () => {
        this.#lead();
        // Held until this tab is closed.
        return new Promise(() => {});
      });
      this.#channel.postMessage({ ask: true });
    };
  }

  get leads() {
    return this.#socket !== null;
  }

  send(object) {
    if (this.#socket) return this.#socket.send(object);
    if (!this.isReady) return false;
    this.#channel.postMessage({ send: object });
    return true;
  }

  /** Let the other tabs have an object as if it came from the server: the socket gets no copy of what it has sent. */
  share(object) {
    this.#channel?.postMessage({ shared: object });
  }

  #lead() {
    this.#socket = this.#make();
    for (const name of EVENTS) {
      this.#socket.addEventListener(name, ({ detail }) => {
        this.#pass(name, detail);
        this.#channel?.postMessage({ name, detail });
      });
    }
    this.#socket.connect();
  }

  #hear({ ask, send, name, detail, shared }) {
    if (shared) {
      this.dispatchEvent(new CustomEvent("object", { detail: shared }));
    } else if (this.#socket) {
      if (send) this.#socket.send(send);
      if (ask && this.isReady) this.#channel.postMessage({ name: "ready", detail: this.#welcome });
    } else if (name && !(name === "ready" && this.isReady)) {
      this.#pass(name, detail);
    }
  }

  #pass(name, detail) {
    if (name === "ready") this.#welcome = detail;
    this.isReady = name === "ready" || (this.isReady && name === "object");
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
