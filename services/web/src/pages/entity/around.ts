/** What is around a thing: one hop each way, what it affects, its tests, parts and runs. One request. */
import { useAsk } from "../../data/asking";
import { Around, type AroundResult } from "../../data/operations";
import { testsSql } from "../../data/tests";
import { datasetOf, pageOf } from "../../data/urn";
import { useFlowed } from "../../data/writing";

/** Kinds that no data flows through: their pages have no lineage. */
export const APART: ReadonlySet<string> = new Set(["person", "group", "tag", "domain", "glossary_term", "kind"]);

/** Kinds that hold what data flows through, and seldom have a thread of their own. */
export const HOLDING: ReadonlySet<string> = new Set(["container", "pipeline", "experiment"]);

const PARTS = `SELECT DISTINCT n.urn AS urn, n.kind AS kind, n.title AS title, n.description AS description
  FROM edges e JOIN entities n ON n.urn = e.dst WHERE e.type = 'contains' AND e.src = :urn AND n.kind <> 'column' ORDER BY kind, urn LIMIT 501`;
const RUNS = `SELECT urn, status, started, ended, duration_ms, message FROM runs WHERE job = :urn ORDER BY started DESC NULLS LAST, urn LIMIT 20`;
const COLUMN = "SELECT type, nullable, position FROM columns WHERE urn = :urn";

/** A column as its dataset's schema lists it. */
export interface Listed {
  readonly type: string | null;
  readonly nullable: number | null;
  readonly position: number;
}

export interface Part {
  readonly urn: string;
  readonly kind: string;
  readonly title: string | null;
  readonly description: string | null;
}

export interface Run {
  readonly urn: string;
  readonly status: string | null;
  readonly started: string | null;
  readonly ended: string | null;
  readonly duration_ms: number | null;
  readonly message: string | null;
}

export function useAround(urn: string | undefined, asOf: string | undefined) {
  // Who has just stated a flow sees it; of the past nothing is awaited.
  const flowed = useFlowed();
  const atLeast = asOf === undefined ? flowed : undefined;
  return useAsk(
    Around,
    { of: urn ?? "", asOf, atLeast, tests: testsSql(":urn"), parts: PARTS, runs: RUNS, column: COLUMN, urn: { urn: urn ?? "" } },
    { when: urn !== undefined, keep: false },
  );
}

interface Graph {
  readonly starts: number;
  readonly nodes: { readonly urn: readonly string[] };
}

/** Return what lies one hop away, each thing once: of a dataset's derived nodes, the dataset. */
export function neighbours(lineage: AroundResult["up"], self: string): readonly string[] {
  const { starts, nodes } = lineage.graph as Graph;
  const found = new Set(nodes.urn.slice(starts).map(pageOf));
  found.delete(self);
  found.delete(datasetOf(self) ?? ""); // any column of it, this one among them: no reader of its own
  return [...found];
}
