/** Graphs for tests and measures: made by rule from a number, the same each time. */
import type { EdgeArrays, Neighbourhood } from "./answer";

/** Return a source of numbers in [0, 1), the same for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export type Line = readonly [from: string, to: string, subtype?: string, type?: string];

/** Return an answer of tables `t1` with the columns that lines name: `t1.a` is a column, `t1` the table, `t1.*` any. */
export function answerOf(lines: readonly Line[], before: readonly Line[] | null = null, columns: Readonly<Record<string, string[]>> = {}): Neighbourhood {
  const tables: string[] = [];
  const tableAt = new Map<string, number>();
  const paths: string[][] = [];
  const nodes = { card: [] as number[], kind: [] as string[], path: [] as (string | null)[] };
  const places = new Map<string, number>();
  const nodeOf = (text: string): number => {
    const known = places.get(text);
    if (known !== undefined) return known;
    const [table = "", path] = text.split(".");
    const card = tableAt.get(table) ?? tables.length;
    if (card === tables.length) {
      tableAt.set(table, card);
      tables.push(table);
      paths.push([]);
    }
    nodes.card.push(card);
    nodes.kind.push(path === undefined ? "dataset" : path === "*" ? "any" : path === "#" ? "rows" : "column");
    const column = path === undefined || path === "*" || path === "#" ? null : path;
    nodes.path.push(column);
    if (column !== null) paths[card]?.push(column);
    places.set(text, nodes.card.length - 1);
    return nodes.card.length - 1;
  };
  const arrays = (each: readonly Line[]): EdgeArrays => ({
    src: each.map(([from]) => nodeOf(from)),
    dst: each.map(([, to]) => nodeOf(to)),
    type: each.map(([from, , , type]) => type ?? (from.includes(".") ? "FLOW" : "DATASET_FLOW")),
    subtype: each.map(([from, , subtype]) => subtype ?? (from.includes(".") ? "IDENTITY" : "USE")),
    confidence: each.map(() => 1),
    carrier: each.map(() => 0),
    source: each.map(() => 0),
  });
  const edges = arrays(lines);
  const then = before === null ? null : arrays(before);
  const listed = tables.map((table, at) => columns[table] ?? paths[at] ?? []);
  return {
    asOf: { seq: 1, time: null, epoch: "e", token: "e-1" },
    complete: true,
    behind: 0,
    frontier: [],
    gaps: [],
    start: urnOf(tables[0] ?? ""),
    indirect: true,
    tests: false,
    top: 10,
    most: 150,
    trace: null,
    cards: {
      urn: tables.map(urnOf),
      kind: tables.map(() => "dataset"),
      title: [...tables],
      domain: tables.map(() => null),
      upstream: tables.map(() => 0),
      downstream: tables.map(() => 0),
      tests: tables.map(() => 0),
      columns: listed.map((each) => each.length),
      listed: listed.map((each) => each.map((name) => [name, "INT"] as const)),
    },
    nodes,
    carriers: ["urn:clew:job:(dbt://shop,job)"],
    sources: ["test"],
    edges,
    before: then,
  };
}

export const urnOf = (table: string): string => `urn:clew:dataset:(duckdb://shop,shop.${table})`;

/** Return lines between `tables` tables of `columns` columns, `flows` at column grain; local, so that layers form. */
export function randomLines(seed: number, tables: number, columns: number, flows: number, cycles = 0): Line[] {
  const roll = dice(seed);
  const lines: Line[] = [];
  const seen = new Set<string>();
  for (let tries = 0; lines.length < flows && tries < flows * 20; tries++) {
    const from = Math.floor(roll() * tables);
    const reach = 1 + Math.floor(roll() * Math.min(12, tables - 1));
    const back = roll() < cycles;
    const to = back ? from - reach : from + reach;
    if (to < 0 || to >= tables) continue;
    const line: Line = [`t${from}.c${Math.floor(roll() * columns)}`, `t${to}.c${Math.floor(roll() * columns)}`];
    if (seen.has(line.join())) continue;
    seen.add(line.join());
    lines.push(line);
  }
  return lines;
}
