// What the door knows without a network: the list of tickets, and scans that wait to be sent. Kept in IndexedDB.
const open = () =>
  new Promise((resolve, reject) => {
    const asked = indexedDB.open("door", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("lists", { keyPath: "event" });
      asked.result.createObjectStore("scans", { keyPath: "id", autoIncrement: true }).createIndex("event", "event");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Memory {
  static async of(event) {
    const memory = new Memory();
    memory.event = event;
    memory.database = await open();
    const kept = await done(memory.#store("lists").get(event));
    memory.list = kept?.pages ? kept : { event, at: null, pages: [] };
    memory.waiting = await done(memory.#store("scans").index("event").getAll(event));
    return memory;
  }

  // The list comes in pages: { url, etag, next, tickets }.
  async keepList(pages) {
    this.list = { event: this.event, at: new Date(), pages };
    await done(this.#store("lists", "readwrite").put(this.list));
  }

  page(url) {
    return this.list.pages.find((page) => page.url === url);
  }

  get tickets() {
    return this.list.pages.flatMap((page) => page.tickets);
  }

  async byCode(code) {
    const digest = await sha256(code);
    return this.tickets.find((ticket) => ticket.code_sha256 === digest);
  }

  byId(id) {
    return this.tickets.find((ticket) => ticket.id === id);
  }

  byWords(words) {
    const wanted = words.trim().toLowerCase();
    const fits = (ticket) => `${ticket.holder_name} ${ticket.booked_by}`.toLowerCase().includes(wanted);
    return wanted.length < 2 ? [] : this.tickets.filter(fits).slice(0, 50);
  }

  // When and where a ticket was let in, as far as this phone knows: by the list, or by a scan of its own.
  usedAt(ticket) {
    if (ticket.checked_in_at) return { at: ticket.checked_in_at, gate: ticket.gate };
    const own = this.waiting.find((scan) => scan.ticket_id === ticket.id);
    return own && { at: own.scanned_at, gate: own.gate };
  }

  async letIn(ticket, what, gate) {
    const scan = { event: this.event, ticket_id: ticket.id, ...what, gate, scanned_at: new Date().toISOString() };
    scan.id = await done(this.#store("scans", "readwrite").add(scan));
    this.waiting.push(scan);
  }

  // A scan that was not sent yet is undone here; returns whether there was one.
  async takeBack(ticketId) {
    const own = this.waiting.find((scan) => scan.ticket_id === ticketId);
    if (own) await this.forget([own]);
    return Boolean(own);
  }

  async forget(scans) {
    const store = this.#store("scans", "readwrite");
    await Promise.all(scans.map((scan) => done(store.delete(scan.id))));
    this.waiting = this.waiting.filter((one) => !scans.some((scan) => scan.id === one.id));
  }

  #store(name, mode = "readonly") {
    return this.database.transaction(name, mode).objectStore(name);
  }
}
