/** Who else is here: who is typing, and whether the other one of a conversation of two is there. */

const TYPING_PAUSE = 3000;
const TYPING_SHOWN = 5000;
const LOOK_AGAIN = 30000;

export class Company {
  #typedAt = 0;

  constructor({ rooms, socket, view, words }) {
    this.rooms = rooms;
    this.socket = socket;
    this.view = view;
    this.words = words;
    setInterval(() => {
      if (document.visibilityState === "visible") this.#ask();
    }, LOOK_AGAIN);
  }

  /** Tell the others that the user is typing, now and then. */
  typing() {
    if (Date.now() - this.#typedAt < TYPING_PAUSE || !this.rooms.open) return;
    this.#typedAt = Date.now();
    this.socket.send({ type: "typing", conversation: this.rooms.openId });
  }

  /** The next key is told at once. */
  stopTyping() {
    this.#typedAt = 0;
  }

  takeTyping({ conversation, user }) {
    const timeline = this.rooms.get(conversation);
    if (!timeline) return;
    clearTimeout(timeline.typing.get(user));
    const stop = () => {
      timeline.typing.delete(user);
      this.showTyping();
    };
    timeline.typing.set(user, setTimeout(stop, TYPING_SHOWN));
    this.showTyping();
  }

  showTyping() {
    const timeline = this.rooms.open;
    if (!timeline) return;
    this.view.showTyping([...timeline.typing.keys()].map((id) => timeline.members.get(id)?.name ?? this.words.somebody));
  }

  /** Look whether the other one is there; nothing is shown of who doesn't want it. */
  watch() {
    this.view.showPresence("");
    this.#ask();
  }

  takePresence({ user, online, last_seen }) {
    if (user === this.rooms.peerOf(this.rooms.open)) this.view.showPresence(this.#said(online, last_seen));
  }

  #ask() {
    const peer = this.rooms.peerOf(this.rooms.open);
    if (peer) this.socket.send({ type: "watch", users: [peer] });
  }

  #said(online, lastSeen) {
    if (online) return this.words.online;
    if (!lastSeen) return this.words.offline;
    return this.words.last_seen.replace("%s", this.view.moment(new Date(lastSeen)));
  }
}
