/** Files in two phases: ask for a slot, then upload with progress. The message appears when the storage has proved it. */

export const FILE_BYTES = 25 * 1024 * 1024;

/** Events: `progress` ({id, name, share}), `done` ({id}), `failed` ({id, name, code}). */
export class Uploads extends EventTarget {
  #socket;
  #waiting = new Map();

  constructor(socket) {
    super();
    this.#socket = socket;
  }

  async begin(id, conversation, file) {
    if (file.size > FILE_BYTES) {
      this.#dispatch("failed", { id, name: file.name, code: "too_big" });
      return;
    }
    this.#dispatch("progress", { id, name: file.name, share: 0 });
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const asked = {
      type: "upload",
      request: id,
      id,
      conversation,
      name: file.name.slice(0, 200),
      size: file.size,
      media_type: file.type,
      sha256,
    };
    this.#waiting.set(id, { asked, file });
    this.#socket.send(asked);
  }

  /** The connection is new: what was asked over the old one is asked again, and gets the same slot. */
  reconnected() {
    for (const { asked } of this.#waiting.values()) this.#socket.send(asked);
  }

  refused({ id, code }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    this.#dispatch("failed", { id, name: waiting.file.name, code });
  }

  take(slot) {
    const waiting = this.#waiting.get(slot.id);
    if (!waiting) return;
    this.#waiting.delete(slot.id);
    const { file } = waiting;
    const request = new XMLHttpRequest();
    request.open(slot.method, slot.url);
    request.upload.onprogress = ({ loaded, total }) => {
      this.#dispatch("progress", { id: slot.id, name: file.name, share: loaded / total });
    };
    const fail = () => this.#dispatch("failed", { id: slot.id, name: file.name, code: "failed" });
    request.onload = () => (request.status < 300 ? this.#dispatch("done", { id: slot.id }) : fail());
    request.onerror = fail;
    if (slot.method === "PUT") {
      request.send(file);
      return;
    }
    const form = new FormData();
    for (const [name, value] of Object.entries(slot.fields)) form.append(name, value);
    form.append("file", file);
    request.send(form);
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
