/** Walks: what a column (or a whole card) comes from and flows into, by the rules of the lineage question. */
import type { Graph } from "./model";

export interface Path {
  /** Nodes and edges in the order of their reach, each once. */
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly cards: ReadonlySet<number>;
}

export const NOWHERE: Path = { nodes: [], edges: [], cards: new Set() };

/**
 * Return everything above and below some nodes.
 *
 * Inside a card every column leads to `any` (who uses any column of it), and `rows` (what decides which rows there are)
 * leads to every column, which is indirect. Edges at dataset grain are not followed: they tell of no column.
 */
export function closure(graph: Graph, start: readonly number[], indirect: boolean): Path {
  const nodes = new Set<number>(start);
  const edges = new Set<number>();
  for (const down of [true, false]) follow(graph, start, down, indirect, nodes, edges);
  const cards = new Set([...nodes].map((node) => graph.nodeCard[node] ?? -1));
  return { nodes: [...nodes], edges: [...edges], cards };
}

/** Return the ways from some nodes down to others, and nothing beside them. */
export function between(graph: Graph, start: readonly number[], end: readonly number[], indirect: boolean): Path {
  const [below, above] = [true, false].map((down) => {
    const [nodes, edges] = [new Set(down ? start : end), new Set<number>()];
    follow(graph, down ? start : end, down, indirect, nodes, edges);
    return { nodes, edges };
  });
  const nodes = [...(below?.nodes ?? [])].filter((node) => above?.nodes.has(node));
  const edges = [...(below?.edges ?? [])].filter((edge) => above?.edges.has(edge));
  return { nodes, edges, cards: new Set(nodes.map((node) => graph.nodeCard[node] ?? -1)) };
}

function follow(graph: Graph, start: readonly number[], down: boolean, indirect: boolean, nodes: Set<number>, edges: Set<number>): void {
  const seen = new Set<number>(start);
  const waiting = [...start];
  for (let at = 0; at < waiting.length; at++) {
    const node = waiting[at] ?? -1;
    for (const each of (down ? graph.leaving : graph.entering)[node] ?? []) {
      const edge = graph.edges[each];
      if (edge === undefined || edge.type === "DATASET_FLOW" || (edge.indirect && !indirect)) continue;
      edges.add(each);
      visit(down ? edge.dst : edge.src);
    }
    for (const other of within(graph, node, down, indirect)) visit(other);
  }
  function visit(node: number): void {
    if (seen.has(node)) return;
    seen.add(node);
    nodes.add(node);
    waiting.push(node);
  }
}

/** Yield where a node leads inside its own card. */
function* within(graph: Graph, node: number, down: boolean, indirect: boolean): Iterable<number> {
  const kind = graph.nodeKind[node];
  const from = down ? "column" : "any";
  const spreads = down ? "rows" : "column";
  if (kind !== from && !(indirect && kind === spreads)) return;
  for (const other of graph.nodesOf[graph.nodeCard[node] ?? -1] ?? []) {
    const to = graph.nodeKind[other];
    if (kind === from && to === (down ? "any" : "column")) yield other;
    if (indirect && kind === spreads && to === (down ? "column" : "rows")) yield other;
  }
}

/** Return what is above and below cards, at the grain of cards. */
export function cardClosure(graph: Graph, start: number): ReadonlySet<number> {
  const found = new Set([start]);
  for (const down of [true, false]) {
    const seen = new Set([start]);
    const waiting = [start];
    const next = new Map<number, number[]>();
    for (const link of graph.links) {
      const [from, to] = down ? [link.src, link.dst] : [link.dst, link.src];
      next.set(from, [...(next.get(from) ?? []), to]);
    }
    for (let at = 0; at < waiting.length; at++)
      for (const other of next.get(waiting[at] ?? -1) ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        found.add(other);
        waiting.push(other);
      }
  }
  return found;
}
