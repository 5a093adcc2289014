import { createElement as h, useEffect, useState } from "react";
import "./check-in.css";

// The code stays good for another step after the next one should have come, so it is covered only towards its end.
const COVERED_AFTER_MS = 12000;
const TICK_MS = 250;

export function CodeClock({ code, milliseconds, labels, children }) {
  const [deadline, setDeadline] = useState(() => performance.now() + milliseconds);
  const [left, setLeft] = useState(milliseconds);

  useEffect(() => {
    const until = performance.now() + milliseconds;
    setDeadline(until);
    setLeft(milliseconds);
    const timer = setInterval(() => setLeft(until - performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [code, milliseconds]);

  const isOverdue = left < -1000;
  const text = isOverdue ? labels.waiting : labels.seconds.replace("{n}", Math.max(Math.ceil(left / 1000), 0));
  return h(
    "div",
    { className: "wall-clock", "data-covered": String(left < -COVERED_AFTER_MS) },
    h("div", { className: "wall-code-area" }, children),
    h("div", { className: "wall-timer" },
      h("div", { className: "wall-bar", "aria-hidden": true },
        h("div", { key: `${code}:${deadline}`, style: { animationDuration: `${milliseconds}ms` } })),
      h("p", { className: "muted tabular", role: "timer", "aria-live": "off" }, text)),
  );
}

export function FullScreenButton({ labels }) {
  const [isFull, setFull] = useState(false);
  const [isPossible, setPossible] = useState(false);
  useEffect(() => {
    setPossible(Boolean(document.fullscreenEnabled));
    const follow = () => setFull(Boolean(document.fullscreenElement));
    document.addEventListener("fullscreenchange", follow);
    return () => document.removeEventListener("fullscreenchange", follow);
  }, []);
  if (!isPossible) return null;
  const toggle = () => (isFull ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  return h(
    "button",
    { type: "button", className: "btn only-desktop", onClick: toggle },
    isFull ? labels.leave_full_screen : labels.full_screen,
  );
}
