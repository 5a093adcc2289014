// The kiosk. Known by its HttpOnly cookie; the link's token is taken out of the address before anything is shown.

import { createElement as h, useEffect, useRef, useState } from "react";
import { Keypad } from "./keypad.jsx";
import { clock, filled, request } from "./request.js";
import "./check-in.css";

const SHOWN_MS = 3000;
const UNDO_MS = 5000;
const AGAIN_MS = 2000;
const WAIT_SECONDS = 25;

const STOPPED = { kiosk_unknown: "unknown", kiosk_revoked: "revoked" };

export function KioskDesk({ labels: words }) {
  const [labels] = useState(words);
  const [kiosk, setKiosk] = useState(null);
  const [stopped, setStopped] = useState("");
  const [isOffline, setOffline] = useState(false);
  const asking = useRef(null);

  useEffect(() => {
    const leave = new AbortController();
    follow({ signal: leave.signal, asking, setKiosk, setStopped, setOffline });
    return () => {
      leave.abort();
      asking.current?.abort();
    };
  }, []);

  // A question that was asked before the network went may never be answered: ask anew.
  function noteOffline() {
    setOffline(true);
    asking.current?.abort();
  }

  if (stopped) {
    return h("section", { className: "kiosk kiosk-stopped" },
      h("h1", null, labels[stopped]), h("p", { className: "muted" }, labels[`${stopped}_help`]));
  }
  if (!kiosk) {
    return h("section", { className: "kiosk kiosk-stopped", "aria-busy": !isOffline },
      h("h1", null, labels.title), h("p", { role: "status" }, isOffline ? labels.offline : labels.loading));
  }
  return h("section", { className: "kiosk" },
    h("header", { className: "kiosk-head" },
      h("div", { className: "grow" },
        h("h1", null, kiosk.name),
        h("p", { className: "muted" }, [kiosk.institute, kiosk.place].join(" · "))),
      h(Clock, { zone: kiosk.time_zone })),
    isOffline && h("p", { className: "notice notice-late kiosk-offline", role: "alert" },
      h("strong", null, labels.offline), " ", labels.offline_help),
    h(Desk, { labels, zone: kiosk.time_zone, setStopped, noteOffline }));
}

