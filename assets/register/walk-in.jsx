// A student who is in the room without being enrolled: searched by name, added to this session alone.

import { useEffect, useRef, useState } from "react";
import { fill } from "./view.js";

const PAUSE_MS = 200;
const HEADERS = { "Content-Type": "application/json", Accept: "application/json", "X-Requested-With": "academics" };

export function WalkIn({ sessionId, present, newStudentUrl, labels, onClose, onAdded }) {
  const [query, setQuery] = useState("");
  const [answer, setAnswer] = useState({ for: "", students: [] });
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const wanted = query.trim();
    if (wanted.length < 2) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const url = `/api/v1/attendance/session/${sessionId}/walk-in-candidates?q=${encodeURIComponent(wanted)}`;
        const response = await fetch(url, { credentials: "same-origin", signal: controller.signal });
        const body = await response.json();
        if (!response.ok) return setProblem(body.detail ?? labels.search_failed);
        setProblem("");
        setAnswer({ for: wanted, students: body });
      } catch (error) {
        if (error.name !== "AbortError") setProblem(labels.search_failed);
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [query, sessionId, labels]);

  const add = async (student) => {
    setBusy(true);
    setProblem("");
    try {
      const response = await fetch(`/api/v1/attendance/session/${sessionId}/walk-ins`, {
        method: "POST",
        headers: HEADERS,
        credentials: "same-origin",
        body: JSON.stringify({ student_id: student.id }),
      });
      if (response.ok) return onAdded(student.id);
      setProblem((await response.json()).detail ?? labels.walk_in_failed);
    } catch {
      setProblem(labels.walk_in_failed);
    } finally {
      setBusy(false);
    }
    return undefined;
  };

  const wanted = query.trim();
  const isAnswered = wanted.length >= 2 && answer.for === wanted;
  return (
    <section className="reg-walk-in-panel" aria-label={labels.add_student} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <div className="reg-walk-in-line">
        <input ref={field} type="search" className="input" aria-label={labels.walk_in_find} placeholder={labels.walk_in_find} value={query} onChange={(event) => setQuery(event.target.value)} />
        <button type="button" className="btn btn-quiet" onClick={onClose}>{labels.close}</button>
      </div>
      {problem && <p className="reg-notice is-urgent" role="alert">{problem}</p>}
      {isAnswered && (
        <ul className="reg-hits">
          {answer.students.map((student) => (
            <li key={student.id}>
              <button type="button" className="menu-item" disabled={isBusy || present.has(student.id)} onClick={() => add(student)}>
                <span>{student.name}</span> <span className="muted small">{student.code}</span>
                {present.has(student.id) && <span className="muted small">{labels.already_here}</span>}
              </button>
            </li>
          ))}
          <li className="muted small reg-hits-none">
            {answer.students.length === 0 && <>{fill(labels.nobody_found, { name: wanted })} </>}
            <a className="reg-link" href={newStudentUrl}>{labels.new_student}</a>
          </li>
        </ul>
      )}
    </section>
  );
}

// Takes a walk-in back. The sentence of the refusal, or null.
export async function removeWalkIn(sessionId, studentId, labels) {
  try {
    const url = `/api/v1/attendance/session/${sessionId}/walk-ins/${studentId}`;
    const response = await fetch(url, { method: "DELETE", headers: HEADERS, credentials: "same-origin" });
    return response.ok ? null : ((await response.json()).detail ?? labels.walk_in_failed);
  } catch {
    return labels.walk_in_failed;
  }
}
