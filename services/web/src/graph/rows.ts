/** Rows: the edges of a graph as a list, the same for the page's list view and for files. */
import { plain, said } from "./names";
import { type Edge, type Graph, nodeUrn } from "./model";
import type { Path } from "./walks";

export interface Row {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly subtype: string;
  readonly confidence: number;
  readonly carrier: string;
  readonly source: string;
  readonly state: Edge["state"];
}

/** Return the edges of a graph, or of a path in it, in the order of their names. */
export function rowsOf(graph: Graph, path: Path | null): Row[] {
  const edges = path === null ? graph.edges : path.edges.flatMap((at) => graph.edges[at] ?? []);
  const rows = edges.map((edge) => ({
    from: nodeUrn(graph, edge.src),
    to: nodeUrn(graph, edge.dst),
    type: edge.type,
    subtype: edge.subtype,
    confidence: edge.confidence,
    carrier: edge.carrier,
    source: edge.source,
    state: edge.state,
  }));
  return rows.sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.carrier, b.carrier) || compare(a.subtype, b.subtype));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Return what people read for an end of an edge. */
export function endText(urn: string): string {
  const words = said(urn);
  if (words.kind === "any") return `${words.name}, any column`;
  if (words.kind === "rows") return `${words.name}, its rows`;
  return words.name;
}

const WORDS: Readonly<Record<string, string>> = {
  IDENTITY: "as it is",
  TRANSFORMATION: "transformed",
  AGGREGATION: "aggregated",
  ANY: "any column",
  USE: "used as a whole",
  JOIN: "joins by it",
  FILTER: "filters by it",
  GROUP_BY: "groups by it",
  SORT: "sorts by it",
  WINDOW: "windows over it",
  CONDITIONAL: "decides by it",
  ROWS: "which rows there are",
};

/** Say how data flows along an edge. */
export function howText(type: string, subtype: string): string {
  if (type === "ASSERTS") return "tested";
  if (type === "DATASET_FLOW") return "dataset to dataset";
  const [name = "", presence] = subtype.split(":");
  const words = WORDS[name] ?? plain(name.toLowerCase());
  return presence === undefined ? words : `${words} (only whether there is a value)`;
}

const HEAD = ["from", "to", "type", "subtype", "confidence", "carrier", "source", "state"] as const;

/** Write rows as CSV (RFC 4180), with a head. A cell that a spreadsheet would compute gets a quote before it. */
export function csvOf(rows: readonly Row[]): string {
  const cell = (value: string | number): string => {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[HEAD.join(","), ...rows.map((row) => HEAD.map((name) => cell(row[name])).join(","))].join("\r\n")}\r\n`;
}

export interface Counts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
}

/** Count edges by what became of them. */
export function countStates(graph: Graph): Counts {
  const counts = { added: 0, removed: 0, changed: 0, same: 0 };
  for (const edge of graph.edges) counts[edge.state]++;
  return counts;
}
