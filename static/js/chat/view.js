/** The page: everything is written as text, never as markup. */

import { EMOJI } from "./commands.js";
import { element, Extras } from "./extras.js";

const SCROLL_SLACK = 80;

export class View extends Extras {
  constructor(root, words, me) {
    super(root, words);
    this.root = root;
    this.words = words;
    this.me = me;
    this.list = root.querySelector("#chat-conversations");
    this.log = root.querySelector("#chat-messages");
    this.title = root.querySelector("#chat-title");
    this.typingLine = root.querySelector("#chat-typing");
    this.statusLine = root.querySelector("#chat-status");
    this.older = root.querySelector("#chat-older");
    this.form = root.querySelector("#chat-composer");
    this.text = root.querySelector("#chat-text");
    this.announcer = root.querySelector("#chat-announcer");
    const language = document.documentElement.lang;
    this.time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
    this.day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
    this.items = new Map();
  }

  say(text) {
    if (this.statusLine.textContent !== text) this.statusLine.textContent = text;
  }

  /** A time as people say it: only its hour today, with its day otherwise. */
  moment(at) {
    const isToday = at.toDateString() === new Date().toDateString();
    return isToday ? this.time.format(at) : `${this.day.format(at)}, ${this.time.format(at)}`;
  }

  announce(text) {
    this.announcer.textContent = text;
  }

  showConversations(timelines, openId) {
    for (const timeline of timelines) this.showConversation(timeline, openId);
  }

  /** One line of the list; a new conversation comes to the top. */
  showConversation(timeline, openId) {
    let item = this.list.querySelector(`[data-conversation="${timeline.id}"]`);
    if (!item) {
      item = element("li", "conversations__item");
      item.dataset.conversation = timeline.id;
      const link = element("a", "conversations__link");
      link.href = `/chat/${timeline.id}/`;
      link.append(element("span", "conversations__title", timeline.title));
      link.append(element("span", "conversations__last"), element("span", "conversations__unread"));
      item.append(link);
      this.list.prepend(item);
    }
    const link = item.querySelector("a");
    toggle(link, "aria-current", timeline.id === openId, "page");
    item.querySelector(".conversations__last").textContent = timeline.lastText;
    const unread = item.querySelector(".conversations__unread");
    unread.textContent = timeline.unread ? String(timeline.unread) : "";
    unread.hidden = timeline.unread === 0;
    toggle(unread, "aria-label", timeline.unread > 0, this.words.unread.replace("%s", timeline.unread));
    document.querySelector("#chat-empty")?.remove();
  }

  raiseConversation(id) {
    const item = this.list.querySelector(`[data-conversation="${id}"]`);
    if (item && item !== this.list.firstElementChild) this.list.prepend(item);
  }

  showRoom(timeline, pending) {
    this.root.dataset.open = timeline.id;
    this.title.textContent = timeline.title;
    this.form.hidden = false;
    this.log.replaceChildren();
    this.items.clear();
    for (const message of timeline.messages) this.append(message, timeline);
    for (const entry of pending) this.appendPending(entry);
    this.older.hidden = !timeline.hasOlder;
    this.scrollToEnd();
  }

  showOlder(timeline, count) {
    const before = this.log.scrollHeight;
    const next = this.log.firstElementChild;
    for (const message of timeline.messages.slice(0, count)) {
      const item = this.itemOf(message, timeline);
      this.log.insertBefore(item, next);
    }
    this.log.scrollTop += this.log.scrollHeight - before;
    this.older.hidden = !timeline.hasOlder;
  }

  append(message, timeline) {
    const pending = this.items.get(message.id);
    const atEnd = this.isAtEnd;
    const item = this.itemOf(message, timeline);
    pending?.remove();
    const firstPending = this.log.querySelector("[data-state=sending], [data-state=failed]");
    this.log.insertBefore(item, firstPending);
    if (atEnd || message.sender === this.me) this.scrollToEnd();
  }

  itemOf(message, timeline) {
    const mine = message.sender === this.me;
    const item = element("li", mine ? "message message--mine" : "message");
    item.dataset.seq = message.seq;
    item.dataset.sender = message.sender;
    const name = timeline.members.get(message.sender)?.name ?? this.words.somebody;
    item.append(element("span", mine ? "visually-hidden" : "message__name", mine ? this.words.you : name));
    item.append(this.contentOf(message));
    const foot = element("span", "message__foot");
    const at = new Date(message.at);
    const time = element("time", "message__time", this.time.format(at));
    time.dateTime = message.at;
    time.title = this.day.format(at);
    foot.append(time);
    if (mine) foot.append(element("span", "message__state"));
    item.append(foot);
    if (!message.deleted) item.append(this.reactionsOf(message), this.commandsFor(message, mine));
    this.items.set(message.id, item);
    if (mine) this.showState(item, timeline.stateOf(message.seq, this.me));
    return item;
  }

