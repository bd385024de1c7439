/** Where a moment stands among commits, for questions that are asked in SQL: the API reads moments, SQL does not. */
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A place in the ledger: commits after it have a larger seq, or a later time (UTC, ISO 8601). */
export type Place = { readonly seq: number } | { readonly time: string };

/** Return the place that a moment names; undefined for what is none. `now` is in milliseconds since 1970. */
export function placeOfMoment(moment: string, now: number): Place | undefined {
  const said = moment.trim();
  if (/^\d{1,15}$/.test(said)) return { seq: Number(said) };
  const token = /^[0-9a-f]+-(\d{1,15})$/.exec(said);
  if (token?.[1] !== undefined) return { seq: Number(token[1]) };
  const ago = [...said.matchAll(/(\d{1,9})([smhdw])/g)];
  if (ago.length > 0 && ago.map((each) => each[0]).join("") === said)
    return at(now - 1000 * ago.reduce((sum, each) => sum + Number(each[1]) * (SECONDS[each[2] ?? ""] ?? 0), 0));
  if (said === "now") return at(now);
  const day = Math.floor(now / 86_400_000) * 86_400_000;
  if (said === "yesterday") return at(day);
  if (said === "today") return at(day + 86_400_000);
  if (/^\d{4}-\d\d-\d\d$/.test(said)) return at(Date.parse(said) + 86_400_000);
  if (/^\d{4}-\d\d-\d\dT/.test(said)) return at(Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(said) ? said : `${said}Z`));
  return undefined;
}

function at(milliseconds: number): Place | undefined {
  if (milliseconds < 0) return { time: "0" }; // before 1970 nothing was said
  const time = new Date(milliseconds);
  if (Number.isNaN(time.getTime())) return undefined;
  // Years of more than four digits are written with a sign, and would not sort as texts.
  return { time: time.getUTCFullYear() > 9999 ? "9999-12-31" : time.toISOString() };
}
