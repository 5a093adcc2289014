// Marks on their way: kept in the browser until the server has acknowledged each, and sent again after whatever went
// wrong. Knows nothing of React or the page; register.jsx shows it, loader.js wakes it on every other page.
//
// An item: {id, kind: mark|take|undo_take, session, order, attempts, state: queued|conflict|refused, base_version,
// after, client_at, ...}. Its id is the command's own id, so that sending it twice is harmless. `after` names the
// command whose version it builds on and does not know yet.

import { Outcome, askWhoIsSignedIn, deliver } from "./delivery.js";
import { commandThatMayChange, groupsOf, isBlocked, marksOf, prepared, rowKey } from "./queue.js";
import { ItemStore, uuid } from "./store.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;
const PARALLEL = 6;
const WORTH_A_BULK = 8;
const LARGEST_BULK = 100;

export const Access = Object.freeze({ UNKNOWN: "unknown", GRANTED: "granted", SIGNED_OUT: "signed_out", OTHER_USER: "other_user" });

export class Outbox {
  constructor(userId, { storage, fetch = (...all) => globalThis.fetch(...all), locks = globalThis.navigator?.locks } = {}) {
    this.userId = userId;
    this.fetch = fetch;
    this.locks = locks;
    this.store = new ItemStore(userId, storage);
    this.access = Access.UNKNOWN;
    this.unreachable = false;
    this.revision = 0;
    this.identifyFailures = 0;
    this.acks = new Map(); // row key -> {mark, at}: newer than what the page last heard from the server
    this.delivered = new Map(); // item id -> the version that it became
    this.registers = new Map(); // session -> {taken_at, taken_by, at}
    this.sending = new Set();
    this.requests = 0;
    this.waits = new Map(); // item id -> {failures, until}
    this.listeners = new Set();
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`academics.outbox.${userId}`);
    if (this.channel) this.channel.onmessage = ({ data }) => this.#hear(data);
  }

  // ---- what the page asks for ----

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  items(session) {
    return this.store.all().filter((item) => item.session === session);
  }

  unsent() {
    return this.store.all().filter((item) => item.state === "queued").length;
  }

  // The id of the command, or null when there was nothing left to say. `status` null takes a mark back.
  mark({ session, student, status, minutes = null, note = "", suggestedBy = null, baseVersion = 0 }) {
    const items = this.items(session);
    const row = marksOf(items, student);
    const conflict = row.find((item) => item.state === "conflict");
    if (conflict) return this.#changeMind(conflict, { status, minutes, note, suggested_by: suggestedBy });
    let base = baseVersion;
    let after = commandThatMayChange(student, items);
    let isFirst = true;
    for (const item of row) {
      if (item.state !== "queued") {
        this.#drop(item.id);
      } else if (item.attempts === 0) {
        if (isFirst) ({ base_version: base, after } = item);
        this.#drop(item.id);
      } else {
        after = item.id;
      }
      isFirst = false;
    }
    if (status === null && base === 0 && after === null) {
      this.#changed();
      return null;
    }
    const over_take = items.some((item) => item.kind === "take" && item.id === after);
    const fields = { student, status, minutes: status === "late" ? minutes : null, note, suggested_by: suggestedBy, base_version: base, after, over_take };
    return this.#add("mark", session, fields);
  }

  take({ session, students }) {
    const waiting = this.items(session).filter((item) => item.kind !== "mark" && item.state === "queued").at(-1);
    if (waiting?.kind === "take") return waiting.id;
    for (const item of this.items(session)) if (item.kind !== "mark" && item.state === "refused") this.#drop(item.id);
    return this.#add("take", session, { students });
  }

  undoTake({ session }) {
    const unsent = this.items(session).find((item) => item.kind === "take" && item.attempts === 0);
    if (unsent) {
      this.#drop(unsent.id);
      this.#changed();
      return null;
    }
    // The server clears what this very command filled in; of a take made elsewhere it takes back the confirmation.
    const taken = this.items(session).find((item) => item.kind === "take")?.id ?? this.store.recall(session) ?? uuid();
    return this.#add("undo_take", session, { command: taken });
  }

  // Of a conflict: theirs stays, or mine goes over the mark that was shown.
  keepTheirs(id) {
    const item = this.store.get(id);
    if (item) this.#settle(item, item.conflict?.current);
  }

  replaceWithMine(id) {
    const item = this.store.get(id);
    if (!item) return;
    this.#drop(id);
    const { session, student, status, minutes, note, suggested_by, conflict } = item;
    this.mark({ session, student, status, minutes, note, suggestedBy: suggested_by, baseVersion: conflict.current?.version ?? 0 });
  }

  dismiss(id) {
    this.#drop(id);
    this.#changed();
  }

  retry(id) {
    const item = this.store.get(id);
    if (!item) return;
    this.waits.delete(id);
    this.#put({ ...item, state: "queued", reason: undefined });
    this.pump();
  }

  // ---- when to send ----

  start({ access = Access.UNKNOWN } = {}) {
    if (access !== Access.UNKNOWN) this.access = access;
    if (this.isStarted) return this.pump();
    this.isStarted = true;
    const wake = () => this.wake();
    globalThis.addEventListener("online", wake);
    globalThis.addEventListener("offline", () => this.#changed());
    globalThis.addEventListener("pageshow", (event) => event.persisted && wake());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") wake();
    });
    globalThis.addEventListener("beforeunload", (event) => {
      if (this.unsent() > 0 && this.isOffline()) event.preventDefault();
    });
    this.pump();
  }

  isOffline() {
    return this.unreachable || globalThis.navigator?.onLine === false;
  }

  // Something may have become possible again: forget the waits, and ask anew who is signed in.
  wake() {
    this.store.reload();
    this.waits.clear();
    if (this.unsent() > 0 || this.access !== Access.GRANTED) this.access = Access.UNKNOWN;
    this.#changed();
    this.pump();
  }

  pump() {
    clearTimeout(this.timer);
    if (this.unsent() === 0) return;
    if (this.access === Access.UNKNOWN) return void this.#identify();
    if (this.access !== Access.GRANTED) return;
    const now = Date.now();
    const queued = this.store.all().filter((item) => item.state === "queued");
    const waiting = queued.filter((item) => !this.sending.has(item.id) && !isBlocked(item, queued));
    const untilOf = (item) => this.waits.get(item.id)?.until ?? 0;
    for (const group of groupsOf(waiting.filter((item) => untilOf(item) <= now), WORTH_A_BULK, LARGEST_BULK)) {
      if (this.requests >= PARALLEL) return;
      void this.#send(group);
    }
    const next = Math.min(...waiting.map(untilOf).filter((until) => until > now));
    if (next < Infinity) this.timer = setTimeout(() => this.pump(), next - now);
  }

  // A refused write of somebody who is signed in after all would go round in circles: it waits for the next look.
  async #identify({ wasRefused = false } = {}) {
    if (this.isIdentifying) return;
    this.isIdentifying = true;
    const user = await askWhoIsSignedIn(this.fetch);
    this.isIdentifying = false;
    this.unreachable = user === null;
    if (user === null) {
      this.identifyFailures += 1;
      this.timer = setTimeout(() => this.pump(), backoff(this.identifyFailures));
    } else {
      this.identifyFailures = 0;
      const mine = wasRefused ? Access.SIGNED_OUT : Access.GRANTED;
      this.access = user === this.userId ? mine : user === 0 ? Access.SIGNED_OUT : Access.OTHER_USER;
    }
    this.#changed();
    if (this.access === Access.GRANTED) this.pump();
  }

  // ---- sending ----

  async #send(items) {
    const [{ kind, session, student }] = items;
    const name = items.length === 1 && kind === "mark" ? rowKey(session, student) : `${session}`;
    const ids = items.map((item) => item.id);
    for (const id of ids) this.sending.add(id);
    this.requests += 1;
    this.#changed();
    try {
      await this.#alone(name, () => this.#attempt(ids));
    } finally {
      this.requests -= 1;
      for (const id of ids) this.sending.delete(id);
      this.#changed();
      this.pump();
    }
  }

  // Two tabs of one browser never send the same row at the same time. Over plain http there are no locks, and a
  // frozen tab may hold one for ever; then the command's id alone makes it one mark.
  async #alone(name, work) {
    if (!this.locks) return work();
    const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
    let isMine = false;
    try {
      await this.locks.request(`academics.outbox.${this.userId}.${name}`, { signal }, () => {
        isMine = true;
        return work();
      });
    } catch (error) {
      if (isMine) throw error;
      await work();
    }
  }

  async #attempt(ids) {
    for (const id of ids) if (this.store.isGone(id)) this.#forget(id);
    const kept = ids.map((id) => this.store.get(id)).filter(Boolean);
    if (kept.length === 0) return;
    const items = kept.map((item) => prepared(item, this.items(item.session), this.delivered));
    for (const item of items) this.#put(item);
    const result = await deliver(items, this.userId, this.fetch);
    this.unreachable = result.unreachable === true;
    if (result.outcome === Outcome.SIGNED_OUT) {
      this.access = Access.UNKNOWN;
      return this.#identify({ wasRefused: true });
    }
    for (const item of items) this.#conclude(item, result, items.length > 1);
  }

  #conclude(item, { outcome, body, reason, serverTime, retryAfter, unreachable }, isOfMany) {
    const answer = isOfMany ? { mark: body?.marks?.find((mark) => mark.student_id === item.student) } : body;
    if (outcome === Outcome.STORED && (item.kind !== "mark" || answer.mark)) {
      this.#stored(item, answer);
      // The network is there: what waited for it alone need not wait longer.
      for (const wait of this.waits.values()) if (wait.unreachable) wait.until = 0;
    } else if (isOfMany && outcome !== Outcome.RETRY) {
      // None of them was stored, for the sake of one: each asks for itself.
      this.#put({ ...item, alone: true });
    } else if (outcome === Outcome.RETRY || outcome === Outcome.STORED) {
      const failures = (this.waits.get(item.id)?.failures ?? 0) + 1;
      this.waits.set(item.id, { failures, unreachable, until: Date.now() + backoff(failures, retryAfter) });
    } else if (outcome === Outcome.CONFLICT) {
      this.#conflict(item, { body, reason, serverTime });
    } else {
      this.#put({ ...item, state: "refused", reason });
    }
  }

  #stored(item, body) {
    const marks = body.marks ?? (body.mark ? [body.mark] : []);
    const at = Date.now();
    for (const mark of marks) this.#acknowledge(rowKey(item.session, mark.student_id), { mark, base: item.base_version ?? 0, at });
    if (item.kind === "mark") this.#deliveredAs(item.id, body.mark.version);
    else {
      if (item.kind === "undo_take") this.#forgetFilledIn(item.session);
      else this.store.recollect(item.session, item.id);
      const taken = item.kind === "take" ? { taken_at: body.taken_at, taken_by: body.taken_by } : { taken_at: null, taken_by: null };
      this.#register(item.session, { ...taken, at });
    }
    for (const next of this.store.all().filter((other) => other.after === item.id)) {
      const mine = marks.find((mark) => mark.student_id === next.student);
      this.#put({ ...next, after: null, base_version: mine ? mine.version : next.base_version });
    }
    this.#drop(item.id);
  }

  // A newer tap that waited behind this one is the one to ask about.
  #conflict(item, { body, reason, serverTime }) {
    if (item.kind !== "mark" || !("current" in body)) return this.#put({ ...item, state: "refused", reason });
    const newer = marksOf(this.items(item.session), item.student).filter((other) => other.order > item.order).at(-1);
    const mine = newer ?? item;
    const { current } = body;
    const age = current ? Math.max(0, Math.round((serverTime - Date.parse(current.marked_at)) / 1000)) : null;
    if (newer) this.#drop(item.id);
    if (mine.over_take && current?.source === "take_register" && current.marked_by_id === this.userId) {
      // The answer to our own take was lost, and with it the version that this mark knowingly goes over.
      return this.#put({ ...mine, state: "queued", after: null, over_take: false, base_version: current.version });
    }
    if (current && current.status === mine.status && current.minutes_late === mine.minutes && (current.note ?? "") === (mine.note ?? "")) {
      return this.#settle(mine, current);
    }
    this.#put({ ...mine, state: "conflict", after: null, conflict: { current, reason, age: Number.isFinite(age) ? age : null } });
  }

  #changeMind(item, { status, minutes, note, suggested_by }) {
    const { current } = item.conflict;
    if (status === null || (current?.status === status && current.minutes_late === minutes)) return this.keepTheirs(item.id);
    this.#put({ ...item, status, minutes, note, suggested_by });
    return item.id;
  }

  #settle(item, current) {
    if (current) this.#acknowledge(rowKey(item.session, item.student), { mark: current, base: 0, at: Date.now() });
    this.#drop(item.id);
    this.#changed();
  }

  // ---- the list, and the other tabs' ----

  #add(kind, session, fields) {
    const id = uuid();
    const order = this.store.nextOrder();
    const client_at = new Date().toISOString();
    this.#put({ id, kind, session, order, attempts: 0, state: "queued", after: null, client_at, ...fields });
    // What one action adds leaves together.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), 0);
    return id;
  }

  #put(item) {
    this.store.put(item);
    this.channel?.postMessage({ put: item });
    this.#changed();
  }

  #drop(id) {
    this.store.remove(id);
    this.waits.delete(id);
    this.channel?.postMessage({ drop: id });
  }

  #forget(id) {
    this.store.items.delete(id);
    this.waits.delete(id);
  }

  #acknowledge(key, ack) {
    this.acks.set(key, ack);
    this.channel?.postMessage({ key, ack });
  }

  #deliveredAs(id, version) {
    this.delivered.set(id, version);
    this.channel?.postMessage({ delivered: id, version });
  }

  #forgetFilledIn(session) {
    for (const [key, { mark }] of this.acks) {
      if (key.startsWith(`${session}:`) && mark.source === "take_register") this.acks.delete(key);
    }
  }

  #register(session, register) {
    this.registers.set(session, register);
    this.channel?.postMessage({ session, register });
  }

  #hear({ put, drop, key, ack, session, register, delivered, version }) {
    if (put) this.store.items.set(put.id, put);
    if (drop) this.#forget(drop);
    if (delivered) this.delivered.set(delivered, version);
    if (ack) this.acks.set(key, ack);
    if (register) this.registers.set(session, register);
    this.#changed();
    // Should the other tab close before it has sent its items, this one does.
    clearTimeout(this.takeover);
    this.takeover = setTimeout(() => this.pump(), 2 * FIRST_WAIT_MS);
  }

  #changed() {
    this.revision += 1;
    for (const listener of this.listeners) listener();
  }
}

function backoff(failures, atLeastSeconds = 0) {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return Math.max(wait * (0.5 + Math.random() / 2), Math.min(60, atLeastSeconds) * 1000);
}

// One outbox for each user and page, whichever script asks first.
export function outboxOf(userId) {
  const all = (globalThis.academicsOutboxes ??= new Map());
  if (!all.has(userId)) all.set(userId, new Outbox(userId));
  return all.get(userId);
}
