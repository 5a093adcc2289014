// One student of the register: a radio group named by the student, and what is known beside it.

import { memo } from "react";
import { ConflictPanel, ExcusePanel, LatePanel, NotePanel, RefusedPanel } from "./panels.jsx";
import { STATUSES, clock, fill } from "./view.js";

const GLYPH = { unmarked: "", stored: "✓", sending: "…", waiting: "…", conflict: "!", refused: "!" };

export const Row = memo(RowView, (before, after) =>
  before.row.signature === after.row.signature &&
  before.isCurrent === after.isCurrent &&
  before.isSelected === after.isSelected &&
  before.isEditable === after.isEditable &&
  before.correctionUrl === after.correctionUrl &&
  before.panel === after.panel &&
  before.zone === after.zone &&
  before.actions === after.actions &&
  before.labels === after.labels);

function RowView({ row, isCurrent, isSelected, isEditable, correctionUrl, panel, zone, labels, actions }) {
  const nameId = `reg-name-${row.id}`;
  const className = ["reg-row", isCurrent && "is-current", isSelected && "is-selected", correctionUrl && "is-locked", (panel || (row.suggestion && isEditable) || row.suggestedBy || row.state === "conflict" || row.state === "refused") && "has-panel"].filter(Boolean).join(" ");
  return (
    <li className={className} data-row={row.id} data-state={row.state} onFocus={() => actions.enter(row.id)}>
      <label className="reg-avatar" title={fill(labels.select, { name: row.name })}>
        <input
          type="checkbox"
          className="sr-only"
          aria-label={fill(labels.select, { name: row.name })}
          checked={isSelected}
          disabled={!isEditable}
          tabIndex={isCurrent ? 0 : -1}
          onChange={() => actions.select(row.id)}
        />
        <span aria-hidden="true">{isSelected ? "✓" : row.initials}</span>
      </label>
      <div className="reg-who">
        <span className="reg-name" id={nameId} title={`${row.name} · ${row.code}`}>{row.name}</span>
        <span className="reg-past">
          <LastFive marks={row.lastFive} labels={labels} />
          {row.streak > 0 && <span className="reg-streak" title={fill(labels.streak_long, { n: row.streak })}>{fill(labels.streak, { n: row.streak })}</span>}
          {row.walkIn && <WalkInBadge row={row} isEditable={isEditable} labels={labels} actions={actions} />}
        </span>
        <button
          type="button"
          className={row.note ? "reg-note-button has-note" : "reg-note-button"}
          aria-label={fill(row.note ? labels.note_edit : labels.note_add, { name: row.name })}
          title={row.note || labels.note}
          disabled={!isEditable}
          tabIndex={isCurrent ? 0 : -1}
          onClick={() => actions.open(row.id, "note")}
        >
          <NoteIcon />
        </button>
      </div>
      <Choices row={row} nameId={nameId} isEditable={isEditable} labels={labels} actions={actions} />
      <div className="reg-extra">
        <Extra row={row} panel={panel} zone={zone} isEditable={isEditable} labels={labels} actions={actions} />
      </div>
      {correctionUrl ? <CorrectionLink row={row} url={correctionUrl} labels={labels} /> : <StateMark row={row} zone={zone} labels={labels} />}
    </li>
  );
}

function Choices({ row, nameId, isEditable, labels, actions }) {
  const tabStop = row.status ?? "present";
  return (
    <div role="radiogroup" aria-labelledby={nameId} className="reg-choices" aria-disabled={!isEditable}>
      {STATUSES.map((status) => {
        const isShown = row.status === status;
        return (
          <button
            key={status}
            type="button"
            role="radio"
            aria-label={labels[status]}
            aria-checked={isShown && !row.isAssumed}
            aria-disabled={!isEditable || undefined}
            title={isShown && row.isAssumed ? labels.assumed : labels[status]}
            className={`reg-choice is-${status}${isShown && row.isAssumed ? " is-assumed" : ""}`}
            tabIndex={status === tabStop ? 0 : -1}
            onClick={() => actions.mark(row.id, status)}
          >
            <span aria-hidden="true" className="reg-letter">{labels[`${status}_letter`]}</span>
            {isShown && status === "late" && row.minutes !== null && <span aria-hidden="true" className="reg-inner-minutes">{row.minutes}′</span>}
            <span aria-hidden="true" className="reg-word">{labels[status]}</span>
          </button>
        );
      })}
    </div>
  );
}

