/** Moments, as the API takes them, in words for people. */
const UNITS: Readonly<Record<string, string>> = { s: "second", m: "minute", h: "hour", d: "day", w: "week" };

/** Say a moment (`42`, `2h`, `2026-11-01`, a time, a token) in words. What is none is given back as it is. */
export function momentText(moment: string): string {
  if (/^\d+$/.test(moment)) return `seq ${moment}`;
  const ago = [...moment.matchAll(/(\d+)([smhdw])/g)];
  if (ago.length > 0 && ago.map((each) => each[0]).join("") === moment)
    return `${ago.map((each) => plural(Number(each[1]), UNITS[each[2] ?? ""] ?? "")).join(" ")} ago`;
  if (moment === "yesterday" || moment === "today") return `the end of ${moment} (UTC)`;
  if (/^\d{4}-\d\d-\d\d$/.test(moment)) return `the end of ${moment} (UTC)`;
  const time = Date.parse(moment);
  if (/^\d{4}-\d\d-\d\dT/.test(moment) && !Number.isNaN(time)) return timeText(moment);
  return moment;
}

/** Return `3 days`, `1 day`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en-GB")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Write a time in the reader's zone, to the minute. Takes ISO 8601, or microseconds since 1970. */
export function timeText(when: string | number): string {
  return dateOf(when).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** Say how long ago a time was, in its largest unit: `3 days ago`; `in 2 hours` for what is to come. */
export function agoText(when: string | number, now: number = Date.now()): string {
  const seconds = Math.round((now - dateOf(when).getTime()) / 1000);
  const size = Math.abs(seconds);
  if (Number.isNaN(size)) return String(when);
  if (size < 45) return "just now";
  const [length, unit] =
    size < 2_700 ? [60, "minute"] : size < 79_200 ? [3_600, "hour"] : size < 3_456_000 ? [86_400, "day"] : size < 29_000_000 ? [2_629_746, "month"] : [31_556_952, "year"];
  const said = plural(Math.max(1, Math.round(size / (length as number))), unit as string);
  return seconds < 0 ? `in ${said}` : `${said} ago`;
}

function dateOf(when: string | number): Date {
  return typeof when === "number" ? new Date(when / 1000) : new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(when) || !when.includes("T") ? when : `${when}Z`);
}
