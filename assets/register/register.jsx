// The register screen. `data` is the register as the server's one JSON string; everything that a tap does goes through
// the outbox, so nothing here waits for the network.

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Header, Notices, StatusLine, Suggestions, TakeBar, Tools } from "./chrome.jsx";
import { actionFor, isField } from "./keys.js";
import { Marker } from "./marker.js";
import { Access, outboxOf } from "./outbox.js";
import { Row } from "./row.jsx";
import { STATUSES, buildView, dropCovered, fill, found } from "./view.js";
import { WalkIn, removeWalkIn } from "./walk-in.jsx";
import "./register.css";

const OPENS_PANEL = { late: "late", excused: "excused" };

export function RegisterGrid({ data, userId, ...others }) {
  const read = useMemo(() => (data ? { register: JSON.parse(data), receivedAt: Date.now() } : null), [data]);
  // Without both there is nothing to show; the page's skeleton stands in this place.
  if (!read || !userId) return null;
  return <LoadedRegister key={`${userId}:${read.register.session.id}`} read={read} userId={userId} {...others} />;
}

function LoadedRegister({ read, zone, others, userId, userName, labels: words, newStudentUrl, correctionsUrl, signInUrl }) {
  // The page hands over a new object at each render; the words never change.
  const [labels] = useState(words);
  const outbox = useMemo(() => outboxOf(userId), [userId]);
  const revision = useSyncExternalStore(outbox.subscribe, () => outbox.revision);
  const { register, receivedAt } = read;
  const sessionId = register.session.id;
  const view = useMemo(() => {
    dropCovered(register, outbox);
    return buildView(register, receivedAt, outbox);
  }, [register, receivedAt, outbox, revision]);
  const correctionUrl = register.session.may_request_correction ? `${correctionsUrl}?session=${sessionId}` : null;
  const isEditable = register.session.can_mark && register.session.status !== "cancelled";

  const [current, setCurrent] = useState(null);
  const [panel, setPanel] = useState(null);
  const [selected, setSelected] = useState(() => new Set());
  const [query, setQuery] = useState("");
  const [notice, setNotice] = useState("");
  const [isWalkInOpen, setWalkInOpen] = useState(false);
  const root = useRef(null);
  const findField = useRef(null);
  const shown = useMemo(() => (query.trim() ? view.rows.filter((row) => found(row, query)) : view.rows), [view.rows, query]);

  useEffect(() => {
    outbox.start({ access: Access.GRANTED });
  }, [outbox]);

  const latest = useRef(null);
  latest.current = { view, shown, current, selected, isEditable, labels, panel };
  const screen = useRef(null);
  screen.current ??= makeActions({
    latest,
    marker: new Marker(outbox, sessionId),
    outbox,
    sessionId,
    root,
    findField,
    set: { current: setCurrent, panel: setPanel, selected: setSelected, query: setQuery, notice: setNotice, walkIn: setWalkInOpen },
  });
  const { actions, listeners, marker } = screen.current;

  useEffect(() => {
    for (const [kind, listener] of Object.entries(listeners)) document.addEventListener(kind, listener);
    return () => {
      for (const [kind, listener] of Object.entries(listeners)) document.removeEventListener(kind, listener);
    };
  }, [listeners]);

  // With a keyboard the first student is ready for a key; on a phone nothing may scroll or open by itself.
  useEffect(() => {
    if (isEditable && matchMedia("(hover: hover)").matches && document.activeElement === document.body) actions.focusFirst();
  }, [isEditable, actions]);

  return (
    <div className="reg" ref={root}>
      <Header register={register} view={view} others={others} zone={zone} userName={userName} labels={labels} />
      <Notices register={register} view={view} outbox={outbox} notice={notice} zone={zone} labels={labels} signInUrl={signInUrl} actions={actions} />
      {isEditable && <Suggestions view={view} labels={labels} actions={actions} />}
      {view.total > 0 && (
        <div className="reg-head">
          <Tools query={query} findField={findField} canUndo={isEditable && marker.done.length > 0} isEditable={isEditable} labels={labels} actions={actions} />
          <StatusLine view={view} outbox={outbox} zone={zone} labels={labels} />
        </div>
      )}
      {view.total === 0 && isEditable && (
        <button type="button" className="btn" onClick={actions.openWalkIn}>{labels.add_student}</button>
      )}
      {isWalkInOpen && (
        <WalkIn sessionId={sessionId} present={new Set(register.rows.map((row) => row.student_id))} newStudentUrl={newStudentUrl} labels={labels} onClose={actions.closeWalkIn} onAdded={actions.walkedIn} />
      )}
      {query.trim() && <p className="muted small reg-shown">{fill(labels.shown_of, { n: shown.length, total: view.total })}</p>}
      <ul className="reg-list" aria-label={labels.students}>
        {shown.map((row) => (
          <Row
            key={row.id}
            row={row}
            isCurrent={row.id === current}
            isSelected={selected.has(row.id)}
            isEditable={isEditable}
            correctionUrl={correctionUrl}
            panel={panel?.student === row.id ? panel.kind : null}
            zone={zone}
            labels={labels}
            actions={actions}
          />
        ))}
      </ul>
      <TakeBar view={view} register={register} selected={selected.size} isEditable={isEditable} zone={zone} userName={userName} labels={labels} actions={actions} />
    </div>
  );
}