  /** Put a name where it wasn't known. */
  nameSender(id, name) {
    for (const label of this.log.querySelectorAll(`[data-sender="${id}"] .message__name`)) label.textContent = name;
  }

  appendPending(entry) {
    if (this.items.has(entry.id)) return;
    const item = element("li", "message message--mine");
    item.append(element("span", "visually-hidden", this.words.you), element("p", "message__text", entry.body.text));
    const foot = element("span", "message__foot");
    foot.append(element("span", "message__state"));
    item.append(foot);
    this.items.set(entry.id, item);
    this.log.append(item);
    this.showState(item, entry.failed ? "failed" : "sending");
    if (entry.failed) this.offerRetry(entry.id);
    this.scrollToEnd();
  }

  showFailed(id) {
    const item = this.items.get(id);
    if (!item) return;
    this.showState(item, "failed");
    this.offerRetry(id);
  }

  showSending(id) {
    const item = this.items.get(id);
    if (!item) return;
    item.querySelector(".message__actions")?.remove();
    this.showState(item, "sending");
  }

  offerRetry(id) {
    const item = this.items.get(id);
    if (item.querySelector(".message__actions")) return;
    const actions = element("span", "message__actions");
    for (const action of ["retry", "discard"]) {
      const button = element("button", "message__action", this.words[action]);
      button.type = "button";
      button.dataset.action = action;
      button.dataset.id = id;
      actions.append(button);
    }
    item.append(actions);
  }

  remove(id) {
    this.items.get(id)?.remove();
    this.items.delete(id);
  }

  /** Show a message anew that an edit, a deletion or a reaction has changed. */
  update(message, timeline) {
    const old = this.items.get(message.id);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement) ? document.activeElement.dataset : null;
    const item = this.itemOf(message, timeline);
    old.replaceWith(item);
    if (!hadFocus) return;
    const again = item.querySelector(`[data-command="${hadFocus.command}"]`);
    (again ?? this.log).focus();
  }

  contentOf(message) {
    if (message.deleted) return element("p", "message__text message__text--gone", this.words.deleted);
    if (message.kind === "file") return this.fileOf(message.body);
    if (message.kind === "call") {
      const said = message.body.state === "missed" ? this.words.call_missed : this.words.call_ended;
      return element("p", "message__text message__text--event", said);
    }
    const text = element("p", "message__text", message.body?.text ?? "");
    if (message.edited_at) text.append(element("span", "message__edited", ` (${this.words.edited})`));
    return text;
  }

  reactionsOf(message) {
    const line = element("span", "message__reactions");
    for (const [emoji, people] of Object.entries(message.reactions ?? {})) {
      const button = element("button", "message__reaction", `${emoji} ${people.length}`);
      Object.assign(button, { type: "button" });
      Object.assign(button.dataset, { command: "react", seq: message.seq, emoji });
      button.setAttribute("aria-pressed", String(people.includes(this.me)));
      line.append(button);
    }
    return line;
  }

  commandsFor(message, mine) {
    const menu = element("details", "message__menu");
    const summary = element("summary", "message__more", "⋯");
    summary.setAttribute("aria-label", this.words.more);
    menu.append(summary);
    const add = (label, data, className = "message__action") => {
      const button = element("button", className, label);
      button.type = "button";
      Object.assign(button.dataset, data, { seq: message.seq });
      menu.append(button);
    };
    for (const emoji of EMOJI) add(emoji, { command: "react", emoji }, "message__emoji");
    if (mine && (message.kind === "text" || message.kind === "announcement")) add(this.words.edit, { command: "edit" });
    if (mine) add(this.words.discard, { command: "delete" });
    return menu;
  }

  showStates(timeline) {
    for (const item of this.log.querySelectorAll(".message--mine[data-seq]")) {
      this.showState(item, timeline.stateOf(Number(item.dataset.seq), this.me));
    }
  }

  showState(item, state) {
    if (item.dataset.state === state) return;
    item.dataset.state = state;
    const mark = item.querySelector(".message__state");
    mark.textContent = { sending: "◷", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" }[state];
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", this.words[state]);
    mark.title = this.words[state];
  }

  showTyping(names) {
    this.typingLine.textContent = names.length ? this.words.typing.replace("%s", names.join(", ")) : "";
  }

  get isAtEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < SCROLL_SLACK;
  }

  scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

function toggle(node, name, wanted, value) {
  if (wanted) node.setAttribute(name, value);
  else node.removeAttribute(name);
}
