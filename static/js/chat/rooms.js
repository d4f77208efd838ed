/** The conversations that this page knows, and which of them is open. */

import { Timeline } from "./timeline.js";

const LIST = "/api/v1/conversations/?page_size=100";

export class Rooms {
  #timelines = new Map();
  #fetching = null;
  #sought = new Set();
  openId = null;

  constructor({ me, words }) {
    this.me = me;
    this.words = words;
  }

  get open() {
    return this.#timelines.get(this.openId);
  }

  get(id) {
    return this.#timelines.get(id);
  }

  all() {
    return this.#timelines.values();
  }

  learn(conversation) {
    const own = conversation.members.find((member) => member.id === this.me);
    const timeline = new Timeline({ ...conversation, delivered: own?.delivered_seq ?? 0 });
    timeline.title = conversation.title || this.#namesOf(timeline);
    this.#timelines.set(timeline.id, timeline);
    return timeline;
  }

  /** Ask for the list anew; return the conversations that are new, or whose history was cut. */
  async fetch() {
    this.#fetching ??= fetch(LIST, { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : { results: [] }))
      .catch(() => ({ results: [] }));
    const { results } = await this.#fetching;
    this.#fetching = null;
    const isNews = ({ id, epoch }) => this.#timelines.get(id)?.epoch !== epoch;
    return results.reverse().filter(isNews).map((one) => this.learn(one));
  }

  /** The other one of a conversation of two. */
  peerOf(timeline) {
    const others = [...(timeline?.members.keys() ?? [])].filter((id) => id !== this.me);
    return others.length === 1 ? others[0] : null;
  }

  nameOf(id) {
    for (const timeline of this.all()) {
      if (timeline.members.has(id)) return timeline.members.get(id).name;
    }
    return this.words.somebody;
  }

  /** Ask for the name of a member whom the list leaves out, once; `true` when it has become known. */
  async learnMember(timeline, id) {
    if (timeline.members.has(id) || this.#sought.has(id)) return false;
    this.#sought.add(id);
    const answer = await fetch(`/api/v1/conversations/${timeline.id}/members/?user=${id}`, {
      headers: { Accept: "application/json" },
    }).catch(() => null);
    const [member] = answer?.ok ? (await answer.json()).results : [];
    if (member) timeline.members.set(id, member);
    return Boolean(member);
  }

  #namesOf(timeline) {
    const others = [...timeline.members.values()].filter((member) => member.id !== this.me);
    return others.map((member) => member.name).join(", ") || this.words.you;
  }
}
