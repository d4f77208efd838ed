/** The chat page: joins connection, outbox, conversations and view. */

import { Calls } from "./calls.js";
import { apply, isCommand } from "./commands.js";
import { Company } from "./company.js";
import { Composer, isShown } from "./composer.js";
import { History } from "./history.js";
import { newId } from "./ids.js";
import { Receipts } from "./receipts.js";
import { Rooms } from "./rooms.js";
import { Uploads } from "./uploads.js";
import { View } from "./view.js";

const FEW_CREDITS = 5;

export class Chat {
  constructor({ root, me, words, socket, sender }) {
    const view = new View(root, words, me);
    const rooms = new Rooms({ me, words });
    Object.assign(this, { me, words, socket, sender, view, rooms });
    this.uploads = new Uploads(socket);
    this.calls = new Calls(socket, newId);
    this.history = new History(socket, newId().slice(0, 8));
    this.receipts = new Receipts({ rooms, socket, view });
    this.company = new Company({ rooms, socket, view, words });
    this.composer = new Composer({ rooms, sender, view, company: this.company });
  }

  async start({ conversations, conversationId, messages, hasOlder }) {
    for (const one of conversations) this.rooms.learn(one);
    for (const entry of await this.sender.restore()) if (isShown(entry)) this.composer.pending.set(entry.id, entry);
    this.#listenToSocket();
    this.#listenToSender();
    this.#listenToPage();
    this.#listenToExtras();
    if (conversationId) {
      const timeline = this.rooms.get(conversationId);
      timeline.load(messages, hasOlder);
      this.#show(timeline);
    }
    this.view.say(this.words.connecting);
    this.socket.connect();
  }

  // --- what the connection brings

