// What a person does on one register, as commands for the outbox, with the way back: each action can be undone.

const COMBINE_MS = 1000;

export class Marker {
  constructor(outbox, session) {
    this.outbox = outbox;
    this.session = session;
    this.done = [];
    this.digits = { student: null, text: "", at: 0 };
  }

  // Mark several rows in one action; how many of them changed.
  mark(rows, status) {
    const changed = rows.filter((row) => row.isAssumed || row.state === "refused" || row.status !== status);
    // An excuse does not outlive its status; any other note does.
    const noteOf = (row) => (row.status === "excused" ? "" : row.note);
    const parts = changed.map((row) => ({ row, id: this.#send(row, { status, minutes: null, note: noteOf(row) }) }));
    if (parts.length) this.#remember(parts.map(({ row, id }) => ({ student: row.id, before: shownBefore(row), id })));
    return parts.length;
  }

  // Apply the suggestions of rows that nobody has marked, in one action; how many there were.
  apply(rows) {
    const open = rows.filter((row) => row.suggestion);
    const parts = open.map((row) => {
      const { status, minutes_late, reason } = row.suggestion;
      return { row, id: this.#send(row, { status, minutes: minutes_late, note: "", suggestedBy: reason }) };
    });
    if (parts.length) this.#remember(parts.map(({ row, id }) => ({ student: row.id, before: shownBefore(row), id })));
    return parts.length;
  }

  // Minutes and reasons belong to the action that made the row late or excused, so that one undo takes both back.
  refine(row, changes) {
    const mark = { status: row.isAssumed ? "present" : row.status, minutes: row.minutes, note: row.note, ...changes };
    if (!row.isAssumed && row.minutes === mark.minutes && row.note === mark.note) return;
    // Whoever says how late it was says it instead of the suggestion; a note leaves the reason as it is.
    if (row.minutes === mark.minutes && row.status === mark.status) mark.suggestedBy = row.suggestedBy;
    const id = this.#send(row, mark);
    const last = this.done.at(-1);
    if (last?.length === 1 && last[0].student === row.id) last[0].id = id ?? last[0].id;
    else this.#remember([{ student: row.id, before: shownBefore(row), id }]);
  }

  // A digit key on a late row. Two within a second are one number.
  digit(row, digit, now = Date.now()) {
    const { student, text, at } = this.digits;
    const typed = student === row.id && now - at < COMBINE_MS && text.length < 2 ? text + digit : digit;
    this.digits = { student: row.id, text: typed, at: now };
    this.refine(row, { minutes: Number(typed) });
  }

  take(rows) {
    this.outbox.take({ session: this.session, students: rows.map((row) => row.id) });
    this.#remember("take");
  }

  undoTake() {
    this.outbox.undoTake({ session: this.session });
    this.done = this.done.filter((action) => action !== "take");
  }

  // Takes the last action back: {students} that went back, {kept} that somebody has changed since.
  undo(rows) {
    const action = this.done.pop();
    if (action === undefined) return null;
    if (action === "take") {
      this.outbox.undoTake({ session: this.session });
      return { students: [], kept: [] };
    }
    const byId = new Map(rows.map((row) => [row.id, row]));
    const result = { students: [], kept: [] };
    for (const { student, before, id } of action) {
      const row = byId.get(student);
      if (!row) continue;
      if (isStillOurs(row, id, this.outbox)) {
        this.#nowMadeBy(student, this.#send(row, before));
        result.students.push(row);
      } else {
        result.kept.push(row);
      }
    }
    return result;
  }

  #send(row, { status, minutes, note, suggestedBy = null }) {
    return this.outbox.mark({ session: this.session, student: row.id, status, minutes, note, suggestedBy, baseVersion: row.version });
  }

  // What stands again was made by the action before, as far as a further undo is concerned.
  #nowMadeBy(student, id) {
    for (const action of [...this.done].reverse()) {
      const part = action === "take" ? undefined : action.find((other) => other.student === student);
      if (part) {
        part.id = id;
        return;
      }
    }
  }

  #remember(action) {
    this.done.push(action);
  }
}

const shownBefore = (row) =>
  row.isAssumed ? { status: null, minutes: null, note: "" } : { status: row.status, minutes: row.minutes, note: row.note, suggestedBy: row.suggestedBy };

function isStillOurs(row, id, outbox) {
  if (row.itemId !== null) return row.itemId === id;
  return id === null || row.version === outbox.delivered.get(id);
}
