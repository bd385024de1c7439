/** Sheet: what of each card shows (its rows), how large that makes it, and where links touch it. */
import type { Card, Column, Graph } from "./model";
import type { Size, Wire } from "./layout";

export const WIDTH = 248;
export const HEAD = 54;
export const ROW = 24;
export const FOOT = 22;
/** Columns that an open card shows; those that edges touch go first when there are more. */
export const ROWS = 24;
/** Ports of a card: one a row, and the head's. */
const PORTS = ROWS + 1;

export interface Sheet {
  /** Columns that show, by card. */
  readonly rows: readonly (readonly Column[])[];
  /** Columns of an open card that do not show. */
  readonly hidden: readonly number[];
  readonly sizes: readonly Size[];
  readonly strokes: readonly Stroke[];
}

/** A line between two ports; several edges may run along it. */
export interface Stroke extends Wire {
  readonly at: number;
  readonly edges: readonly number[];
  readonly indirect: boolean;
  readonly srcRow: number;
  readonly dstRow: number;
}

export interface Opened {
  /** Cards whose columns show. */
  readonly cards: ReadonlySet<string>;
  /** Nodes of which the columns show even in closed cards: those of a traced path. */
  readonly nodes: ReadonlySet<number>;
}

/** Return what shows of a graph. */
export function sheetOf(graph: Graph, opened: Opened): Sheet {
  const rows = graph.cards.map((card) => rowsOf(card, opened));
  const hidden = graph.cards.map((card, at) => Math.max(0, Math.max(card.columnCount, card.columns.length) - (rows[at]?.length ?? 0)));
  const sizes = rows.map((each, at) => ({
    width: WIDTH,
    height: HEAD + each.length * ROW + (each.length > 0 && (hidden[at] ?? 0) > 0 ? FOOT : 0),
  }));
  return { rows, hidden, sizes, strokes: strokesOf(graph, rows) };
}

function rowsOf(card: Card, opened: Opened): readonly Column[] {
  if (!opened.cards.has(card.urn)) return card.columns.filter((column) => opened.nodes.has(column.node)).slice(0, ROWS);
  if (card.columns.length <= ROWS) return card.columns;
  const weight = (column: Column): number => (opened.nodes.has(column.node) ? 0 : column.node >= 0 ? 1 : 2);
  const chosen = card.columns.map((column, at) => ({ column, at })).sort((a, b) => weight(a.column) - weight(b.column) || a.at - b.at);
  return chosen.slice(0, ROWS).sort((a, b) => a.at - b.at).map((each) => each.column);
}

function strokesOf(graph: Graph, rows: readonly (readonly Column[])[]): Stroke[] {
  const rowOf = new Map<number, number>();
  for (const shown of rows)
    shown.forEach((column, at) => {
      if (column.node >= 0) rowOf.set(column.node, at);
    });
  const found = new Map<number, { srcRow: number; dstRow: number; src: number; dst: number; edges: number[]; indirect: boolean }>();
  for (const edge of graph.edges) {
    const [src, dst] = [graph.nodeCard[edge.src] ?? 0, graph.nodeCard[edge.dst] ?? 0];
    const [srcRow, dstRow] = [rowOf.get(edge.src) ?? -1, rowOf.get(edge.dst) ?? -1];
    const key = ((src * PORTS + srcRow + 1) * rows.length + dst) * PORTS + dstRow + 1;
    const known = found.get(key);
    if (known === undefined) found.set(key, { src, dst, srcRow, dstRow, edges: [edge.at], indirect: edge.indirect });
    else {
      known.edges.push(edge.at);
      known.indirect &&= edge.indirect;
    }
  }
  const strokes = [...found.values()];
  // A line between two heads says no more than those between their rows.
  const pair = (each: { src: number; dst: number }): number => each.src * rows.length + each.dst;
  const told = new Set(strokes.filter((each) => each.srcRow >= 0 || each.dstRow >= 0).map(pair));
  return strokes
    .filter((each) => each.srcRow >= 0 || each.dstRow >= 0 || !told.has(pair(each)) || !wholly(graph, each.edges))
    .map((each, at) => ({ ...each, at, out: portOf(each.srcRow), into: portOf(each.dstRow) }));
}

/** Say whether edges are all at dataset grain. */
function wholly(graph: Graph, edges: readonly number[]): boolean {
  return edges.every((each) => graph.edges[each]?.type === "DATASET_FLOW");
}

/** Return how far below the top of a card a row's port is; -1 is the head's. */
export function portOf(row: number): number {
  return row < 0 ? HEAD / 2 : HEAD + (row + 0.5) * ROW;
}
