/** Changes: what became of cards between two moments, by what became of their edges; and one graph against another. */
import { type Graph, nodeUrn, type State } from "./model";

/** Return the state of every card: added when all its edges are, removed likewise; changed when some edge is not the same. */
export function cardStates(graph: Graph): State[] {
  const states: Set<State>[] = graph.cards.map(() => new Set());
  for (const edge of graph.edges)
    for (const node of [edge.src, edge.dst]) states[graph.nodeCard[node] ?? -1]?.add(edge.state);
  return states.map((each) => {
    const [only] = each;
    if (only === undefined) return "same";
    return each.size === 1 ? only : "changed";
  });
}

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Hold two graphs against each other, edge by edge: `from -> to (type)`, in the order of names. */
export function difference(before: Graph, after: Graph): Difference {
  const [then, now] = [ways(before), ways(after)];
  const added = [...now.keys()].filter((key) => !then.has(key)).sort();
  const removed = [...then.keys()].filter((key) => !now.has(key)).sort();
  const changed = [...now].filter(([key, way]) => then.has(key) && then.get(key) !== way).map(([key]) => key).sort();
  return { added, removed, changed };
}

function ways(graph: Graph): Map<string, string> {
  const found = new Map<string, string[]>();
  for (const edge of graph.edges) {
    const key = `${nodeUrn(graph, edge.src)} -> ${nodeUrn(graph, edge.dst)} (${edge.type})`;
    found.set(key, [...(found.get(key) ?? []), `${edge.subtype} ${edge.confidence} ${edge.carrier} ${edge.source}`]);
  }
  return new Map([...found].map(([key, each]) => [key, each.sort().join("\n")]));
}
