/** Confirmations: what this device has, what the user has read, and how far the others are. */

const PAUSE = 200;
const POSITIONS = 256;

export class Receipts {
  #confirmed = new Map();
  #timer = null;

  constructor({ rooms, socket, view }) {
    this.rooms = rooms;
    this.socket = socket;
    this.view = view;
  }

  /** Say to the server, in a moment and all at once, up to where this page has everything. */
  confirmReceived() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const news = [...this.rooms.all()].filter(({ id, last }) => last > (this.#confirmed.get(id) ?? 0));
      const positions = news.slice(0, POSITIONS).map(({ id, last }) => [id, last]);
      if (!positions.length || !this.socket.send({ type: "received", positions })) return;
      for (const [id, seq] of positions) this.#confirmed.set(id, seq);
      if (news.length > POSITIONS) this.confirmReceived();
    }, PAUSE);
  }

  /** What is open before somebody's eyes is read. */
  confirmRead() {
    const timeline = this.rooms.open;
    if (!timeline?.isLoaded || document.visibilityState !== "visible" || timeline.last <= timeline.readSeq) return;
    if (this.socket.send({ type: "read", positions: [[timeline.id, timeline.last]] })) {
      timeline.read(timeline.last);
      this.view.showConversation(timeline, this.rooms.openId);
    }
  }

  take(receipt) {
    const timeline = this.rooms.get(receipt.conversation);
    if (!timeline) return;
    const isOwn = receipt.user === this.rooms.me;
    if (receipt.user) timeline.takeReceipt(receipt);
    else timeline.takeCounts(receipt);
    if (isOwn) {
      timeline.read(receipt.read);
      this.view.showConversation(timeline, this.rooms.openId);
    } else if (timeline.id === this.rooms.openId) {
      this.view.showStates(timeline);
    }
  }
}
