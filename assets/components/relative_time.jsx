import { createElement, useEffect, useState } from "react";

const format = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function describe(instant, now) {
  const seconds = (instant - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return "now";
}

// "in 12 min", kept true by the minute; the exact time, in the institute's zone, on hover and for screen readers.
export function RelativeTime({ instant, exact, ...rest }) {
  const [now, setNow] = useState(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 20000);
    return () => clearInterval(timer);
  }, [instant]);
  const time = Date.parse(instant);
  const text = now === null || Number.isNaN(time) ? exact : describe(time, now);
  return createElement("time", { dateTime: instant, title: exact, ...rest }, text);
}