// First the link, if the page was opened by one; then one long question after the other, which the server answers at
// once when the kiosk is renamed or revoked.
async function follow({ signal, asking, setKiosk, setStopped, setOffline }) {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) {
    history.replaceState(history.state, "", location.pathname);
    for (;;) {
      const { status, body } = await request("POST", "/kiosk/exchange", { body: { token } });
      if (signal.aborted) return;
      if (status === 200) break;
      if (status && status < 500) {
        setStopped(body.error === "kiosk_revoked" ? "revoked" : "used");
        return;
      }
      setOffline(true);
      await pause();
    }
  }
  let wait = 0;
  while (!signal.aborted) {
    asking.current = new AbortController();
    const { status, body } = await request("GET", `/kiosk?wait=${wait}`, {
      timeout: (wait + 10) * 1000,
      signal: asking.current.signal,
    });
    if (signal.aborted) return;
    if (status === 401) {
      setStopped(STOPPED[body.error] ?? "unknown");
      return;
    }
    setOffline(status !== 200);
    if (status === 200) setKiosk(body);
    else await pause();
    // Soon after a failure, so that the notice goes away as soon as it can.
    wait = status === 200 ? WAIT_SECONDS : 0;
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

function Clock({ zone }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return h("time", { className: "kiosk-clock", role: "timer", "aria-live": "off" }, clock(now, zone));
}

function Desk({ labels, zone, setStopped, noteOffline }) {
  const [code, setCode] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [shown, setShown] = useState(null);
  const [undo, setUndo] = useState(null);
  const input = useRef(null);

  useEffect(() => {
    if (!shown || !shown.for) return undefined;
    const timer = setTimeout(() => setShown(null), shown.for);
    return () => clearTimeout(timer);
  }, [shown]);

  useEffect(() => {
    if (!undo) return undefined;
    const timer = setInterval(() => setUndo((now) => (now && Date.now() < now.until ? { ...now } : null)), 250);
    return () => clearInterval(timer);
  }, [undo?.until]);

  // The input has the focus whenever nothing else was chosen on purpose: a scanner types wherever the focus is.
  useEffect(() => {
    const isElsewhere = () => document.activeElement && document.activeElement !== document.body;
    const back = () => requestAnimationFrame(() => isElsewhere() || input.current?.focus());
    const typed = (event) => {
      if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== " ") input.current?.focus();
    };
    input.current?.focus();
    document.addEventListener("focusout", back);
    document.addEventListener("pointerup", back);
    document.addEventListener("keydown", typed);
    return () => {
      document.removeEventListener("focusout", back);
      document.removeEventListener("pointerup", back);
      document.removeEventListener("keydown", typed);
    };
  }, []);

  async function send(path, typed) {
    setBusy(true);
    const answer = await request("POST", path, { body: { code: typed } });
    setBusy(false);
    input.current?.focus();
    if (answer.status === 401) setStopped(STOPPED[answer.body.error] ?? "unknown");
    if (answer.status === 0) noteOffline();
    return answer;
  }

  async function submit(event) {
    event?.preventDefault();
    const typed = code.trim();
    if (!typed || isBusy) return;
    setCode("");
    setShown(null);
    setUndo(null);
    const { status, body, retryAfter } = await send("/kiosk", typed);
    if (status === 200) {
      const facts = [body.batch_name, body.room_name, clock(body.at, zone)].filter(Boolean).join(" · ");
      const title = filled(body.is_new ? labels.welcome : labels.already, { name: body.given_name });
      setShown({ tone: "present", title, text: facts, for: SHOWN_MS });
      if (body.is_new) setUndo({ code: typed, until: Date.now() + UNDO_MS });
    } else if (status === 404 || status === 422) {
      setShown({ tone: "late", title: labels.nobody, text: labels.nobody_help, for: SHOWN_MS });
    } else if (status === 429) {
      setShown({ tone: "late", title: filled(labels.wait, { n: retryAfter }), text: "", for: retryAfter * 1000 });
    } else {
      setShown({ tone: "absent", title: status ? labels.failed : labels.offline, text: labels.again, for: SHOWN_MS });
    }
  }

  async function takeBack() {
    const typed = undo.code;
    setUndo(null);
    const { status, body } = await send("/kiosk/undo", typed);
    const title = status === 200 ? (body.undone ? labels.undone : labels.not_undone) : status ? labels.failed : labels.offline;
    setShown({ tone: status === 200 && body.undone ? "untaken" : "late", title, text: "", for: SHOWN_MS });
  }

  const left = undo ? Math.max(Math.ceil((undo.until - Date.now()) / 1000), 1) : 0;
  return h("div", { className: "kiosk-desk" },
    h("div", { className: "kiosk-side" },
      h("div", { className: "kiosk-answer", role: "status", "data-tone": shown?.tone ?? "none" },
        h("p", { className: "kiosk-title" }, shown?.title ?? (isBusy ? labels.busy : labels.idle)),
        shown?.text && h("p", null, shown.text)),
      h("form", { onSubmit: submit, className: "kiosk-form", noValidate: true },
        h("input", {
          ref: input,
          className: "input kiosk-input",
          value: code,
          onChange: (event) => setCode(event.target.value.toUpperCase()),
          maxLength: 60,
          inputMode: "none",
          autoComplete: "off",
          autoCapitalize: "characters",
          spellCheck: false,
          "aria-label": labels.field,
        }),
        h("button", { type: "submit", className: "btn btn-primary kiosk-go", disabled: !code.trim() || isBusy }, labels.check_in)),
      h("div", { className: "kiosk-undo" },
        undo && h("button", { type: "button", className: "btn", onClick: takeBack }, filled(labels.undo_for, { n: left })))),
    h(Keypad, { labels, onKey: (key) => setCode((now) => (now + key).slice(0, 60)), onDelete: () => setCode((now) => now.slice(0, -1)) }));
}
