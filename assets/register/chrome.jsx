// Around the rows: what the register is, how it stands, what is stored, and the one button that confirms.

import { useRef } from "react";
import { clock, day, dayIn, fill } from "./view.js";

export function Header({ register, view, others, zone, userName, labels }) {
  const { session } = register;
  const teacher = session.substitute_for_name
    ? fill(labels.substitute, { name: session.faculty_name ?? "", other: session.substitute_for_name })
    : session.faculty_name;
  const subject = session.batch_name.includes(session.subject_name) ? null : session.subject_name;
  const about = [subject, `${day(session.local_date)} ${session.time_label}`, session.room_name, teacher].filter(Boolean).join(" · ");
  return (
    <header className="reg-header">
      <div className="reg-title">
        <h1>{session.batch_name}</h1>
        <p className="muted small">{about}</p>
        {session.topic_title && <p className="muted small">{fill(labels.topic, { title: session.topic_title })}</p>}
      </div>
      <div className="reg-facts">
        <Sentence view={view} labels={labels} />
        <TakenLine view={view} register={register} zone={zone} userName={userName} labels={labels} />
        {others.length > 0 && <p className="reg-others small">{fill(labels.also_here, { names: others.join(", ") })}</p>}
      </div>
    </header>
  );
}

function Sentence({ view, labels }) {
  const { counts, total } = view;
  const shown = ["present", "absent", "late", "excused"].filter((status) => counts[status] > 0 || status === "present");
  const letters = shown.map((status) => (
    <span key={status} className={`reg-count tone-${status}`}>{`${counts[status]} ${labels[`${status}_letter`]}`}</span>
  ));
  const words = shown.map((status) => `${counts[status]} ${labels[status]}`).join(", ");
  return (
    <p className="reg-sentence">
      <span aria-hidden="true">
        {letters.flatMap((part, index) => (index ? [" · ", part] : [part]))} {fill(labels.of_total, { n: total })}
      </span>
      <span className="sr-only">{`${words} ${fill(labels.of_total, { n: total })}`}</span>
    </p>
  );
}

function TakenLine({ view, register, zone, userName, labels }) {
  const { taken } = view;
  if (register.session.status === "cancelled" || view.total === 0) return null;
  if (!taken.isTaken) return <p className="reg-taken muted small">{labels.not_taken}</p>;
  return <p className="reg-taken small">{takenText(taken, zone, userName, labels)}</p>;
}

// The page's one element with the role `status`.
export function StatusLine({ view, outbox, zone, labels }) {
  const parts = [fill(labels.stored_of, { stored: view.stored, total: view.total })];
  if (view.lastStoredAt && view.stored > 0) parts.push(clock(view.lastStoredAt, zone, true));
  if (view.unsent > 0) parts.push(fill(outbox.isOffline() ? labels.kept_offline : labels.sending, { n: view.unsent }));
  if (view.problems > 0) parts.push(fill(labels.problems, { n: view.problems }));
  return <p role="status" className={view.unsent || view.problems ? "reg-status is-busy" : "reg-status"}>{parts.join(" · ")}</p>;
}

export function Notices({ register, view, outbox, notice, zone, labels, signInUrl, actions }) {
  const { session } = register;
  const kept = outbox.unsent();
  return (
    <>
      {session.status === "cancelled" && (
        <p className="reg-notice is-cancelled">{fill(session.cancel_reason ? labels.cancelled_because : labels.cancelled, { reason: session.cancel_reason ?? "" })}</p>
      )}
      {session.status !== "cancelled" && !session.can_mark && <p className="reg-notice">{session.locked ? lockedText(register, labels) : labels.look_only}</p>}
      {session.can_mark && register.state === "upcoming" && <p className="reg-notice">{notOpenText(register, labels, zone)}</p>}
      {session.status !== "cancelled" && view.total === 0 && <p className="reg-notice">{labels.nobody}</p>}
      {outbox.access === "signed_out" && (
        <p className="reg-notice is-urgent" role="alert">
          {fill(kept === 1 ? labels.sign_in_again_one : labels.sign_in_again, { n: kept })} <a href={`${signInUrl}?next=${encodeURIComponent(location.pathname)}`}>{labels.sign_in}</a>
        </p>
      )}
      {outbox.access === "other_user" && <p className="reg-notice is-urgent" role="alert">{fill(labels.other_user, { n: kept })}</p>}
      {!outbox.store.durable && <p className="reg-notice is-urgent" role="alert">{labels.not_durable}</p>}
      {outbox.store.unreadable > 0 && <p className="reg-notice is-urgent" role="alert">{fill(labels.unreadable, { n: outbox.store.unreadable })}</p>}
      {view.refusedCommand && (
        <p className="reg-notice is-urgent" role="alert">
          {fill(labels.take_refused, { reason: view.refusedCommand.reason ?? "" })}{" "}
          <button type="button" className="reg-link" onClick={() => actions.retryCommand(view.refusedCommand)}>{labels.try_again}</button>{" "}
          <button type="button" className="reg-link" onClick={() => actions.dismissCommand(view.refusedCommand)}>{labels.dismiss}</button>
        </p>
      )}
      {notice && <p className="reg-notice">{notice}</p>}
    </>
  );
}

