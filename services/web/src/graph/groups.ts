/** Groups: cards of one schema, domain or kind, taken together as one card, or told apart from afar. */
import type { Box } from "./bounds";
import { assemble, type Card, type Edge, type Graph } from "./model";

export type Grouping = "none" | "schema" | "domain" | "kind";

/** Return the group of a card: what is read, and by what it is told from others. */
export function groupOf(card: Card, by: Grouping): string {
  if (by === "domain") return card.domain ?? "no domain";
  if (by === "kind") return card.kind;
  return card.kind === "dataset" ? `${card.namespace} ${card.schema}` : `${card.namespace} ${card.kind}`;
}

export const GROUP_PREFIX = "group:";

/**
 * Return the graph with each closed group as one card; `open` names groups whose cards show. Groups of one card, and
 * the card `apart`, stay as they are.
 */
export function collapse(graph: Graph, by: Grouping, open: ReadonlySet<string>, apart: string): Graph {
  if (by === "none") return graph;
  const members = new Map<string, Card[]>();
  for (const card of graph.cards) {
    const name = groupOf(card, by);
    if (card.urn === apart || open.has(name)) continue;
    members.set(name, [...(members.get(name) ?? []), card]);
  }
  const groupAt = new Map<number, string>();
  for (const [name, inside] of members) if (inside.length > 1) for (const card of inside) groupAt.set(card.at, name);
  if (groupAt.size === 0) return graph;
  return rebuilt(graph, groupAt, members);
}

function rebuilt(graph: Graph, groupAt: ReadonlyMap<number, string>, members: ReadonlyMap<string, Card[]>): Graph {
  const cards: Card[] = [];
  const place = new Map<string, number>();
  const cardPlace = graph.cards.map((card) => {
    const name = groupAt.get(card.at);
    const known = name === undefined ? undefined : place.get(name);
    if (known !== undefined) return known;
    if (name !== undefined) place.set(name, cards.length);
    cards.push(name === undefined ? { ...card, at: cards.length } : groupCard(name, members.get(name) ?? [], cards.length));
    return cards.length - 1;
  });
  const nodeCard: number[] = [];
  const nodeKind: string[] = [];
  const nodePath: (string | null)[] = [];
  const wholes = new Map<number, number>();
  const nodePlace = graph.nodeCard.map((card, node) => {
    const to = cardPlace[card] ?? 0;
    const grouped = groupAt.has(card);
    const known = grouped ? wholes.get(to) : undefined;
    if (known !== undefined) return known;
    if (grouped) wholes.set(to, nodeCard.length);
    nodeCard.push(to);
    nodeKind.push(grouped ? "group" : (graph.nodeKind[node] ?? ""));
    nodePath.push(grouped ? null : (graph.nodePath[node] ?? null));
    return nodeCard.length - 1;
  });
  const edges: Edge[] = [];
  for (const edge of graph.edges) {
    const [src, dst] = [nodePlace[edge.src] ?? 0, nodePlace[edge.dst] ?? 0];
    if (nodeCard[src] === nodeCard[dst]) continue;
    edges.push({ ...edge, at: edges.length, src, dst });
  }
  const renumbered = cards.map((card) => ({
    ...card,
    columns: card.columns.map((column) => ({ ...column, node: column.node < 0 ? -1 : (nodePlace[column.node] ?? -1) })),
  }));
  return assemble(renumbered, nodeCard, nodeKind, nodePath, edges);
}

function groupCard(name: string, inside: readonly Card[], at: number): Card {
  const [first] = inside;
  const kinds = [...new Set(inside.map((card) => card.kind))];
  return {
    at,
    urn: GROUP_PREFIX + name,
    kind: kinds.length === 1 ? (kinds[0] ?? "") : "group",
    title: name.includes(" ") ? name.slice(name.indexOf(" ") + 1) : name,
    name,
    namespace: first?.namespace ?? "",
    schema: first?.schema ?? "",
    domain: first?.domain ?? null,
    upstream: 0,
    downstream: 0,
    tests: inside.reduce((sum, card) => sum + card.tests, 0),
    columnCount: 0,
    columns: [],
    members: inside.length,
  };
}

export interface Region extends Box {
  readonly name: string;
  readonly cards: number;
}

/** Return what to draw of groups from afar: a box around each run of a group's cards within a layer. */
export function regions(graph: Graph, boxes: readonly Box[], layer: readonly number[], by: Grouping): Region[] {
  const order = graph.cards
    .map((card) => card.at)
    .sort((a, b) => (layer[a] ?? 0) - (layer[b] ?? 0) || (boxes[a]?.y ?? 0) - (boxes[b]?.y ?? 0));
  const found: { name: string; cards: number; layer: number; box: Box }[] = [];
  for (const at of order) {
    const [card, box] = [graph.cards[at], boxes[at]];
    if (card === undefined || box === undefined) continue;
    const name = groupOf(card, by === "none" ? "schema" : by);
    const last = found.at(-1);
    if (last !== undefined && last.name === name && last.layer === layer[at]) {
      last.cards++;
      last.box = { ...last.box, height: box.y + box.height - last.box.y };
    } else found.push({ name, cards: 1, layer: layer[at] ?? 0, box });
  }
  return found.map(({ name, cards, box }) => ({ name: name.slice(name.indexOf(" ") + 1), cards, ...box }));
}