function Extra({ row, panel, zone, isEditable, labels, actions }) {
  if (row.state === "conflict") return <ConflictPanel row={row} zone={zone} labels={labels} actions={actions} />;
  if (row.state === "refused") return <RefusedPanel row={row} labels={labels} actions={actions} />;
  if (panel === "note") return <NotePanel row={row} labels={labels} actions={actions} />;
  if (panel === "late" && row.status === "late") return <LatePanel row={row} labels={labels} actions={actions} />;
  if (panel === "excused" && row.status === "excused") return <ExcusePanel row={row} labels={labels} actions={actions} />;
  const minutes = row.minutes === null ? labels.minutes_unknown : fill(labels.minutes, { n: row.minutes });
  return (
    <>
      {row.status === "late" && (
        <button type="button" className="reg-minutes" disabled={!isEditable} aria-label={fill(labels.minutes_of, { name: row.name, minutes })} onClick={() => actions.open(row.id, "late")}>
          {minutes}
        </button>
      )}
      {row.suggestion && isEditable && <SuggestionChip row={row} labels={labels} actions={actions} />}
      {row.suggestedBy && <span className="reg-why" title={labels.suggested_why}>{row.suggestedText || labels[`why_${row.suggestedBy}`]}</span>}
      {row.note && <span className="reg-note" title={row.note}>“{row.note}”</span>}
    </>
  );
}

// The letter is the mark that it would make; one tap makes it.
function SuggestionChip({ row, labels, actions }) {
  const { status, minutes_late, text } = row.suggestion;
  const mark = status === "late" && minutes_late !== null ? `${labels.late}, ${fill(labels.minutes, { n: minutes_late })}` : labels[status];
  return (
    <button
      type="button"
      className={`reg-suggest tone-${status}`}
      aria-label={fill(labels.suggest_apply, { name: row.name, mark, reason: text })}
      title={fill(labels.suggest_title, { mark, reason: text })}
      onClick={() => actions.apply(row.id)}
    >
      <span aria-hidden="true" className="reg-letter">{labels[`${status}_letter`]}{minutes_late !== null && ` ${minutes_late}′`}</span>
      <span aria-hidden="true" className="reg-suggest-text">{text}</span>
    </button>
  );
}

function LastFive({ marks, labels }) {
  const words = marks.map((mark) => labels[mark ?? "unmarked"]).join(", ");
  return (
    <span className="strip" role="img" aria-label={fill(labels.last_five, { marks: words || labels.none })} title={fill(labels.last_five, { marks: words || labels.none })}>
      {marks.map((mark, index) => {
        const letter = mark ? labels[`${mark}_letter`] : "·";
        return <span key={index} aria-hidden="true" className="strip-mark" data-status={mark?.[0].toUpperCase()}>{letter}</span>;
      })}
    </span>
  );
}

function WalkInBadge({ row, isEditable, labels, actions }) {
  return (
    <span className="badge badge-accent reg-walk-in">
      {labels.walk_in}
      {isEditable && (
        <button type="button" aria-label={fill(labels.walk_in_remove, { name: row.name })} title={fill(labels.walk_in_remove, { name: row.name })} onClick={() => actions.removeWalkIn(row)}>
          ×
        </button>
      )}
    </span>
  );
}

// In place of the state: nothing of a locked register is on its way.
function CorrectionLink({ row, url, labels }) {
  return (
    <a className="reg-correct small" href={`${url}&student=${row.id}`} aria-label={fill(labels.correct_of, { name: row.name })}>
      {labels.correct}
    </a>
  );
}

function StateMark({ row, zone, labels }) {
  const by = row.markedAt && row.markedBy ? fill(labels.marked_by, { name: row.markedBy, time: clock(row.markedAt, zone, true) }) : "";
  const word = labels[`state_${row.state}`];
  return (
    <span className={`reg-state is-${row.state}`} title={row.state === "stored" && by ? by : word}>
      <span aria-hidden="true">{GLYPH[row.state]}</span>
      <span className={row.state === "stored" || row.state === "unmarked" ? "sr-only" : "reg-state-word"}>{word}</span>
    </span>
  );
}

const NoteIcon = () => (
  <svg width="15" height="15" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
    <path d="M21 15a2 2 0 0 1-2 2H8l-5 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z" />
  </svg>
);
