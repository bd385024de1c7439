/** A search as its address says it: words, filters by facet, conditions, lineage. Pure. */
import { many, one, type Words } from "../../address";

/** Facets in the order in which they are shown; their names are those of the API. */
export const FACETS = ["kind", "owner", "tag", "term", "domain", "tier", "certification", "state", "status", "subtype", "namespace"] as const;
export type Facet = (typeof FACETS)[number];

export const FACET_TEXT: Readonly<Record<Facet, string>> = {
  kind: "Kind",
  owner: "Owner",
  tag: "Tag",
  term: "Term",
  domain: "Domain",
  tier: "Tier",
  certification: "Certification",
  state: "State of life",
  status: "Last status",
  subtype: "Subtype",
  namespace: "Where it lives",
};

export interface Asked {
  readonly text: string;
  readonly filters: Partial<Record<Facet, readonly string[]>>;
  readonly where: readonly string[];
  readonly downstreamOf: string | undefined;
  readonly upstreamOf: string | undefined;
}

/** Read a search from the words of an address; what it does not know is left out. */
export function readAsked(words: Words): Asked {
  const filters: Partial<Record<Facet, readonly string[]>> = {};
  for (const facet of FACETS) {
    const values = many(words[facet]);
    if (values.length > 0) filters[facet] = values;
  }
  return {
    text: one(words.q) ?? "",
    filters,
    where: many(words.where),
    downstreamOf: one(words.downstreamOf),
    upstreamOf: one(words.upstreamOf),
  };
}

/** Write a search as words of an address. */
export function writeAsked(asked: Asked): Record<string, string | readonly string[] | undefined> {
  return {
    q: asked.text || undefined,
    ...asked.filters,
    where: asked.where.length > 0 ? asked.where : undefined,
    downstreamOf: asked.downstreamOf,
    upstreamOf: asked.upstreamOf,
  };
}

/** Return the search with one value of a facet put in, or taken out when it is in. */
export function toggled(asked: Asked, facet: Facet, value: string): Asked {
  const before = asked.filters[facet] ?? [];
  const after = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  const { [facet]: _, ...others } = asked.filters;
  return { ...asked, filters: after.length > 0 ? { ...others, [facet]: after } : others };
}

/** Return how many things narrow the search, words aside. */
export function narrowings(asked: Asked): number {
  const chosen = Object.values(asked.filters).reduce((sum, each) => sum + each.length, 0);
  return chosen + asked.where.length + (asked.downstreamOf === undefined ? 0 : 1) + (asked.upstreamOf === undefined ? 0 : 1);
}
