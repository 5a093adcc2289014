// Where unsent marks are kept: one localStorage key for each, so that two tabs never overwrite each other's list.
// The keys carry the user's id: a browser is shared, and nobody's marks may leave under another's name.

const PREFIX = "academics.outbox.1.";
const TAKES = "academics.takes.1.";
const REMEMBERED_TAKES = 30;
const KINDS = new Set(["mark", "take", "undo_take"]);

export class ItemStore {
  constructor(userId, storage = browserStorage()) {
    this.userId = userId;
    this.prefix = `${PREFIX}${userId}.`;
    this.storage = storage;
    this.durable = storage !== null;
    this.unreadable = 0;
    this.items = new Map();
    this.reload();
  }

  // Reads again what other tabs have left; what only this tab's memory holds stays.
  reload() {
    const stored = new Map(keysOf(this.storage, this.prefix).map((key) => this.parse(key)).filter(Boolean).map((item) => [item.id, item]));
    this.items = this.durable ? stored : new Map([...this.items, ...stored]);
  }

  all() {
    return [...this.items.values()].sort((a, b) => a.order - b.order);
  }

  get(id) {
    return this.items.get(id);
  }

  put(item) {
    this.items.set(item.id, item);
    try {
      this.storage?.setItem(this.prefix + item.id, JSON.stringify(item));
    } catch {
      this.durable = false;
    }
  }

  remove(id) {
    this.items.delete(id);
    try {
      this.storage?.removeItem(this.prefix + id);
    } catch {
      this.durable = false;
    }
  }

  // Whether another tab has delivered or withdrawn it. What never reached the storage is only ours to know.
  isGone(id) {
    if (!this.storage || !this.durable) return !this.items.has(id);
    try {
      return this.storage.getItem(this.prefix + id) === null;
    } catch {
      return !this.items.has(id);
    }
  }

  // Which command took a session's register, for taking it back after a reload.
  recollect(session, command) {
    try {
      const recent = this.#recent().filter(([known]) => known !== session);
      this.storage?.setItem(TAKES + this.userId, JSON.stringify([...recent, [session, command]].slice(-REMEMBERED_TAKES)));
    } catch {
      // Only the convenience is lost: the marks that were filled in then stay when the confirmation is taken back.
    }
  }

  recall(session) {
    return this.#recent().find(([known]) => known === session)?.[1] ?? null;
  }

  #recent() {
    try {
      const recent = JSON.parse(this.storage.getItem(TAKES + this.userId));
      return Array.isArray(recent) ? recent : [];
    } catch {
      return [];
    }
  }

  nextOrder() {
    let last = Date.now();
    for (const item of this.items.values()) last = Math.max(last, item.order + 1);
    return last;
  }

  parse(key) {
    try {
      const item = JSON.parse(this.storage.getItem(key));
      if (!KINDS.has(item.kind) || key !== this.prefix + item.id || !Number.isFinite(item.order)) throw new TypeError(key);
      if (!Number.isInteger(item.session)) throw new TypeError(key);
      return item;
    } catch {
      this.unreadable += 1;
      this.storage.removeItem(key);
      return null;
    }
  }
}

export function browserStorage() {
  try {
    const probe = `${PREFIX}probe`;
    globalThis.localStorage.setItem(probe, "1");
    globalThis.localStorage.removeItem(probe);
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

// How many items each user has left in this browser: Map of user id to number.
export function keptByUser(storage = browserStorage()) {
  const counts = new Map();
  for (const key of keysOf(storage, PREFIX)) {
    const user = Number(key.slice(PREFIX.length).split(".")[0]);
    if (Number.isInteger(user)) counts.set(user, (counts.get(user) ?? 0) + 1);
  }
  return counts;
}

function keysOf(storage, prefix) {
  const keys = [];
  for (let index = 0; index < (storage?.length ?? 0); index += 1) {
    const key = storage.key(index);
    if (key?.startsWith(prefix)) keys.push(key);
  }
  return keys;
}

// crypto.randomUUID exists on https and localhost alone; an institute's own network is often plain http.
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
