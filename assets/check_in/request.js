// One request to the REST routes of check-in, never repeated by itself. {status, body}; status 0: there was no answer.

const API = "/api/v1/check-in";
const TIMEOUT_MS = 10000;

export async function request(method, path, { body, headers, timeout = TIMEOUT_MS, signal } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  signal?.addEventListener("abort", () => stop.abort());
  try {
    const answer = await fetch(API + path, {
      method,
      body: body && JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-Requested-With": "fetch", ...headers },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: stop.signal,
    });
    const read = await answer.json().catch(() => null);
    return { status: answer.status, body: read ?? {}, retryAfter: Number(answer.headers.get("Retry-After")) || 0 };
  } catch {
    return { status: 0, body: {}, retryAfter: 0 };
  } finally {
    clearTimeout(timer);
  }
}

export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function clock(instant, zone) {
  return new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
}
