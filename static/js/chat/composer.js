/** Writing: new messages, edits, and what is done about messages that are there. All of it goes through the outbox. */

import { newId } from "./ids.js";

const ROWS = 6;

/** Entries of the outbox that are shown while they are on their way: edits, reactions and calls aren't. */
export function isShown(entry) {
  return !entry.order && entry.kind === "text";
}

export class Composer {
  #editing = null;
  // On their way, by id.
  pending = new Map();

  constructor({ rooms, sender, view, company }) {
    this.rooms = rooms;
    this.sender = sender;
    this.view = view;
    this.company = company;
    this.#listen();
  }

  pendingIn(timeline) {
    return [...this.pending.values()].filter((entry) => entry.conversation === timeline.id);
  }

  async write() {
    const text = wellFormed(this.view.text.value.trim());
    const timeline = this.rooms.open;
    if (!text || !timeline) return;
    if (this.#editing) {
      const { seq } = this.#editing;
      this.#endEdit();
      this.#order(timeline, "edit", { seq, body: { text } }, { text });
      return;
    }
    const entry = { id: newId(), conversation: timeline.id, kind: "text", body: { text }, written: Date.now() };
    this.view.text.value = "";
    this.company.stopTyping();
    this.#fit();
    await this.sender.keep(entry);
    this.pending.set(entry.id, entry);
    if (entry.conversation === this.rooms.openId) this.view.appendPending(entry);
    this.sender.flush();
  }

  /** A button below a message: edit, delete, react, or what to do about one that failed. */
  command({ command, seq, emoji, action, id }) {
    if (action) this.#settleFailed(action, id);
    const timeline = this.rooms.open;
    const message = timeline?.messages.find((one) => one.seq === Number(seq));
    if (!command || !message) return;
    if (command === "edit") {
      this.#editing = message;
      this.view.beginEdit(message);
    } else if (command === "delete") {
      this.#order(timeline, "delete", { seq: message.seq }, {});
    } else if (command === "react") {
      const isOn = message.reactions?.[emoji]?.includes(this.rooms.me);
      this.#order(timeline, isOn ? "unreact" : "react", { seq: message.seq, emoji }, { emoji });
    }
  }

  /** Of a call, only what became of it is written down. */
  async noteCall({ call, state, conversation }) {
    await this.sender.keep({ id: newId(), conversation, kind: "call", body: { call, state }, written: Date.now() });
    this.sender.flush();
  }

  /** Let go of a command that was refused for good; return whether it was one. */
  dropRefused(id) {
    const entry = this.sender.entry(id);
    if (!entry?.order || !entry.failed) return false;
    this.sender.discard(id);
    return true;
  }

  /** Write a command into the outbox like any message: it is sent until it is acknowledged. */
  async #order(timeline, kind, fields, body) {
    const entry = { id: newId(), conversation: timeline.id, kind, body, written: Date.now(), refers_to: fields.seq };
    entry.order = { type: kind, id: entry.id, conversation: timeline.id, ...fields };
    await this.sender.keep(entry);
    this.sender.flush();
  }

  #settleFailed(action, id) {
    if (action === "retry") {
      this.view.showSending(id);
      this.sender.retry(id);
    } else if (action === "discard") {
      this.pending.delete(id);
      this.view.remove(id);
      this.sender.discard(id);
      this.view.text.focus();
    }
  }

  #listen() {
    const { form, text } = this.view;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#editing) this.#endEdit();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.write();
      }
    });
    text.addEventListener("input", () => {
      this.#fit();
      this.company.typing();
    });
  }

  #endEdit() {
    this.#editing = null;
    this.view.endEdit();
    this.#fit();
  }

  #fit() {
    const { text } = this.view;
    text.rows = Math.min(ROWS, text.value.split("\n").length);
  }
}

// Half of a pair of surrogates is no character: no server takes it, and no other device could show it.
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
