/** The connection: hello, heartbeat, and coming back with patience after it broke. */

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
const FRAME_OBJECTS = 64;
const FRAME_CHARACTERS = 15000;
const SIGNED_OUT = 4001;
const PROTOCOL_ERROR = 4003;

/** Events: `ready` (welcome), `object` (anything else), `down` ({seconds}), `refused` (signed out or outdated page). */
export class ChatSocket extends EventTarget {
  #url;
  #device;
  #socket = null;
  #position = null;
  #failures = 0;
  #timer = null;
  #watchdog = null;
  #patience = 75000;
  #pauseWanted = null;
  #queue = [];
  isReady = false;

  constructor(url, device) {
    super();
    this.#url = url;
    this.#device = device;
    addEventListener("online", () => this.#retryNow());
    // The socket itself would believe in its connection for a minute.
    addEventListener("offline", () => {
      if (this.isReady) this.#abandon();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#retryNow();
    });
  }

  connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = new WebSocket(this.#url, "aquastream.chat.v1");
    this.#socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "hello", device: this.#device, position: this.#position }));
      this.#listen();
    };
    socket.onmessage = (event) => {
      this.#listen();
      for (const line of event.data.split("\n")) this.#take(JSON.parse(line));
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    };
  }

  /** Send an object with the next frame; what is sent while the connection is down is lost: callers say it again. */
  send(object) {
    if (!this.isReady) return false;
    if (this.#queue.length === 0) queueMicrotask(() => this.#flush());
    this.#queue.push(JSON.stringify(object));
    return true;
  }

  #flush() {
    while (this.#queue.length && this.isReady) {
      const lines = [];
      let size = 0;
      while (this.#queue.length && lines.length < FRAME_OBJECTS) {
        size += this.#queue[0].length;
        if (lines.length && size > FRAME_CHARACTERS) break;
        lines.push(this.#queue.shift());
      }
      this.#socket.send(lines.join("\n"));
    }
    this.#queue = [];
  }

  #take(object) {
    switch (object.type) {
      case "ping":
        this.send({ type: "pong" });
        break;
      case "bye":
        this.#pauseWanted = object.retry_after * 1000;
        break;
      case "welcome":
        this.#failures = 0;
        this.#position = object.position;
        this.#patience = object.heartbeat * 2500;
        this.isReady = true;
        this.#dispatch("ready", object);
        break;
      default:
        this.#dispatch("object", object);
    }
  }

  /** A connection that has died without a word is noticed by its silence. */
  #listen() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#abandon(), this.#patience);
  }

  #abandon() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#closed(0);
  }

  #closed(code) {
    clearTimeout(this.#watchdog);
    this.isReady = false;
    this.#queue = [];
    if (code === SIGNED_OUT || code === PROTOCOL_ERROR) {
      this.#dispatch("refused", { code });
      return;
    }
    // Full jitter: many clients that were cut off together come back one by one.
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    const pause = this.#pauseWanted ?? 100 + Math.random() * longest;
    this.#pauseWanted = null;
    this.#failures += 1;
    this.#timer = setTimeout(() => this.connect(), pause);
    this.#dispatch("down", { seconds: Math.ceil(pause / 1000) });
  }

  #retryNow() {
    if (this.#timer !== null) this.connect();
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
