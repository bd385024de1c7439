/** The state of the lineage page, as its address carries it: read with defaults, written without them. */
import { many, one, type Words } from "../../address";
import type { Grouping } from "../../graph/groups";

export interface State {
  /** Hops each way. */
  readonly up: number;
  readonly down: number;
  readonly most: number;
  readonly indirect: boolean;
  readonly tests: boolean;
  readonly list: boolean;
  /** What is traced; null when nothing is, undefined when the address does not say: then a column traces itself. */
  readonly trace: string | null | undefined;
  /** Where the trace ends: only ways to it are on the path. */
  readonly to: string | undefined;
  readonly only: boolean;
  readonly group: Grouping;
  /** Cards whose columns show (`ALL`: of every card), and groups whose cards do. */
  readonly open: readonly string[];
  readonly groups: readonly string[];
  /** Expansions in their order: `down:URN`. */
  readonly more: readonly string[];
  readonly show: readonly string[];
  /** The moment with which to compare. */
  readonly since: string | undefined;
}

export const DEPTH = 2;
export const CARDS = 150;
export const MOST_CARDS = 500;
/** In `open`: the columns of every card. */
export const ALL = "all";
/** Neighbours that a card brings. */
export const TOP = 8;
const NOTHING = "none";
const GROUPINGS: readonly Grouping[] = ["none", "schema", "domain", "kind"];

/** Read an address. What makes no sense in it falls back to its default. */
export function readState(words: Words): State {
  const trace = one(words.trace);
  const group = one(words.group) as Grouping;
  return {
    up: number(words.up, 0, 10, DEPTH),
    down: number(words.down, 0, 10, DEPTH),
    most: number(words.most, 1, MOST_CARDS, CARDS),
    indirect: one(words.indirect) === "1",
    tests: one(words.tests) === "1",
    list: one(words.view) === "list",
    trace: trace === NOTHING ? null : trace,
    to: one(words.to),
    only: one(words.only) === "1",
    group: GROUPINGS.includes(group) ? group : "none",
    open: many(words.open),
    groups: many(words.groups),
    more: many(words.more).filter((each) => /^(up|down):./.test(each)),
    show: many(words.show),
    since: one(words.since),
  };
}

/** Write the words of a change to the state; defaults are left out. */
export function writeState(change: Partial<State>): Record<string, string | readonly string[] | undefined> {
  const words: Record<string, string | readonly string[] | undefined> = {};
  const flag = (is: boolean): string | undefined => (is ? "1" : undefined);
  if (change.up !== undefined) words.up = change.up === DEPTH ? undefined : String(change.up);
  if (change.down !== undefined) words.down = change.down === DEPTH ? undefined : String(change.down);
  if (change.most !== undefined) words.most = change.most === CARDS ? undefined : String(change.most);
  if (change.indirect !== undefined) words.indirect = flag(change.indirect);
  if (change.tests !== undefined) words.tests = flag(change.tests);
  if (change.list !== undefined) words.view = change.list ? "list" : undefined;
  if ("trace" in change) words.trace = change.trace === null ? NOTHING : change.trace;
  if (change.only !== undefined) words.only = flag(change.only);
  if (change.group !== undefined) words.group = change.group === "none" ? undefined : change.group;
  for (const name of ["open", "groups", "more", "show"] as const) if (change[name] !== undefined) words[name] = change[name];
  if ("to" in change) words.to = change.to;
  if ("since" in change) words.since = change.since;
  return words;
}

function number(value: unknown, least: number, most: number, otherwise: number): number {
  const text = one(value);
  if (text === undefined || !/^\d+$/.test(text)) return otherwise;
  return Math.min(most, Math.max(least, Number(text)));
}