  #listenToSocket() {
    this.socket.addEventListener("ready", ({ detail }) => {
      this.view.say(detail.state === "normal" ? "" : this.words.slow);
      this.history.reconnected();
      this.sender.reconnected();
      this.uploads.reconnected();
      this.company.watch();
      if (this.rooms.open && !this.socket.leads) this.history.askAfter(this.rooms.open);
    });
    this.socket.addEventListener("down", () => this.view.say(this.words.reconnecting));
    this.socket.addEventListener("refused", ({ detail }) => {
      this.view.say(detail.code === 4001 ? this.words.signed_out : this.words.outdated);
    });
    const reactions = {
      heads: (object) => this.#takeHeads(object.heads),
      message: (object) => this.#take(object.conversation, [object]),
      page: (object) => this.history.take(object, this.rooms.get(object.conversation)),
      ack: (object) => this.sender.acknowledged(object),
      nack: (object) => {
        this.sender.refused(object);
        this.uploads.refused(object);
        this.history.refused(object, (id) => this.rooms.get(id));
        if (this.composer.dropRefused(object.id)) this.view.say(this.words[object.code] ?? this.words.failed);
      },
      slot: (object) => this.uploads.take(object),
      signal: (object) => this.calls.take(object),
      presence: (object) => this.company.takePresence(object),
      receipt: (object) => this.receipts.take(object),
      typing: (object) => this.company.takeTyping(object),
      credits: (object) => this.#takeCredits(object),
      system: (object) => this.#takeSystem(object),
    };
    this.socket.addEventListener("object", ({ detail }) => reactions[detail.type]?.(detail));
  }

  #takeHeads(heads) {
    for (const [id, epoch, lastSeq, readSeq] of heads) {
      const timeline = this.rooms.get(id);
      // New to this page, or its history was cut: what was kept of it is worth nothing.
      if (timeline?.epoch !== epoch) {
        this.#fetchConversations();
        continue;
      }
      timeline.lastSeq = Math.max(timeline.lastSeq, lastSeq);
      timeline.read(readSeq);
      if (timeline.isBehind) this.history.askAfter(timeline);
      this.view.showConversation(timeline, this.rooms.openId);
    }
    if (this.rooms.open && !this.rooms.open.isLoaded) this.history.askLatest(this.rooms.open);
    this.receipts.confirmRead();
  }

  #take(id, messages) {
    const timeline = this.rooms.get(id);
    if (!timeline) {
      this.#fetchConversations();
      return;
    }
    const shown = timeline.take(messages);
    for (const message of shown) this.#showNew(message, timeline);
    if (shown.length) this.view.raiseConversation(id);
    this.view.showConversation(timeline, this.rooms.openId);
    if (timeline.isBehind) this.history.waitForGap(timeline);
    this.receipts.confirmReceived();
    this.receipts.confirmRead();
  }

  #showNew(message, timeline) {
    this.composer.pending.delete(message.id);
    if (isCommand(message)) {
      const target = apply(message, timeline.messages);
      if (target && timeline.id === this.rooms.openId) this.view.update(target, timeline);
      return;
    }
    timeline.typing.delete(message.sender);
    if (message.sender !== this.me) timeline.count(message);
    if (timeline.id !== this.rooms.openId) return;
    this.view.append(message, timeline);
    this.#learnSender(message.sender, timeline);
    this.company.showTyping();
    if (message.sender !== this.me) {
      const name = timeline.members.get(message.sender)?.name ?? this.words.somebody;
      this.view.announce(`${name}: ${message.body?.text ?? ""}`);
    }
  }

  async #learnSender(id, timeline) {
    if (await this.rooms.learnMember(timeline, id)) this.view.nameSender(id, timeline.members.get(id).name);
  }

  #takePage({ timeline, purpose, page }) {
    const isOpen = timeline.id === this.rooms.openId;
    if (purpose === "latest") {
      timeline.load(page.messages, page.more);
      if (isOpen) this.#show(timeline);
      this.#take(timeline.id, []);
    } else if (purpose === "before") {
      const before = timeline.messages.length;
      timeline.prepend(page.messages, page.more);
      if (!isOpen) return;
      this.view.showOlder(timeline, timeline.messages.length - before);
      for (const { sender } of page.messages) this.#learnSender(sender, timeline);
    } else {
      this.#take(timeline.id, page.messages);
    }
  }

  async #fetchConversations() {
    for (const timeline of await this.rooms.fetch()) {
      this.view.showConversation(timeline, this.rooms.openId);
      if (timeline.id === this.rooms.openId) this.history.askLatest(timeline);
      else if (timeline.isBehind) this.history.askAfter(timeline);
    }
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

  // --- what becomes of what was sent

  #listenToSender() {
    this.sender.addEventListener("settled", ({ detail: { entry, ack } }) => {
      const { id, body, kind, refers_to } = entry;
      const message = { id, seq: ack.seq, sender: this.me, kind, body, at: ack.at, refers_to };
      this.#take(ack.conversation, [message]);
      this.socket.share({ ...message, type: "message", conversation: ack.conversation });
      // An earlier page, or another tab, may have shown it already.
      this.composer.pending.delete(id);
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

  // --- the page

  #listenToPage() {
    const { text, list, log, older } = this.view;
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
      if (button) this.composer.command(button.dataset);
    });
    older.addEventListener("click", () => this.history.askBefore(this.rooms.open));
    this.history.addEventListener("page", ({ detail }) => this.#takePage(detail));
    addEventListener("popstate", () => this.#goTo(location.pathname.split("/")[2] ?? ""));
    document.addEventListener("visibilitychange", () => this.receipts.confirmRead());
  }

  #goTo(id) {
    const timeline = this.rooms.get(id);
    if (!timeline) {
      location.assign("/chat/");
      return;
    }
    this.#show(timeline);
    if (!timeline.isLoaded) this.history.askLatest(timeline);
  }

  #show(timeline) {
    this.rooms.openId = timeline.id;
    this.view.showRoom(timeline, this.composer.pendingIn(timeline));
    this.view.showConversations(this.rooms.all(), timeline.id);
    this.company.showTyping();
    this.receipts.confirmReceived();
    this.receipts.confirmRead();
    this.view.allowCall(Boolean(this.rooms.peerOf(timeline)));
    this.company.watch();
  }

  // --- files and calls

  #listenToExtras() {
    this.view.file?.addEventListener("change", () => {
      for (const file of this.view.file.files) {
        if (this.rooms.open) this.uploads.begin(newId(), this.rooms.openId, file);
      }
      this.view.file.value = "";
    });
    this.uploads.addEventListener("progress", ({ detail }) => this.view.showUpload(detail));
    this.uploads.addEventListener("done", ({ detail }) => this.view.endUpload(detail.id));
    this.uploads.addEventListener("failed", ({ detail }) => {
      this.view.endUpload(detail.id);
      this.view.say(`${detail.name}: ${this.words[detail.code] ?? this.words.failed}`);
    });
    this.view.call.addEventListener("click", () => {
      const peer = this.rooms.peerOf(this.rooms.open);
      if (peer) this.calls.begin(peer, this.rooms.openId);
    });
    this.view.acceptCall.addEventListener("click", () => this.calls.accept());
    this.view.endCall.addEventListener("click", () => this.calls.hangUp());
    this.calls.addEventListener("state", ({ detail }) => this.view.showCall(detail.state, this.rooms.nameOf(detail.peer)));
    this.calls.addEventListener("ended", ({ detail }) => this.composer.noteCall(detail));
  }
}
