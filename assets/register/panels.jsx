// What opens inside a row, never over the page: minutes, a reason, a note, somebody else's mark, a refusal.

import { useEffect, useRef, useState } from "react";
import { clock, fill } from "./view.js";

const MINUTES = [5, 10, 15, 20, 30];
const MORE_MINUTES = [1, 2, 3, 4, 6, 7, 8, 9];
const CHIPS = [...MINUTES, ...MORE_MINUTES].sort((a, b) => a - b);

export function LatePanel({ row, labels, actions }) {
  return (
    <div className="reg-panel" role="group" aria-label={fill(labels.minutes_group, { name: row.name })}>
      {CHIPS.map((minutes) => (
        <button
          key={minutes}
          type="button"
          className={MINUTES.includes(minutes) ? "reg-chip" : "reg-chip is-extra"}
          aria-label={fill(labels.minutes_late, { n: minutes })}
          aria-pressed={row.minutes === minutes}
          onClick={() => actions.refine(row.id, { minutes })}
        >
          {minutes}
        </button>
      ))}
      <input
        className="reg-input is-number"
        type="text"
        inputMode="numeric"
        pattern="[0-9]*"
        maxLength={3}
        aria-label={fill(labels.minutes_input, { name: row.name })}
        placeholder={labels.minutes_placeholder}
        value={row.minutes ?? ""}
        onChange={(event) => {
          const digits = event.target.value.replace(/\D/g, "");
          actions.refine(row.id, { minutes: digits === "" ? null : Math.min(600, Number(digits)) });
        }}
        onKeyDown={(event) => event.key === "Enter" && actions.leaveField(row.id)}
      />
    </div>
  );
}

export function ExcusePanel({ row, labels, actions }) {
  const reasons = [labels.reason_ill, labels.reason_family, labels.reason_travel, labels.reason_exam];
  return (
    <div className="reg-panel" role="group" aria-label={fill(labels.reason_group, { name: row.name })}>
      {reasons.map((reason) => (
        <button key={reason} type="button" className="reg-chip" aria-pressed={row.note === reason} onClick={() => actions.refine(row.id, { note: reason })}>
          {reason}
        </button>
      ))}
      <NoteField row={row} label={fill(labels.reason_input, { name: row.name })} placeholder={labels.reason_placeholder} actions={actions} />
    </div>
  );
}

export function NotePanel({ row, labels, actions }) {
  return (
    <div className="reg-panel">
      <NoteField row={row} label={fill(labels.note_input, { name: row.name })} placeholder={row.isAssumed ? labels.note_placeholder_assumed : labels.note_placeholder} actions={actions} takesFocus />
    </div>
  );
}

function NoteField({ row, label, placeholder, actions, takesFocus = false }) {
  const [text, setText] = useState(row.note);
  const field = useRef(null);
  const typed = useRef(row.note);
  const latest = useRef({ row, actions });
  latest.current = { row, actions };
  useEffect(() => {
    if (takesFocus) field.current?.focus();
  }, [takesFocus]);
  useEffect(() => {
    if (document.activeElement !== field.current) {
      setText(row.note);
      typed.current = row.note;
    }
  }, [row.note]);
  const save = () => {
    const { row: now, actions: act } = latest.current;
    if (typed.current.trim() !== now.note) act.refine(now.id, { note: typed.current.trim() });
  };
  // A row that goes away while somebody types (a filter, another row) keeps what was typed.
  useEffect(() => save, []);
  return (
    <input
      ref={field}
      className="reg-input"
      type="text"
      maxLength={500}
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        typed.current = event.target.value;
      }}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          save();
          actions.leaveField(row.id);
        } else if (event.key === "Escape") {
          event.stopPropagation();
          typed.current = row.note;
          setText(row.note);
          actions.leaveField(row.id);
        }
      }}
    />
  );
}

export function ConflictPanel({ row, zone, labels, actions }) {
  const { current, age } = row.conflict;
  const mine = describe(row, labels);
  return (
    <div className="reg-panel is-conflict" role="alert">
      <span className="reg-panel-text">
        {current ? fill(labels.conflict, { mark: describe(current, labels), name: current.marked_by ?? labels.somebody, when: agoOrTime(current, age, zone, labels) }) : labels.conflict_cleared}
      </span>
      <button type="button" className="reg-chip" onClick={() => actions.keepTheirs(row)}>{labels.keep_theirs}</button>
      <button type="button" className="reg-chip is-strong" title={mine} onClick={() => actions.replace(row)}>{labels.replace_with_mine}</button>
    </div>
  );
}

export function RefusedPanel({ row, labels, actions }) {
  return (
    <div className="reg-panel is-refused" role="alert">
      <span className="reg-panel-text" title={row.reason ?? ""}>{fill(labels.refused, { mark: describe(row, labels), reason: row.reason ?? "" })}</span>
      <button type="button" className="reg-chip" onClick={() => actions.retry(row)}>{labels.try_again}</button>
      <button type="button" className="reg-chip" onClick={() => actions.dismiss(row)}>{labels.dismiss}</button>
    </div>
  );
}

function describe(mark, labels) {
  const word = labels[mark.status ?? "unmarked"];
  const minutes = mark.minutes_late ?? mark.minutes;
  return mark.status === "late" && minutes !== null && minutes !== undefined ? `${word} ${fill(labels.minutes, { n: minutes })}` : word;
}

function agoOrTime(current, age, zone, labels) {
  if (age !== null && age < 60) return fill(labels.seconds_ago, { n: age });
  return fill(labels.at_time, { time: clock(current.marked_at, zone, true) });
}
