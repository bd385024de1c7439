/** What the page of changes is asked, as its address carries it, and the SQL of it. */
import { one, type Words } from "../../address";
import { type Place, placeOfMoment } from "../../data/since";
import { isOf } from "../../data/commits";

export interface State {
  /** The moment after which changes are shown. */
  readonly since: string;
  /** A thing, by URN or short name; its columns are of it. */
  readonly of: string | undefined;
  readonly source: string | undefined;
  readonly kind: string | undefined;
  readonly aspect: string | undefined;
  /** Show what stood before and after, instead of who said what. */
  readonly diff: boolean;
  /** Commits whose things are listed. */
  readonly open: readonly string[];
}

/** Changes since this time yesterday. */
export const SINCE = "1d";
/** Commits fetched at a time, and things that are listed of one. */
export const PAGE = 100;
export const LISTED = 500;
/** Commits back from the newest in which kinds and aspects to choose from are looked for. */
export const BACK = 5_000;

export function readState(words: Words): State {
  return {
    since: one(words.since) ?? SINCE,
    of: one(words.of),
    source: one(words.source),
    kind: one(words.kind),
    aspect: one(words.aspect),
    diff: one(words.view) === "diff",
    open: (Array.isArray(words.open) ? words.open : [words.open]).filter((each): each is string => typeof each === "string" && /^\d{1,15}$/.test(each)),
  };
}

/** Write a state as words; what is as by default is left out. */
export function writeState(state: State): Record<string, string | readonly string[] | undefined> {
  return {
    since: state.since === SINCE ? undefined : state.since,
    of: state.of,
    source: state.source,
    kind: state.kind,
    aspect: state.aspect,
    view: state.diff ? "diff" : undefined,
    open: state.open.length === 0 ? undefined : state.open,
  };
}

/** A question in SQL, with the values that stand for its names. */
export interface Asked {
  readonly text: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

interface Span {
  readonly since: Place;
  readonly until: Place | undefined;
}

/** Return from when to when, or the word that is no moment. */
export function spanOf(since: string, asOf: string | undefined, now: number): Span | { readonly bad: string } {
  const start = placeOfMoment(since, now);
  if (start === undefined) return { bad: since };
  const end = asOf === undefined ? undefined : placeOfMoment(asOf, now);
  if (asOf !== undefined && end === undefined) return { bad: asOf };
  return { since: start, until: end };
}

function within({ since, until }: Span): Asked {
  const column = (place: Place): string => ("seq" in place ? "k.seq" : "k.time");
  const value = (place: Place): string | number => ("seq" in place ? place.seq : place.time);
  return {
    text: `${column(since)} > :since${until === undefined ? "" : ` AND ${column(until)} <= :until`}`,
    parameters: { since: value(since), ...(until === undefined ? {} : { until: value(until) }) },
  };
}

/** Return the question for commits, newest first; `urn` is the thing that `state.of` means, `before` the seq reached. */
export function commitsAsked(state: State, span: Span, urn: string | undefined, before: number | undefined): Asked {
  const time = within(span);
  const parameters: Record<string, string | number> = { ...time.parameters };
  const of: string[] = [];
  if (urn !== undefined) {
    of.push("(h.urn = :of OR h.urn IN (SELECT c.urn FROM columns c WHERE c.dataset = :of))");
    parameters.of = urn;
  }
  if (state.kind !== undefined) {
    const prefix = `urn:clew:${state.kind}:`;
    of.push(`substr(h.urn, 1, ${[...prefix].length}) = :kind`);
    parameters.kind = prefix;
  }
  if (state.aspect !== undefined) {
    of.push("h.aspect = :aspect");
    parameters.aspect = state.aspect;
  }
  const where = [time.text];
  if (state.source !== undefined) {
    where.push("k.source = :source");
    parameters.source = state.source;
  }
  if (before !== undefined) {
    where.push("k.seq < :before");
    parameters.before = before;
  }
  const fits = of.length === 0 ? "" : ` AND ${of.join(" AND ")}`;
  if (urn !== undefined) where.push(`k.seq IN (SELECT h.seq FROM changes h WHERE ${of.join(" AND ")})`);
  else if (of.length > 0) where.push(`EXISTS (SELECT 1 FROM changes h WHERE h.seq = k.seq${fits})`);
  const some = (what: string): string => `(SELECT ${what} FROM changes h WHERE h.seq = k.seq${fits})`;
  const text = `SELECT k.seq AS seq, k.time AS time, k.source AS source, k.author AS author, k.message AS message, k.cause AS cause,
    ${some("count(DISTINCT h.urn)")} AS things, ${some("min(h.urn)")} AS first, ${some("min(h.aspect)")} AS aspect, ${some("count(DISTINCT h.aspect)")} AS aspects
    FROM commits k WHERE ${where.join(" AND ")} ORDER BY k.seq DESC LIMIT ${PAGE + 1}`;
  return { text, parameters };
}

/** Return the questions for what can be chosen: sources with their commits, kinds and aspects of the newest ones. */
export function facetsAsked(span: Span): { readonly sources: string; readonly kinds: string; readonly aspects: string; readonly parameters: Asked["parameters"] } {
  const { text, parameters } = within(span);
  const newest = `FROM changes h JOIN commits k ON k.seq = h.seq WHERE h.seq > (SELECT max(m.seq) FROM commits m) - ${BACK} AND ${text}`;
  return {
    sources: `SELECT k.source AS name, count(*) AS commits FROM commits k WHERE ${text} GROUP BY k.source ORDER BY commits DESC, name LIMIT 500`,
    kinds: `SELECT DISTINCT n.kind AS name FROM entities n WHERE n.urn IN (SELECT h.urn ${newest}) ORDER BY name LIMIT 500`,
    aspects: `SELECT DISTINCT h.aspect AS name ${newest} ORDER BY name LIMIT 500`,
    parameters,
  };
}

/** Say whether a change matters to what is shown. */
export function concerns(state: State, urn: string | undefined): (told: { readonly source: string; readonly changes: readonly { readonly urn: string; readonly aspect: string }[] }) => boolean {
  return ({ source, changes }) => {
    if (state.source !== undefined && source !== state.source) return false;
    if (urn === undefined && state.kind === undefined && state.aspect === undefined) return true;
    return changes.some(
      (each) =>
        (urn === undefined || isOf(each.urn, urn)) &&
        (state.kind === undefined || each.urn.startsWith(`urn:clew:${state.kind}:`)) &&
        (state.aspect === undefined || each.aspect === state.aspect),
    );
  };
}
