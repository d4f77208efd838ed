/**
 * What this page knows of one conversation. Messages are shown in the order of `seq`, without holes and once:
 * one that comes too early is held back, and what is missing is fetched after a moment.
 */

import { apply, isCommand } from "./commands.js";

export const GAP_PATIENCE = 300;

export class Timeline {
  messages = [];
  typing = new Map();
  isLoaded = false;
  hasOlder = true;
  #held = new Map();

  // Of a large conversation: how many have its last message, and up to where all had everything once.
  #counts = { delivered: 0, read: 0 };

  constructor({ id, title, epoch, members, members_count, last_seq, read_seq, unread, last_text, delivered = 0 }) {
    this.id = id;
    this.epoch = epoch;
    this.title = title;
    // Of a very large conversation not all are listed.
    this.members = new Map(members.map((member) => [member.id, member]));
    this.membersCount = members_count;
    this.lastSeq = last_seq;
    this.readSeq = read_seq;
    // What others have written behind the cursor, counted up to here.
    this.unread = unread;
    this.countedTo = last_seq;
    this.lastText = last_text;
    // Up to here this page has everything that it will show, and says so to the server.
    this.last = delivered;
  }

  /** Count a message of somebody else that was not counted before. */
  count(message) {
    if (isCommand(message)) return;
    if (message.seq > Math.max(this.countedTo, this.readSeq)) {
      this.countedTo = message.seq;
      this.unread += 1;
    }
  }

  /** The user has read up to here, on whatever device. */
  read(seq) {
    this.readSeq = Math.max(this.readSeq, seq);
    this.unread = Math.min(this.unread, Math.max(0, this.lastSeq - this.readSeq));
  }

  get isBehind() {
    return this.last < this.lastSeq;
  }

  /** Start with a page of the latest messages. */
  load(messages, hasOlder) {
    this.messages = [];
    this.isLoaded = true;
    this.hasOlder = hasOlder;
    this.last = messages.length ? messages[0].seq - 1 : this.lastSeq;
    return this.take(messages);
  }

  /** Put earlier messages before the first one. */
  prepend(messages, hasOlder) {
    const first = this.messages[0]?.seq ?? Infinity;
    this.messages.unshift(...messages.filter((message) => message.seq < first && !isCommand(message)));
    this.hasOlder = hasOlder;
  }

  /** Take messages in; return those that can be shown now. */
  take(messages) {
    for (const message of messages) {
      if (message.seq > this.last) this.#held.set(message.seq, message);
      if (message.seq >= this.lastSeq) {
        this.lastSeq = message.seq;
        if (!isCommand(message)) this.lastText = message.body?.text ?? message.body?.name ?? "";
      }
    }
    const shown = [];
    while (this.#held.has(this.last + 1)) {
      const message = this.#held.get(this.last + 1);
      this.#held.delete(message.seq);
      this.last = message.seq;
      shown.push(message);
    }
    // What was fetched from the store is up to date already; applying a command to it again changes nothing.
    if (this.isLoaded) {
      for (const one of shown) {
        if (isCommand(one)) apply(one, this.messages);
        else this.messages.push(one);
      }
    }
    return shown;
  }

  takeReceipt({ user, delivered, read }) {
    const member = this.members.get(user);
    if (!member) return;
    member.delivered_seq = Math.max(member.delivered_seq, delivered);
    member.read_seq = Math.max(member.read_seq, read);
  }

  /** Above 50 members nobody is named: once all have the last message, they have the earlier ones too. */
  takeCounts({ seq, delivered_count, read_count }) {
    if (delivered_count >= this.membersCount) this.#counts.delivered = Math.max(this.#counts.delivered, seq);
    if (read_count >= this.membersCount) this.#counts.read = Math.max(this.#counts.read, seq);
  }

  /** How far everybody else has got: the state of one's own messages. */
  stateOf(seq, me) {
    if (seq <= this.#counts.read) return "read";
    if (seq <= this.#counts.delivered) return "delivered";
    const others = [...this.members.values()].filter((member) => member.id !== me);
    if (others.length === 0) return "sent";
    if (others.every((member) => member.read_seq >= seq)) return "read";
    if (others.every((member) => member.delivered_seq >= seq)) return "delivered";
    return "sent";
  }
}
