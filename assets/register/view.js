// What the screen shows: the register as the server last told it, with what has been acknowledged since and what is
// still on its way laid over it. Pure: the same input gives the same rows.

import { rowKey } from "./queue.js";

// How long an acknowledged mark is believed against a register that reads as if it had never been made.
const GRACE_MS = 2000;

export const STATUSES = ["present", "absent", "late", "excused"];

const UNMARKED = Object.freeze({ status: null, minutes_late: null, note: "", version: 0, marked_by: null, marked_at: null, source: null, suggested_by: null });

// `receivedAt`: when the page got `register`. Returns {rows, counts, total, stored, ...}.
export function buildView(register, receivedAt, outbox) {
  const { session } = register;
  const items = outbox.items(session.id);
  const take = registerCommand(items);
  const taken = takenState(register, receivedAt, outbox, take);
  const filled = new Set(take?.kind === "take" ? take.students : []);
  const mine = new Map(items.filter((item) => item.kind === "mark").map((item) => [item.student, item]));
  const rows = register.rows.map((row, index) => {
    const stored = storedMark(row, session.id, receivedAt, outbox);
    const base = take?.kind === "undo_take" && take.state === "queued" && stored.source === "take_register" ? UNMARKED : stored;
    return buildRow({ row, index, base, item: mine.get(row.student_id), isFilled: filled.has(row.student_id), taken, outbox, session });
  });
  const counts = { present: 0, absent: 0, late: 0, excused: 0, unmarked: 0 };
  for (const row of rows) counts[row.status ?? "unmarked"] += 1;
  const lastStoredAt = rows.reduce((last, row) => (row.markedAt > last ? row.markedAt : last), taken.at ?? "");
  return {
    rows,
    counts,
    taken,
    total: rows.length,
    stored: rows.filter((row) => row.isStored).length,
    unsent: items.filter((item) => item.state === "queued").length,
    problems: rows.filter((row) => row.state === "conflict" || row.state === "refused").length,
    refusedCommand: items.find((item) => item.kind !== "mark" && item.state === "refused") ?? null,
    lastStoredAt,
    suggested: countSuggestions(rows),
  };
}

// [{summary, n}] of the rows whose suggestion is not applied, and how many they are.
function countSuggestions(rows) {
  const bySummary = new Map();
  for (const { suggestion } of rows) if (suggestion) bySummary.set(suggestion.summary, (bySummary.get(suggestion.summary) ?? 0) + 1);
  const groups = [...bySummary].map(([summary, n]) => ({ summary, n }));
  return { groups, total: groups.reduce((sum, { n }) => sum + n, 0) };
}

// Acknowledgements that the register now covers are dropped; call it once for each register that arrives.
export function dropCovered(register, outbox) {
  for (const row of register.rows) {
    const ack = outbox.acks.get(rowKey(register.session.id, row.student_id));
    if (ack && isCovered(row, ack)) outbox.acks.delete(rowKey(register.session.id, row.student_id));
  }
  const heard = outbox.registers.get(register.session.id);
  if (heard && Boolean(heard.taken_at) === Boolean(register.taken_at)) outbox.registers.delete(register.session.id);
}

function buildRow({ row, index, base, item, isFilled, taken, outbox, session }) {
  const shown = item ? { status: item.status, minutes_late: item.minutes, note: item.note ?? "", suggested_by: item.suggested_by ?? null } : base;
  const state = stateOf(item, base, isFilled, outbox);
  const isAssumed = shown.status === null && !taken.isTaken && !session.locked && state !== "conflict";
  const view = {
    id: row.student_id,
    index,
    name: row.name,
    initials: row.initials,
    code: row.code,
    walkIn: row.walk_in,
    lastFive: row.last_five,
    streak: row.absences_in_a_row,
    // Present until someone says otherwise, shown as not taken yet; nothing of it is stored.
    status: shown.status ?? (isAssumed ? "present" : null),
    isAssumed: isAssumed && !isFilled,
    minutes: shown.minutes_late,
    note: shown.note ?? "",
    suggestion: shown.status === null && !isFilled && state !== "conflict" ? (row.suggestion ?? null) : null,
    suggestedBy: shown.suggested_by ?? null,
    suggestedText: suggestedText(row, shown.suggested_by),
    version: base.version,
    markedBy: base.marked_by,
    markedAt: base.status === null ? "" : (base.marked_at ?? ""),
    isStored: base.status !== null && !item,
    state,
    itemId: item?.id ?? null,
    reason: item?.reason ?? null,
    conflict: item?.conflict ?? null,
    before: { status: base.status, minutes: base.minutes_late, note: base.note ?? "" },
    sessionId: session.id,
  };
  view.signature = JSON.stringify(view);
  return view;
}

// Of a mark that was just applied, the server has not told the reason in words yet: it is the suggestion's.
function suggestedText(row, reason) {
  if (!reason) return null;
  if (row.suggested_by === reason && row.suggested_text) return row.suggested_text;
  return row.suggestion?.reason === reason ? row.suggestion.text : "";
}

function stateOf(item, base, isFilled, outbox) {
  if (item?.state === "conflict" || item?.state === "refused") return item.state;
  if (item || (isFilled && base.status === null)) return outbox.isOffline() || outbox.access !== "granted" ? "waiting" : "sending";
  return base.status === null ? "unmarked" : "stored";
}

function storedMark(row, session, receivedAt, outbox) {
  const ack = outbox.acks.get(rowKey(session, row.student_id));
  if (!ack || isCovered(row, ack) || receivedAt > ack.at + GRACE_MS) return row;
  return { ...UNMARKED, ...ack.mark, version: ack.mark.status === null ? 0 : ack.mark.version };
}

function isCovered(row, { mark, base }) {
  if (mark.version > 0) return row.version >= mark.version || (row.version === 0 && mark.status === null);
  return row.version === 0 || row.version > base;
}

function takenState(register, receivedAt, outbox, command) {
  const heard = outbox.registers.get(register.session.id);
  const known = heard && receivedAt <= heard.at + GRACE_MS ? heard : register;
  if (command?.state === "queued") {
    const isTaken = command.kind === "take";
    return { isTaken, isPending: true, at: isTaken ? command.client_at : null, by: null };
  }
  return { isTaken: Boolean(known.taken_at), isPending: false, at: known.taken_at ?? null, by: known.taken_by ?? null };
}

const registerCommand = (items) => items.filter((item) => item.kind !== "mark" && item.state === "queued").at(-1);

// ---- words ----

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

export const clock = (iso, zone, seconds = false) =>
  iso ? new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }) }).format(new Date(iso)) : "";

export const day = (localDate) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" }).format(new Date(`${localDate}T00:00:00Z`)).replace(",", "");

export const dayIn = (zone, instant) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(instant);

// Typing errors are the server's to forgive; within one class, each word of the query begins a word of the name or code.
export function found(row, query) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  const parts = `${plain(row.name)} ${plain(row.code)}`.split(/\s+/);
  return words.every((word) => parts.some((part) => part.startsWith(word))) || plain(row.name).includes(plain(query).trim());
}

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
