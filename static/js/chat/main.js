/** The chat page: joins connection, outbox, timelines and view. */

import { Calls } from "./calls.js";
import { apply, isCommand } from "./commands.js";
import { openOutbox } from "./outbox.js";
import { Sender } from "./sender.js";
import { TabSocket } from "./tabs.js";
import { GAP_PATIENCE, Timeline } from "./timeline.js";
import { Uploads } from "./uploads.js";
import { View } from "./view.js";

const PAGE = 50;
const UNSEEN = 100;
const RECEIPT_PAUSE = 200;
const TYPING_PAUSE = 3000;
const TYPING_SHOWN = 5000;
const FEW_CREDITS = 5;

class Chat {
  #timelines = new Map();
  #pending = new Map();
  #asked = new Map();
  #confirmed = new Map();
  #gapTimers = new Map();
  #receiptTimer = null;
  #typedAt = 0;
  #requests = 0;
  #openId = null;
  #editing = null;

  constructor({ root, me, words, socket, sender }) {
    this.me = me;
    this.view = new View(root, words, me);
    this.words = words;
    this.socket = socket;
    this.sender = sender;
    this.uploads = new Uploads(socket);
    this.calls = new Calls(socket, newId);
    // Pages of other tabs over the same socket are not this one's.
    this.tab = newId().slice(0, 8);
  }