export function Tools({ query, findField, canUndo, isEditable, labels, actions }) {
  return (
    <div className="reg-tools">
      <div className="search reg-find">
        <input
          ref={findField}
          type="search"
          className="input"
          data-search=""
          aria-label={labels.find}
          placeholder={labels.find_short}
          value={query}
          onChange={(event) => actions.find(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") actions.goToFound();
            if (event.key === "Escape") actions.leaveFind();
            if (event.key === "ArrowDown") actions.goToFound({ keepFilter: true });
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <button type="button" className="btn btn-quiet" disabled={!canUndo} onClick={actions.undo}>{labels.undo}</button>
      {isEditable && <button type="button" className="btn btn-quiet" onClick={actions.openWalkIn}>{labels.add_student}</button>}
    </div>
  );
}

// What the register suggests, counted by reason, with the one button for all. Once it was there it stays, so that
// applying the last one moves no row.
export function Suggestions({ view, labels, actions }) {
  const { groups, total } = view.suggested;
  const wereThere = useRef(false);
  wereThere.current ||= total > 0;
  if (!wereThere.current) return null;
  // The button goes away: the focus must not go with it.
  const applyAll = (event) => {
    event.currentTarget.parentElement.focus({ preventScroll: true });
    actions.applyAll();
  };
  const parts = groups.map(({ summary, n }) => fill(labels.suggest_count, { n, reason: summary })).join(", ");
  return (
    <div className="reg-suggestions" role="group" aria-label={labels.suggestions} tabIndex={-1}>
      <p aria-live="polite">{total > 0 ? fill(labels.suggested, { list: parts }) : labels.suggest_none}</p>
      {total > 0 && (
        <button type="button" className="btn" aria-keyshortcuts="Shift+S" onClick={applyAll}>
          {fill(labels.suggest_all, { n: total })}
        </button>
      )}
    </div>
  );
}

export function TakeBar({ view, register, selected, isEditable, zone, userName, labels, actions }) {
  if (!isEditable || view.total === 0) return null;
  if (selected > 0) return <BulkBar selected={selected} labels={labels} actions={actions} />;
  const { taken } = view;
  return (
    <div className="reg-bar">
      {taken.isTaken ? (
        <>
          <span className="reg-bar-text">{takenText(taken, zone, userName, labels)}</span>
          <button type="button" className="btn btn-quiet" onClick={actions.undoTake}>{labels.undo_take}</button>
          {view.counts.unmarked > 0 && <button type="button" className="btn" onClick={actions.take}>{labels.take}</button>}
        </>
      ) : (
        <>
          {view.suggested.total > 0 ? (
            <span className="reg-bar-text reg-unapplied">{fill(view.suggested.total === 1 ? labels.take_unapplied_one : labels.take_unapplied, { n: view.suggested.total })}</span>
          ) : (
            <span className="reg-bar-text muted">{labels.take_hint}</span>
          )}
          <button type="button" className="btn btn-primary reg-take" disabled={register.state === "upcoming"} onClick={actions.take}>{labels.take}</button>
        </>
      )}
    </div>
  );
}

function BulkBar({ selected, labels, actions }) {
  return (
    <div className="reg-bar is-bulk" role="toolbar" aria-label={labels.bulk}>
      <span className="reg-bar-text">{fill(labels.selected, { n: selected })}</span>
      {["present", "absent", "late", "excused"].map((status) => (
        <button key={status} type="button" className={`btn reg-bulk is-${status}`} onClick={() => actions.markSelected(status)}>
          {labels[`set_${status}`]}
        </button>
      ))}
      <button type="button" className="btn btn-quiet" onClick={actions.clear}>{labels.clear_selection}</button>
    </div>
  );
}

function notOpenText({ session }, labels, zone) {
  const isToday = dayIn(zone, new Date()) >= session.local_date;
  return fill(isToday ? labels.not_open : labels.later_day, { time: clock(session.opens_at, zone), day: day(session.local_date) });
}

function lockedText({ session }, labels) {
  return fill(session.may_request_correction ? labels.locked : labels.locked_untaken, { day: day(session.editable_until) });
}

function takenText(taken, zone, userName, labels) {
  const isMine = taken.isPending || taken.by === userName;
  const values = { name: isMine ? labels.you : (taken.by ?? labels.the_system), time: clock(taken.at, zone) };
  return fill(taken.isPending ? labels.taking_by : labels.taken_by, values);
}