// Made once for a mounted register: rows are compared by what they show, so their handlers must stay the same.
function makeActions({ latest, marker, outbox, sessionId, root, findField, set }) {
  const pointer = { isDown: false };
  const rowOf = (id) => latest.current.view.rows.find((row) => row.id === id);
  const focusRow = (id) => {
    const element = root.current?.querySelector(`[data-row="${id}"] [role="radio"][tabindex="0"]`);
    element?.focus({ preventScroll: true });
    element?.closest(".reg-row").scrollIntoView({ block: "nearest" });
  };
  const move = (by) => {
    const { shown, current } = latest.current;
    if (!shown.length) return null;
    const at = shown.findIndex((row) => row.id === current);
    const to = shown[at === -1 ? (by > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, at + by))];
    focusRow(to.id);
    return to;
  };

  const actions = {
    enter: (id) => {
      if (latest.current.current === id) return;
      set.current(id);
      // A press must not close what stands above its target: the target would move away before the release.
      if (!pointer.isDown) set.panel((open) => (open?.student === id ? open : null));
    },
    focusFirst: () => move(1),
    mark: (id, status) => {
      const row = rowOf(id);
      if (!latest.current.isEditable || !row) return;
      set.notice("");
      set.current(id);
      marker.mark([row], status);
      set.panel(OPENS_PANEL[status] ? { student: id, kind: OPENS_PANEL[status] } : null);
    },
    refine: (id, changes) => latest.current.isEditable && rowOf(id) && marker.refine(rowOf(id), changes),
    open: (id, kind) => {
      set.current(id);
      set.panel((open) => (open?.student === id && open.kind === kind ? null : { student: id, kind }));
    },
    leaveField: (id) => {
      set.panel(null);
      focusRow(id);
    },
    select: (id) => set.selected((before) => toggled(before, id)),
    clear: () => {
      set.selected(new Set());
      set.panel(null);
    },
    markSelected: (status) => {
      const { view, selected } = latest.current;
      const changed = marker.mark(view.rows.filter((row) => selected.has(row.id)), status);
      set.notice(fill(latest.current.labels.bulk_done, { n: changed, status: latest.current.labels[status] }));
      set.selected(new Set());
    },
    apply: (id) => {
      if (!latest.current.isEditable || !rowOf(id)) return;
      set.notice("");
      set.current(id);
      if (marker.apply([rowOf(id)])) focusRow(id);
    },
    applyAll: () => {
      const { view, isEditable } = latest.current;
      if (isEditable) marker.apply(view.rows);
    },
    take: () => {
      const { view, isEditable, labels } = latest.current;
      if (isEditable && view.total && !(view.taken.isTaken && view.counts.unmarked === 0)) {
        const passed = view.rows.filter((row) => row.suggestion).map((row) => row.name);
        marker.take(view.rows);
        set.notice(passed.length ? fill(labels.take_passed, { names: passed.join(", ") }) : "");
      }
      set.panel(null);
    },
    undoTake: () => marker.undoTake(),
    undo: () => {
      const undone = marker.undo(latest.current.view.rows);
      if (!undone) return;
      const names = undone.kept.map((row) => row.name).join(", ");
      set.notice(names ? fill(latest.current.labels.undo_kept, { names }) : "");
      set.panel(null);
      if (undone.students.length === 1) focusRow(undone.students[0].id);
    },
    keepTheirs: (row) => {
      outbox.keepTheirs(row.itemId);
      focusRow(row.id);
    },
    replace: (row) => {
      outbox.replaceWithMine(row.itemId);
      focusRow(row.id);
    },
    retry: (row) => outbox.retry(row.itemId),
    dismiss: (row) => outbox.dismiss(row.itemId),
    retryCommand: (item) => outbox.retry(item.id),
    dismissCommand: (item) => outbox.dismiss(item.id),
    find: (text) => set.query(text),
    leaveFind: () => {
      set.query("");
      if (latest.current.current !== null) requestAnimationFrame(() => focusRow(latest.current.current));
      else findField.current?.blur();
    },
    goToFound: ({ keepFilter = false } = {}) => {
      const [first] = latest.current.shown;
      if (!first) return;
      if (!keepFilter) set.query("");
      set.current(first.id);
      requestAnimationFrame(() => focusRow(first.id));
    },
    openWalkIn: () => set.walkIn(true),
    closeWalkIn: () => set.walkIn(false),
    walkedIn: () => {
      set.walkIn(false);
      set.query("");
    },
    removeWalkIn: async (row) => set.notice((await removeWalkIn(sessionId, row.id, latest.current.labels)) ?? ""),
  };

  const onRow = {
    mark: (row, { status, thenNext }) => {
      actions.mark(row.id, status);
      if (thenNext) move(1);
    },
    digit: (row, { digit }) => row.status === "late" && latest.current.isEditable && marker.digit(row, digit),
    choose: (row, { by }) => {
      const next = STATUSES[(STATUSES.indexOf(row.status ?? "present") + by + STATUSES.length) % STATUSES.length];
      actions.mark(row.id, next);
      requestAnimationFrame(() => focusRow(row.id));
    },
    apply: (row) => actions.apply(row.id),
    note: (row) => latest.current.isEditable && actions.open(row.id, "note"),
    select: (row) => latest.current.isEditable && actions.select(row.id),
    extend: (row, { by }) => {
      if (!latest.current.isEditable) return;
      const to = move(by);
      set.selected((before) => new Set([...before, row.id, to.id]));
    },
    keep_theirs: (row) => actions.keepTheirs(row),
    replace: (row) => actions.replace(row),
  };
  const anywhere = {
    take: () => actions.take(),
    undo: () => latest.current.isEditable && actions.undo(),
    apply_all: () => actions.applyAll(),
    move: ({ by }) => move(by),
    move_to: ({ edge }) => move(edge === "first" ? -Infinity : Infinity),
    find: () => findField.current?.focus(),
    clear: () => actions.clear(),
    leave_field: () => {},
  };

  const press = (event) => {
    pointer.isDown = false;
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const isOurs = target === document.body || root.current?.contains(target);
    const row = rowOf(latest.current.current);
    const action = actionFor(event, { inField: isField(target), inConflict: row?.state === "conflict" });
    if (!action || !(isOurs || action.kind === "take" || action.kind === "find")) return;
    // A button or link of ours keeps its own Enter; Space is always the element's.
    if (event.key === "Enter" && action.kind === "move" && target.matches("a, button:not([role=radio]), summary")) return;
    if (action.kind in onRow) {
      if (!row || !latest.current.shown.some((other) => other.id === row.id)) return;
      onRow[action.kind](row, action);
    } else {
      anywhere[action.kind](action);
    }
    if (action.kind !== "leave_field") event.preventDefault();
  };
  const setPointer = (isDown) => () => {
    pointer.isDown = isDown;
  };
  return { actions, marker, listeners: { keydown: press, pointerdown: setPointer(true), click: setPointer(false), pointercancel: setPointer(false) } };
}

function toggled(before, id) {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}
