/** What was written and isn't acknowledged yet. Lives in IndexedDB, so it survives a reload, a crash and a tunnel. */

const DATABASE = "aquastream-chat";
const STORE = "outbox";

export async function openOutbox(userId) {
  try {
    return new StoredOutbox(await openDatabase(), userId);
  } catch {
    // Private windows of some browsers have no IndexedDB: then it lives as long as the page.
    return new PassingOutbox();
  }
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("user", "user");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

class StoredOutbox {
  #database;
  #user;

  constructor(database, userId) {
    this.#database = database;
    this.#user = userId;
  }

  async all() {
    const entries = await this.#run("readonly", (store) => store.index("user").getAll(this.#user));
    return entries.sort((one, other) => one.written - other.written);
  }

  put(entry) {
    return this.#run("readwrite", (store) => store.put({ ...entry, user: this.#user }));
  }

  remove(id) {
    return this.#run("readwrite", (store) => store.delete(id));
  }

  #run(mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

class PassingOutbox {
  #entries = new Map();

  async all() {
    return [...this.#entries.values()];
  }

  async put(entry) {
    this.#entries.set(entry.id, entry);
  }

  async remove(id) {
    this.#entries.delete(id);
  }
}
