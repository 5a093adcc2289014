// One attempt to deliver: the request, and what its answer means.

const TIMEOUT_MS = 8000;
const LARGEST_KEPT_ALIVE = 8000;
const API = "/api/v1";

export const Outcome = Object.freeze({
  STORED: "stored",
  CONFLICT: "conflict",
  REFUSED: "refused",
  SIGNED_OUT: "signed_out",
  RETRY: "retry",
});

// Of one item, or of several marks of one session, which are then stored all or none.
export function requestFor(items) {
  const [item] = items;
  if (items.length > 1) return [`${API}/attendance/bulk`, { session_id: item.session, marks: items.map(markOf) }];
  if (item.kind === "undo_take") {
    return [`${API}/attendance/session/${item.session}/undo-take`, { command_id: item.command }];
  }
  if (item.kind === "take") {
    const take_register = { command_id: item.id, student_ids: item.students };
    return [`${API}/attendance/bulk`, { session_id: item.session, marks: [], take_register }];
  }
  return [`${API}/attendance/session/${item.session}`, markOf(item)];
}

function markOf(item) {
  const mark = {
    mark_id: item.id,
    student_id: item.student,
    status: item.status,
    note: item.note ?? "",
    base_version: item.base_version,
    client_at: item.client_at,
  };
  if (item.status === "late") mark.minutes_late = item.minutes;
  if (item.suggested_by) mark.suggested_by = item.suggested_by;
  return mark;
}

// Never throws. {outcome, body?, reason?, retryAfter?, age?}
export async function deliver(items, userId, fetch) {
  const [url, content] = requestFor(items);
  const body = JSON.stringify(content);
  try {
    const response = await withTimeout((signal) =>
      fetch(url, {
        method: "POST",
        headers: headersFor(userId),
        body,
        credentials: "same-origin",
        redirect: "error",
        // The browser finishes it even when the tab closes meanwhile; all of those together may carry 64 kB.
        keepalive: body.length < LARGEST_KEPT_ALIVE,
        signal,
      }).then(readJson),
    );
    return interpret(response);
  } catch {
    return { outcome: Outcome.RETRY, unreachable: true };
  }
}

// Who the server takes this browser for: a user id, 0 for nobody, null when it can't be asked now.
export async function askWhoIsSignedIn(fetch) {
  try {
    const { status, body } = await withTimeout((signal) =>
      fetch(`${API}/auth/me`, { credentials: "same-origin", redirect: "error", cache: "no-store", signal }).then(readJson),
    );
    if (status === 401 || status === 403) return 0;
    return status === 200 && Number.isInteger(body?.id) ? body.id : null;
  } catch {
    return null;
  }
}

// The server refuses a write whose user is not the cookie's: somebody else may have signed in a moment ago.
function headersFor(userId) {
  return {
    "Content-Type": "application/json",
    Accept: "application/json",
    "X-Requested-With": "academics",
    "X-Academics-User": String(userId),
  };
}

// An answer that is no JSON comes from something between us and the server, such as a Wi-Fi sign-in page.
async function readJson(response) {
  const body = response.status === 204 ? {} : await response.json();
  return { status: response.status, body, headers: response.headers };
}

function interpret({ status, body, headers }) {
  if (status >= 200 && status < 300) return { outcome: Outcome.STORED, body };
  if (typeof body?.error !== "string") return { outcome: Outcome.RETRY };
  if (status === 401) return { outcome: Outcome.SIGNED_OUT };
  if (status === 409 && body.error === "mark_conflict") {
    return { outcome: Outcome.CONFLICT, body, reason: body.detail, serverTime: Date.parse(headers.get("Date") ?? "") };
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { outcome: Outcome.RETRY, retryAfter: Number(headers.get("Retry-After")) || 0 };
  }
  return { outcome: Outcome.REFUSED, reason: body.detail || body.error };
}

async function withTimeout(start) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
  try {
    return await start(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
