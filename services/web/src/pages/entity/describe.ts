/** What the API says of one thing. */
import { useQuery } from "@tanstack/react-query";
import { get } from "../../data/client";
import type { Envelope } from "../../data/envelope";
import type { Json } from "../../data/json";

export interface Claim {
  readonly source: string;
  readonly rank: number;
  readonly says: Json;
  readonly denies: "all" | readonly string[];
  readonly observed: string;
  readonly seq: number;
}

export interface Column {
  readonly name: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly urn: string;
  readonly aspects: Readonly<Record<string, Json>>;
}

export interface Described extends Envelope {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly aspects: Readonly<Record<string, Json>>;
  /** By aspect what guards an edit of it; absent where nothing stands, or where only the document is at hand. */
  readonly etags: Readonly<Record<string, string | undefined>>;
  readonly claims: Readonly<Record<string, readonly Claim[]>>;
  readonly columns: readonly Column[];
  readonly series: Readonly<Record<string, readonly Json[]>>;
}

/** Describe a thing by its URN or short name, now or as of a moment. */
export function useDescribed(name: string, asOf: string | undefined) {
  return useQuery({
    queryKey: ["describe", name, asOf],
    queryFn: ({ signal }) => get<Described>(`/v1/entities/${encodeURIComponent(name)}`, { asOf }, signal),
    // Of another thing nothing is kept: a page must not show one thing under the name of another.
    placeholderData: (before) => (before?.urn === name || before?.name === name ? before : undefined),
  });
}

/** Return the points of a series without the members that tell nothing: an empty name, a step that is always 0. */
export function toldPoints(points: readonly Json[]): readonly Json[] {
  const telling = new Set(points.flatMap((each) => Object.keys(each).filter((key) => each[key] !== null && each[key] !== "" && !(key === "step" && each[key] === 0))));
  return points.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => telling.has(key))));
}

/** Return the newest time at which any source said what stands; undefined when nobody said anything. */
export function lastSaid(said: Described): string | undefined {
  const times = Object.values(said.claims).flatMap((of) => of.map((each) => each.observed));
  return times.sort().at(-1);
}
