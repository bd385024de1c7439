/** A lineage graph as pages work with it: cards, their parts (nodes), edges between parts, links between cards. */
import type { EdgeArrays, Neighbourhood } from "./answer";
import { partUrn, plain, said } from "./names";

export interface Column {
  /** The path as URNs carry it. */
  readonly path: string;
  readonly label: string;
  readonly type: string | null;
  /** The node of this column, -1 when no edge of the graph touches it. */
  readonly node: number;
}

export interface Card {
  readonly at: number;
  readonly urn: string;
  readonly kind: string;
  readonly title: string;
  /** The full name, and where it stands. */
  readonly name: string;
  readonly namespace: string;
  readonly schema: string;
  readonly domain: string | null;
  /** Neighbours in all, shown or not. */
  readonly upstream: number;
  readonly downstream: number;
  readonly tests: number;
  /** Columns in all; `columns` may list fewer. */
  readonly columnCount: number;
  readonly columns: readonly Column[];
  /** How many cards a collapsed group stands for; 0 for a card of its own. */
  readonly members: number;
}

export type State = "same" | "added" | "removed" | "changed";

export interface Edge {
  readonly at: number;
  readonly src: number;
  readonly dst: number;
  readonly type: string;
  readonly subtype: string;
  readonly confidence: number;
  readonly carrier: string;
  readonly source: string;
  readonly indirect: boolean;
  readonly state: State;
}

export interface Link {
  readonly at: number;
  readonly src: number;
  readonly dst: number;
  /** Positions of the edges between the two cards. */
  readonly edges: readonly number[];
  readonly indirect: boolean;
  readonly state: State;
}

export interface Graph {
  readonly cards: readonly Card[];
  readonly nodeCard: readonly number[];
  readonly nodeKind: readonly string[];
  readonly nodePath: readonly (string | null)[];
  readonly edges: readonly Edge[];
  readonly links: readonly Link[];
  /** Positions of edges that leave, and enter, each node. */
  readonly leaving: readonly (readonly number[])[];
  readonly entering: readonly (readonly number[])[];
  /** Nodes of each card. */
  readonly nodesOf: readonly (readonly number[])[];
  readonly cardAt: ReadonlyMap<string, number>;
}

const INDIRECT = new Set(["JOIN", "FILTER", "GROUP_BY", "SORT", "WINDOW", "CONDITIONAL", "ROWS"]);

/** Say whether an edge of this subtype only decides which rows there are, or their order. */
export function isIndirect(subtype: string): boolean {
  return INDIRECT.has(subtype.split(":", 1)[0] ?? "");
}

/** Read an answer. With the edges of an earlier moment beside it, each edge has the state that tells them apart. */
export function graphOf(answer: Neighbourhood): Graph {
  const touched: Map<string, number>[] = answer.cards.urn.map(() => new Map());
  answer.nodes.card.forEach((card, node) => {
    const path = answer.nodes.path[node];
    if (path !== null && path !== undefined) touched[card]?.set(path, node);
  });
  const cards = answer.cards.urn.map((_, at) => cardOf(answer, at, touched[at] ?? new Map()));
  const edges = answer.before === null ? edgesOf(answer, answer.edges, "same") : merged(answer, answer.edges, answer.before);
  return assemble(cards, answer.nodes.card, answer.nodes.kind, answer.nodes.path, edges);
}

function cardOf(answer: Neighbourhood, at: number, touched: ReadonlyMap<string, number>): Card {
  const urn = answer.cards.urn[at] ?? "";
  const words = said(urn);
  const listed = answer.cards.listed[at] ?? [];
  const known = new Set(listed.map(([path]) => path));
  const columns = listed.map(([path, type]) => ({ path, label: plain(path), type, node: touched.get(path) ?? -1 }));
  return {
    at,
    urn,
    kind: answer.cards.kind[at] ?? "",
    title: answer.cards.title[at] ?? words.name,
    name: words.name,
    namespace: words.namespace,
    schema: words.holder === "" ? words.namespace : words.holder,
    domain: answer.cards.domain[at] ?? null,
    upstream: answer.cards.upstream[at] ?? 0,
    downstream: answer.cards.downstream[at] ?? 0,
    tests: answer.cards.tests[at] ?? 0,
    columnCount: answer.cards.columns[at] ?? 0,
    columns: [...columns, ...unlisted(touched, known)],
    members: 0,
  };
}