  get #open() {
    return this.#timelines.get(this.#openId);
  }

  async start({ conversations, conversationId, messages, hasOlder }) {
    for (const one of conversations) this.#learn(one);
    for (const entry of await this.sender.restore()) if (isShown(entry)) this.#pending.set(entry.id, entry);
    this.#listenToSocket();
    this.#listenToSender();
    this.#listenToPage();
    this.#listenToExtras();
    if (conversationId) {
      const timeline = this.#timelines.get(conversationId);
      timeline.load(messages, hasOlder);
      this.#show(timeline);
    }
    this.view.say(this.words.connecting);
    this.socket.connect();
  }

  #learn(conversation) {
    const own = conversation.members.find((member) => member.id === this.me);
    const timeline = new Timeline({ ...conversation, delivered: own?.delivered_seq ?? 0 });
    timeline.title = conversation.title || this.#namesOf(timeline);
    this.#timelines.set(timeline.id, timeline);
    return timeline;
  }

  #namesOf(timeline) {
    const others = [...timeline.members.values()].filter((member) => member.id !== this.me);
    return others.map((member) => member.name).join(", ") || this.words.you;
  }

  // --- the connection

  #listenToSocket() {
    this.socket.addEventListener("ready", ({ detail }) => {
      this.view.say(detail.state === "normal" ? "" : this.words.slow);
      this.#asked.clear();
      this.sender.reconnected();
      this.uploads.reconnected();
      this.#watch();
      if (this.#open && !this.socket.leads) this.#askAfter(this.#open);
    });
    this.socket.addEventListener("down", () => this.view.say(this.words.reconnecting));
    this.socket.addEventListener("refused", ({ detail }) => {
      this.view.say(detail.code === 4001 ? this.words.signed_out : this.words.outdated);
    });
    const reactions = {
      heads: (object) => this.#takeHeads(object.heads),
      message: (object) => this.#take(object.conversation, [object]),
      page: (object) => this.#takePage(object),
      ack: (object) => this.sender.acknowledged(object),
      nack: (object) => {
        this.sender.refused(object);
        this.uploads.refused(object);
        this.#commandRefused(object);
      },
      slot: (object) => this.uploads.take(object),
      signal: (object) => this.calls.take(object),
      presence: (object) => this.#takePresence(object),
      receipt: (object) => this.#takeReceipt(object),
      typing: (object) => this.#takeTyping(object),
      credits: (object) => this.#takeCredits(object),
      system: (object) => this.#takeSystem(object),
    };
    this.socket.addEventListener("object", ({ detail }) => reactions[detail.type]?.(detail));
  }

  #takeHeads(heads) {
    for (const [id, , lastSeq, readSeq] of heads) {
      const timeline = this.#timelines.get(id);
      if (!timeline) {
        this.#fetchConversations();
        continue;
      }
      timeline.lastSeq = Math.max(timeline.lastSeq, lastSeq);
      timeline.read(readSeq);
      if (timeline.isBehind) this.#askAfter(timeline);
      this.view.showConversation(timeline, this.#openId);
    }
    if (this.#open && !this.#open.isLoaded) this.#askLatest(this.#open);
    this.#confirmRead();
  }

  #take(id, messages) {
    const timeline = this.#timelines.get(id);
    if (!timeline) {
      this.#fetchConversations();
      return;
    }
    const shown = timeline.take(messages);
    for (const message of shown) this.#showNew(message, timeline);
    if (shown.length) this.view.raiseConversation(id);
    this.view.showConversation(timeline, this.#openId);
    if (timeline.isBehind) this.#waitForGap(timeline);
    this.#confirmReceived();
    this.#confirmRead();
  }

  #showNew(message, timeline) {
    this.#pending.delete(message.id);
    if (isCommand(message)) {
      const target = apply(message, timeline.messages);
      if (target && timeline.id === this.#openId) this.view.update(target, timeline);
      return;
    }
    timeline.typing.delete(message.sender);
    if (message.sender !== this.me) timeline.count(message);
    if (timeline.id !== this.#openId) return;
    this.view.append(message, timeline);
    this.#showTyping();
    if (message.sender !== this.me) {
      const name = timeline.members.get(message.sender)?.name ?? this.words.somebody;
      this.view.announce(`${name}: ${message.body?.text ?? ""}`);
    }
  }

  // --- gaps and history

  #waitForGap(timeline) {
    if (this.#gapTimers.has(timeline.id)) return;
    const look = () => {
      this.#gapTimers.delete(timeline.id);
      if (timeline.isBehind) this.#askAfter(timeline);
    };
    this.#gapTimers.set(timeline.id, setTimeout(look, GAP_PATIENCE));
  }

  #askAfter(timeline) {
    // Of a conversation that isn't open, only the end is worth fetching: the rest comes when somebody scrolls to it.
    if (!timeline.isLoaded) timeline.last = Math.max(timeline.last, timeline.lastSeq - UNSEEN);
    this.#ask(timeline, "after", { after: timeline.last, limit: 100 });
  }

  #askLatest(timeline) {
    this.#ask(timeline, "latest", { limit: PAGE });
  }

  #ask(timeline, purpose, asked) {
    const key = `${timeline.id} ${purpose}`;
    if ([...this.#asked.values()].some((one) => one.key === key)) return;
    const request = `${this.tab}-${++this.#requests}`;
    if (this.socket.send({ type: "history", request, conversation: timeline.id, ...asked })) {
      this.#asked.set(request, { key, purpose });
    }
  }

  #takePage(page) {
    const asked = this.#asked.get(page.request);
    this.#asked.delete(page.request);
    const timeline = this.#timelines.get(page.conversation);
    if (!asked || !timeline) return;
    if (asked.purpose === "latest") {
      timeline.load(page.messages, page.more);
      if (timeline.id === this.#openId) this.#show(timeline);
      this.#take(timeline.id, []);
    } else if (asked.purpose === "before") {
      const before = timeline.messages.length;
      timeline.prepend(page.messages, page.more);
      if (timeline.id === this.#openId) this.view.showOlder(timeline, timeline.messages.length - before);
    } else {
      this.#take(timeline.id, page.messages);
      if (timeline.isBehind && page.more) this.#askAfter(timeline);
    }
  }

  async #fetchConversations() {
    this.fetching ??= fetch("/api/v1/conversations/?page_size=100", { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : { results: [] }))
      .catch(() => ({ results: [] }));
    const { results } = await this.fetching;
    this.fetching = null;
    for (const one of results.reverse()) {
      if (this.#timelines.has(one.id)) continue;
      const timeline = this.#learn(one);
      this.view.showConversation(timeline, this.#openId);
      if (timeline.isBehind) this.#askAfter(timeline);
    }
  }

  // --- receipts, typing, credits

  #confirmReceived() {
    this.#receiptTimer ??= setTimeout(() => {
      this.#receiptTimer = null;
      const positions = [];
      for (const timeline of this.#timelines.values()) {
        if (timeline.last > (this.#confirmed.get(timeline.id) ?? 0)) positions.push([timeline.id, timeline.last]);
      }
      if (positions.length && this.socket.send({ type: "received", positions: positions.slice(0, 256) })) {
        for (const [id, seq] of positions.slice(0, 256)) this.#confirmed.set(id, seq);
      }
    }, RECEIPT_PAUSE);
  }

  #confirmRead() {
    const timeline = this.#open;
    if (!timeline?.isLoaded || document.visibilityState !== "visible" || timeline.last <= timeline.readSeq) return;
    if (this.socket.send({ type: "read", positions: [[timeline.id, timeline.last]] })) {
      timeline.read(timeline.last);
      this.view.showConversation(timeline, this.#openId);
    }
  }

  #takeReceipt({ conversation, user, delivered, read }) {
    const timeline = this.#timelines.get(conversation);
    const member = timeline?.members.get(user);
    if (!member) return;
    member.delivered_seq = Math.max(member.delivered_seq, delivered);
    member.read_seq = Math.max(member.read_seq, read);
    if (user === this.me) {
      timeline.read(read);
      this.view.showConversation(timeline, this.#openId);
    } else if (conversation === this.#openId) {
      this.view.showStates(timeline);
    }
  }

  #takeTyping({ conversation, user }) {
    const timeline = this.#timelines.get(conversation);
    if (!timeline) return;
    clearTimeout(timeline.typing.get(user));
    const stop = () => {
      timeline.typing.delete(user);
      this.#showTyping();
    };
    timeline.typing.set(user, setTimeout(stop, TYPING_SHOWN));
    this.#showTyping();
  }

  #showTyping() {
    const timeline = this.#open;
    if (!timeline) return;
    this.view.showTyping([...timeline.typing.keys()].map((id) => timeline.members.get(id)?.name ?? this.words.somebody));
  }

  #takeCredits({ left }) {
    if (left > FEW_CREDITS) this.view.say("");
    else this.view.say(this.words.credits_left.replace("%s", left));
  }

  #takeSystem({ code, data }) {
    if (code === "pressure") this.view.say(data.state === "normal" ? "" : this.words.slow);
    else if (code === "conversation") this.#fetchConversations();
    else if (code === "upload_refused") this.view.say(this.words.upload_refused);
  }

  // --- sending

  #listenToSender() {
    this.sender.addEventListener("settled", ({ detail: { entry, ack } }) => {
      const { id, body, kind, refers_to } = entry;
      this.#take(ack.conversation, [{ id, seq: ack.seq, sender: this.me, kind, body, at: ack.at, refers_to }]);
      // An earlier page, or another tab, may have shown it already.
      this.#pending.delete(id);
    });
    this.sender.addEventListener("failed", ({ detail: { entry, code } }) => {
      this.view.showFailed(entry.id);
      this.view.say(this.words[code] ?? this.words.failed);
    });
    this.sender.addEventListener("paused", ({ detail: { seconds, code } }) => {
      const words = code === "credits" ? this.words.credits_spent : this.words.slow;
      this.view.say(words.replace("%s", seconds));
    });
  }

  async #write() {
    const text = this.view.text.value.trim();
    if (!text || !this.#open) return;
    if (this.#editing) {
      const message = this.#editing;
      this.#editing = null;
      this.view.endEdit();
      this.#order(this.#open, "edit", { seq: message.seq, body: { text } }, { text });
      return;
    }
    const entry = { id: newId(), conversation: this.#openId, kind: "text", body: { text }, written: Date.now() };
    this.view.text.value = "";
    this.#typedAt = 0;
    this.#fit();
    await this.sender.keep(entry);
    this.#pending.set(entry.id, entry);
    if (entry.conversation === this.#openId) this.view.appendPending(entry);
    this.sender.flush();
  }

  // --- the page

  #listenToPage() {
    const { form, text, list, log, older } = this.view;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#editing) {
        this.#editing = null;
        this.view.endEdit();
      }
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#write();
      }
    });
    text.addEventListener("input", () => {
      this.#fit();
      this.#typing();
    });
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-conversation]");
      if (!item || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.pushState({}, "", `/chat/${item.dataset.conversation}/`);
      this.#goTo(item.dataset.conversation);
      text.focus();
    });
    log.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      this.#settleFailed(button.dataset);
      this.#command(button.dataset);
    });
    older.addEventListener("click", () => {
      const first = this.#open?.messages[0]?.seq;
      if (first) this.#ask(this.#open, "before", { before: first, limit: PAGE });
    });
    addEventListener("popstate", () => this.#goTo(location.pathname.split("/")[2] ?? ""));
    document.addEventListener("visibilitychange", () => this.#confirmRead());
  }

  #goTo(id) {
    const timeline = this.#timelines.get(id);
    if (!timeline) {
      location.assign("/chat/");
      return;
    }
    this.#show(timeline);
    if (!timeline.isLoaded) this.#askLatest(timeline);
  }

  #show(timeline) {
    this.#openId = timeline.id;
    const pending = [...this.#pending.values()].filter((entry) => entry.conversation === timeline.id);
    this.view.showRoom(timeline, pending);
    this.view.showConversations(this.#timelines.values(), timeline.id);
    this.#showTyping();
    this.#confirmReceived();
    this.#confirmRead();
    this.view.allowCall(Boolean(this.#peerOf(timeline)));
    this.#watch();
  }

  #settleFailed({ action, id }) {
    if (action === "retry") {
      this.view.showSending(id);
      this.sender.retry(id);
    } else if (action === "discard") {
      this.#pending.delete(id);
      this.view.remove(id);
      this.sender.discard(id);
      this.view.text.focus();
    }
  }

  // --- edits, deletions, reactions

  #command({ command, seq, emoji }) {
    const timeline = this.#open;
    const message = timeline?.messages.find((one) => one.seq === Number(seq));
    if (!command || !message) return;
    if (command === "edit") {
      this.#editing = message;
      this.view.beginEdit(message);
    } else if (command === "delete") {
      this.#order(timeline, "delete", { seq: message.seq }, {});
    } else if (command === "react") {
      const isOn = message.reactions?.[emoji]?.includes(this.me);
      this.#order(timeline, isOn ? "unreact" : "react", { seq: message.seq, emoji }, { emoji });
    }
  }

  /** Write a command into the outbox like any message: it is sent until it is acknowledged. */
  async #order(timeline, kind, fields, body) {
    const entry = { id: newId(), conversation: timeline.id, kind, body, written: Date.now(), refers_to: fields.seq };
    entry.order = { type: kind, id: entry.id, conversation: timeline.id, ...fields };
    await this.sender.keep(entry);
    this.sender.flush();
  }

  #commandRefused({ id, code }) {
    const entry = this.sender.entry(id);
    if (!entry?.order || !entry.failed) return;
    this.sender.discard(id);
    this.view.say(this.words[code] ?? this.words.failed);
  }

  // --- files, calls, presence

  #listenToExtras() {
    this.view.file?.addEventListener("change", () => {
      for (const file of this.view.file.files) if (this.#open) this.uploads.begin(newId(), this.#open.id, file);
      this.view.file.value = "";
    });
    this.uploads.addEventListener("progress", ({ detail }) => this.view.showUpload(detail));
    this.uploads.addEventListener("done", ({ detail }) => this.view.endUpload(detail.id));
    this.uploads.addEventListener("failed", ({ detail }) => {
      this.view.endUpload(detail.id);
      this.view.say(`${detail.name}: ${this.words[detail.code] ?? this.words.failed}`);
    });
    this.view.call.addEventListener("click", () => {
      const peer = this.#peerOf(this.#open);
      if (peer) this.calls.begin(peer, this.#open.id);
    });
    this.view.acceptCall.addEventListener("click", () => this.calls.accept());
    this.view.endCall.addEventListener("click", () => this.calls.hangUp());
    this.calls.addEventListener("state", ({ detail }) => this.view.showCall(detail.state, this.#nameOf(detail.peer)));
    this.calls.addEventListener("ended", async ({ detail: { call, state, conversation } }) => {
      const body = { call, state };
      await this.sender.keep({ id: newId(), conversation, kind: "call", body, written: Date.now() });
      this.sender.flush();
    });
  }

  #peerOf(timeline) {
    const others = [...(timeline?.members.keys() ?? [])].filter((id) => id !== this.me);
    return others.length === 1 ? others[0] : null;
  }

  #nameOf(id) {
    for (const timeline of this.#timelines.values()) {
      if (timeline.members.has(id)) return timeline.members.get(id).name;
    }
    return this.words.somebody;
  }

  #watch() {
    const peer = this.#peerOf(this.#open);
    this.view.showPresence("");
    if (peer) this.socket.send({ type: "watch", users: [peer] });
  }

  #takePresence({ user, online }) {
    if (user === this.#peerOf(this.#open)) this.view.showPresence(online ? this.words.online : this.words.offline);
  }

  #typing() {
    if (Date.now() - this.#typedAt < TYPING_PAUSE || !this.#open) return;
    this.#typedAt = Date.now();
    this.socket.send({ type: "typing", conversation: this.#openId });
  }

  #fit() {
    const { text } = this.view;
    text.rows = Math.min(6, text.value.split("\n").length);
  }
}

/** Edits, reactions and calls wait in the outbox too, but aren't shown as messages on their way. */
function isShown(entry) {
  return !entry.order && entry.kind === "text";
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** This browser: the same on each visit, so that the server knows a device that comes back. */
function deviceId() {
  try {
    const known = localStorage.getItem("chat-device") ?? newId();
    localStorage.setItem("chat-device", known);
    return known;
  } catch {
    return newId();
  }
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const root = document.getElementById("chat");
const socket = new TabSocket(root.dataset.socket, deviceId(), root.dataset.me);
const sender = new Sender(socket, await openOutbox(root.dataset.me));
const chat = new Chat({ root, me: root.dataset.me, words: read("chat-words"), socket, sender });
await chat.start(read("chat-state"));
root.dataset.started = "true";
