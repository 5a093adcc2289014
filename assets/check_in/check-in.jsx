import { createElement as h, useEffect, useRef, useState } from "react";
import { clock, filled, request } from "./request.js";
import "./check-in.css";

// The student's code, scanned (in the address) or typed. It goes straight to the REST route, which knows the phone by
// its own cookie.
export function CheckInDesk({ labels: words, zone, userId, login }) {
  const [labels] = useState(words);
  const [isBusy, setBusy] = useState(false);
  const [done, setDone] = useState(null);
  const [problem, setProblem] = useState("");
  const last = useRef(null);
  const input = useRef(null);
  const began = useRef(false);

  async function send(attempt) {
    last.current = attempt;
    setBusy(true);
    setProblem("");
    const { status, body } = await request("POST", "", {
      body: attempt,
      headers: { "X-Academics-User": String(userId) },
    });
    setBusy(false);
    if (status === 200) {
      setDone(body);
      // A reload must not send a code of then.
      history.replaceState(history.state, "", location.pathname);
      if (input.current) input.current.value = "";
    } else if (status === 401) {
      window.academics.goToLogin(login);
    } else {
      setProblem(status === 0 ? labels.offline : status >= 500 ? labels.failed : body.detail);
      if (status && status < 500) last.current = null;
      input.current?.select();
    }
  }

  useEffect(() => {
    if (!userId || began.current) return;
    began.current = true;
    const query = new URLSearchParams(location.search);
    const code = (query.get("c") ?? "").slice(0, 60);
    const session = Number(query.get("s"));
    if (code) send(Number.isSafeInteger(session) && session > 0 ? { code, session_id: session } : { code });
  }, [userId]);

  function submit(event) {
    event.preventDefault();
    if (isBusy) return;
    const code = input.current.value.trim();
    if (code) send({ code });
    else setProblem(labels.empty);
  }

  return h(
    "section",
    { className: "card check-in" },
    h("div", { role: "status", className: "check-in-answer" },
      isBusy && h("p", { className: "muted" }, labels.busy),
      !isBusy && done && h("div", { className: "notice notice-present" },
        h("p", { className: "check-in-done" },
          filled(labels.done, { batch: done.batch_name, time: clock(done.at, zone) })),
        h("p", null, done.suggests === "late" ? labels.next_late : labels.next))),
    problem && !isBusy && h("p", { className: "form-problem", role: "alert" }, problem),
    problem && !isBusy && last.current &&
      h("button", { type: "button", className: "btn", onClick: () => send(last.current) }, labels.again),
    h("form", { onSubmit: submit, noValidate: true, className: "check-in-form" },
      h("label", { htmlFor: "check-in-code" }, labels.field),
      h("div", { className: "check-in-row" },
        h("input", {
          ref: input,
          id: "check-in-code",
          className: "input check-in-code",
          maxLength: 12,
          autoComplete: "off",
          autoCapitalize: "characters",
          autoCorrect: "off",
          spellCheck: false,
          enterKeyHint: "go",
          "aria-describedby": "check-in-help",
        }),
        h("button", { type: "submit", className: "btn btn-primary", "aria-busy": isBusy, disabled: isBusy }, labels.check_in)),
      h("p", { id: "check-in-help", className: "field-help" }, labels.help)),
  );
}
