/** What a hit shows besides what the index knows: when it last changed, how its tests came out, which columns fit. */
import { useAsk } from "../../data/asking";
import { HitFacts } from "../../data/operations";
import { listed, objects, pattern } from "../../data/rows";
import { type TestRow, testsSql, type Verdict, verdictOf } from "../../data/tests";

export interface Facts {
  readonly changed: string | undefined;
  readonly written: string | undefined;
  readonly verdict: Verdict | undefined;
  readonly columns: readonly { readonly name: string; readonly urn: string }[];
}

interface Shown {
  readonly urn: string;
  readonly kind: string;
  readonly matched: readonly string[];
}

/** Fetch the facts of hits, in one request for all of them. */
export function useFacts(hits: readonly Shown[], text: string): { readonly of: ReadonlyMap<string, Facts>; readonly error: unknown } {
  const urns = listed(hits.map((each) => each.urn));
  const tested = listed(hits.filter((each) => each.kind === "dataset" || each.kind === "column").map((each) => each.urn), "t");
  const holders = listed(hits.filter((each) => each.matched.includes("columns")).map((each) => each.urn));
  const words = text.split(/\s+/).filter((each) => each !== "").slice(0, 8);
  const fits = words.map((_, at) => `lower(name) LIKE :w${at} ESCAPE '\\'`).join(" OR ") || "1 = 0";
  const facts = `SELECT n.urn AS urn, n.changed_at AS changed, (SELECT max(u.last_written) FROM usage u WHERE u.urn = n.urn) AS written FROM entities n WHERE n.urn IN (${urns.text})`;
  const said = useAsk(
    HitFacts,
    {
      facts,
      tests: testsSql(tested.text),
      columns: `SELECT dataset, name, urn FROM columns WHERE dataset IN (${holders.text}) AND (${fits}) ORDER BY dataset, position`,
      urns: urns.values,
      tested: tested.values,
      words: { ...holders.values, ...Object.fromEntries(words.map((each, at) => [`w${at}`, pattern(each)])) },
    },
    { when: hits.length > 0 },
  );
  const found = new Map<string, Facts>();
  if (said.data === undefined) return { of: found, error: said.error };
  const tests = Map.groupBy(objects<TestRow>(said.data.tests), (each) => each.urn);
  const columns = Map.groupBy(objects<{ dataset: string; name: string; urn: string }>(said.data.columns), (each) => each.dataset);
  for (const each of objects<{ urn: string; changed: string | null; written: string | null }>(said.data.facts))
    found.set(each.urn, {
      changed: each.changed ?? undefined,
      written: each.written ?? undefined,
      verdict: verdictOf(tests.get(each.urn) ?? []),
      columns: columns.get(each.urn) ?? [],
    });
  return { of: found, error: said.error };
}
