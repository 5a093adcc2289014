// Which item waits for which, and which travel together. Pure functions over items.

const isQueued = (item) => item.state === "queued";

export const rowKey = (session, student) => `${session}:${student}`;

export const marksOf = (items, student) => items.filter((item) => item.kind === "mark" && item.student === student);

// Items of different rows never wait for each other; those of one row, and the register's own, go in order.
export function isBlocked(item, allQueued) {
  const queued = allQueued.filter((other) => other.session === item.session);
  const earlier = queued.filter((other) => other.order < item.order);
  if (item.kind === "mark") {
    return earlier.some((other) => other.id === item.after || (other.kind === "mark" && other.student === item.student));
  }
  if (earlier.some((other) => other.kind !== "mark")) return true;
  // The first attempt follows every mark, so that nobody is filled in as present whose mark is still on its way.
  return item.attempts === 0 && queued.some((other) => other.kind === "mark" && other.after !== item.id);
}

// A take that may already be on the server decides the version that a later mark builds on; so does its undo.
export function commandThatMayChange(student, items) {
  const command = items.filter((item) => isQueued(item) && item.kind !== "mark").at(-1);
  if (!command || (command.kind === "take" && (command.attempts === 0 || !command.students.includes(student)))) return null;
  return command.id;
}

// What is settled just before the first attempt and must be the same in each later one.
export function prepared(item, items, delivered) {
  const next = { ...item, after: null, attempts: item.attempts + 1 };
  if (item.after) next.base_version = delivered.get(item.after) ?? item.base_version;
  if (item.kind === "take" && item.attempts === 0) {
    // Nobody is filled in as present whom this person marked otherwise, though that mark did not get through.
    const open = new Set(items.filter((other) => other.kind === "mark").map((other) => other.student));
    next.students = item.students.filter((student) => !open.has(student));
  }
  return next;
}

// What is ready, as one request each: many new marks of one session travel together.
export function groupsOf(ready, least, most) {
  const bySession = new Map();
  const groups = [];
  for (const item of ready) {
    if (item.kind !== "mark" || item.alone) groups.push([item]);
    else bySession.set(item.session, [...(bySession.get(item.session) ?? []), item]);
  }
  for (const marks of bySession.values()) {
    const size = marks.length >= least ? most : 1;
    for (let at = 0; at < marks.length; at += size) groups.push(marks.slice(at, at + size));
  }
  return groups;
}