/** Columns that edges name and the list lacks: it is cut, or no schema tells of them. */
function unlisted(touched: ReadonlyMap<string, number>, known: ReadonlySet<string>): Column[] {
  const found = [...touched].filter(([path]) => !known.has(path)).map(([path, node]) => ({ path, label: plain(path), type: null, node }));
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function edgesOf(answer: Neighbourhood, said: EdgeArrays, state: State): Edge[] {
  return said.src.map((src, at) => ({
    at,
    src,
    dst: said.dst[at] ?? 0,
    type: said.type[at] ?? "",
    subtype: said.subtype[at] ?? "",
    confidence: said.confidence[at] ?? 1,
    carrier: answer.carriers[said.carrier[at] ?? -1] ?? "",
    source: answer.sources[said.source[at] ?? -1] ?? "",
    indirect: isIndirect(said.subtype[at] ?? ""),
    state,
  }));
}

/** Hold the edges of two moments against each other: by their ends and type, then by how they are said. */
function merged(answer: Neighbourhood, now: EdgeArrays, then: EdgeArrays): Edge[] {
  const before = new Map<string, Edge[]>();
  for (const edge of edgesOf(answer, then, "removed")) before.set(ends(edge), [...(before.get(ends(edge)) ?? []), edge]);
  const after = new Map<string, Edge[]>();
  for (const edge of edgesOf(answer, now, "added")) after.set(ends(edge), [...(after.get(ends(edge)) ?? []), edge]);
  const found: Edge[] = [];
  for (const [key, edges] of after) {
    const earlier = before.get(key);
    const ways = new Set(earlier?.map(way));
    const whole = earlier !== undefined && edges.length === earlier.length && edges.every((each) => ways.has(way(each)));
    const state: State = earlier === undefined ? "added" : whole ? "same" : "changed";
    found.push(...edges.map((each) => ({ ...each, state })));
  }
  for (const [key, edges] of before) if (!after.has(key)) found.push(...edges);
  return found.map((each, at) => ({ ...each, at }));
}

const ends = (edge: Edge): string => `${edge.src} ${edge.dst} ${edge.type}`;
const way = (edge: Edge): string => `${edge.subtype} ${edge.confidence} ${edge.carrier} ${edge.source}`;

/** Put a graph together from its parts; cards and edges must be numbered by their position. */
export function assemble(
  cards: readonly Card[],
  nodeCard: readonly number[],
  nodeKind: readonly string[],
  nodePath: readonly (string | null)[],
  edges: readonly Edge[],
): Graph {
  const leaving: number[][] = nodeCard.map(() => []);
  const entering: number[][] = nodeCard.map(() => []);
  const nodesOf: number[][] = cards.map(() => []);
  nodeCard.forEach((card, node) => {
    nodesOf[card]?.push(node);
  });
  const between = new Map<number, number[]>();
  for (const edge of edges) {
    leaving[edge.src]?.push(edge.at);
    entering[edge.dst]?.push(edge.at);
    const key = (nodeCard[edge.src] ?? 0) * cards.length + (nodeCard[edge.dst] ?? 0);
    const known = between.get(key);
    if (known === undefined) between.set(key, [edge.at]);
    else known.push(edge.at);
  }
  const links = [...between].map(([key, inside], at) => ({
    at,
    src: Math.floor(key / cards.length),
    dst: key % cards.length,
    edges: inside,
    indirect: inside.every((each) => edges[each]?.indirect === true),
    state: linkState(inside.map((each) => edges[each]?.state ?? "same")),
  }));
  const cardAt = new Map(cards.map((card) => [card.urn, card.at]));
  return { cards, nodeCard, nodeKind, nodePath, edges, links, leaving, entering, nodesOf, cardAt };
}

/** Return the state of a link: what all its edges have, else changed. */
function linkState(states: readonly State[]): State {
  const [first] = states;
  return first !== undefined && states.every((each) => each === first) ? first : "changed";
}

/** Return the URN of a node. */
export function nodeUrn(graph: Graph, node: number): string {
  const card = graph.cards[graph.nodeCard[node] ?? -1];
  return card === undefined ? "" : partUrn(card.urn, graph.nodeKind[node] ?? "", graph.nodePath[node] ?? null);
}

/** Return the node of a part by its URN, -1 when no edge touches it. */
export function nodeOf(graph: Graph, urn: string): number {
  const words = said(urn);
  if (words.kind !== "column") return -1;
  return graph.nodeCard.findIndex((_, node) => graph.nodePath[node] !== null && nodeUrn(graph, node) === urn);
}

/** Return a part of a graph: these cards, and the edges between them. Nodes keep no edge that leads outside. */
export function restrict(graph: Graph, keep: (card: Card) => boolean, keepEdge: (edge: Edge) => boolean = () => true): Graph {
  const place = new Map<number, number>();
  const cards: Card[] = [];
  const nodePlace = new Map<number, number>();
  for (const card of graph.cards)
    if (keep(card)) {
      place.set(card.at, cards.length);
      cards.push(card);
    }
  const nodes = graph.nodeCard.map((_, node) => node).filter((node) => place.has(graph.nodeCard[node] ?? -1));
  nodes.forEach((node, at) => {
    nodePlace.set(node, at);
  });
  const edges = graph.edges
    .filter((edge) => nodePlace.has(edge.src) && nodePlace.has(edge.dst) && keepEdge(edge))
    .map((edge, at) => ({ ...edge, at, src: nodePlace.get(edge.src) ?? 0, dst: nodePlace.get(edge.dst) ?? 0 }));
  const moved = cards.map((card, at) => ({
    ...card,
    at,
    columns: card.columns.map((each) => ({ ...each, node: nodePlace.get(each.node) ?? -1 })),
  }));
  return assemble(
    moved,
    nodes.map((node) => place.get(graph.nodeCard[node] ?? -1) ?? 0),
    nodes.map((node) => graph.nodeKind[node] ?? ""),
    nodes.map((node) => graph.nodePath[node] ?? null),
    edges,
  );
}
