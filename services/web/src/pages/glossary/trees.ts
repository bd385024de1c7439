/** Three trees of one form: terms, domains and tags. What is asked of each, how it is changed, and walks over its nodes. */
import type { Json } from "../../data/json";
import {
  Domains,
  FellDomain,
  FellTag,
  FellTerm,
  GrowDomain,
  GrowTag,
  GrowTerm,
  type Operation,
  Tags,
  Terms,
  type TermsResult,
  type TermsVariables,
} from "../../data/operations";
import { kindOf, labelOf } from "../../data/urn";
import type { Done } from "../../data/writing";

export type Node = TermsResult["tree"][number];

/** What is used as one, though nobody ever said anything of it: its URN and by how many things. */
export interface Used {
  readonly urn: string;
  readonly things: number;
}

export interface Form {
  readonly key: string;
  readonly title: string;
  readonly noun: string;
  readonly kind: string;
  /** The type of the edge from what uses one. */
  readonly edge: string;
  readonly uses: string;
  readonly none: string;
  readonly command: string;
  readonly ask: Operation<TermsResult, TermsVariables>;
  readonly grow: Operation<{ readonly done: Done }, { readonly said: Json }>;
  readonly fell: Operation<{ readonly done: Done }, { readonly name: string }>;
}

export const FORMS: readonly [Form, ...Form[]] = [
  {
    key: "terms",
    title: "Terms",
    noun: "term",
    kind: "glossary_term",
    edge: "means",
    uses: "Stands for",
    none: "No term is defined yet.",
    command: 'clew glossary add Revenue --definition "What customers paid"',
    ask: Terms,
    grow: GrowTerm,
    fell: FellTerm,
  },
  {
    key: "domains",
    title: "Domains",
    noun: "domain",
    kind: "domain",
    edge: "in_domain",
    uses: "Lies in it",
    none: "There is no domain yet.",
    command: "clew domain add Sales",
    ask: Domains,
    grow: GrowDomain,
    fell: FellDomain,
  },
  {
    key: "tags",
    title: "Tags",
    noun: "tag",
    kind: "tag",
    edge: "tagged",
    uses: "Carries it",
    none: "There is no tag yet.",
    command: "clew edit add-tag PII flights",
    ask: Tags,
    grow: GrowTag,
    fell: FellTag,
  },
];

/** Return the SQL for what is used by an edge of this type. */
export function usedSql(edge: string): string {
  return `SELECT dst AS urn, count(DISTINCT src) AS things FROM edges WHERE type = '${edge}' GROUP BY dst ORDER BY 1`;
}

/** Return the tree with what is used but stands in no tree, at the top and by name. */
export function withUsed(tree: readonly Node[], used: readonly Used[], kind: string): readonly Node[] {
  const known = new Set(tree.map((each) => each.urn));
  const missing = used.filter((each) => !known.has(each.urn) && kindOf(each.urn) === kind);
  if (missing.length === 0) return tree;
  const blocks: Node[][] = missing.map(({ urn, things }) => [{ urn, name: labelOf(urn), text: null, parent: null, depth: 0, uses: things, usesBelow: things }]);
  for (const each of tree) {
    if (each.depth === 0) blocks.push([each]);
    else blocks.at(-1)?.push(each);
  }
  return blocks.sort(([a], [b]) => (a?.name ?? "").localeCompare(b?.name ?? "")).flat();
}

/** Most lines of a tree that a page holds at once; what is cut is said. */
export const MOST = 1_000;

/** Above so many nodes a tree is first shown closed. */
const SMALL = 200;

/** Return the nodes that have something below them: those followed by a deeper one. */
export function branching(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(nodes.filter((each, at) => (nodes[at + 1]?.depth ?? 0) > each.depth).map((each) => each.urn));
}

/** Return what is open when nobody has chosen: all of a small tree, nothing of a large one. */
export function openAtFirst(nodes: readonly Node[]): ReadonlySet<string> {
  return nodes.length <= SMALL ? branching(nodes) : new Set();
}

/** Return the URNs of all that is above a node, the nearest last. */
export function above(nodes: readonly Node[], urn: string): readonly string[] {
  const found: string[] = [];
  let at = nodes.findIndex((each) => each.urn === urn);
  let depth = nodes[at]?.depth ?? 0;
  for (; at >= 0 && depth > 0; at--) {
    const each = nodes[at];
    if (each !== undefined && each.depth < depth) {
      found.unshift(each.urn);
      depth = each.depth;
    }
  }
  return found;
}

/** Return a node and all below it. */
export function below(nodes: readonly Node[], urn: string): readonly string[] {
  const at = nodes.findIndex((each) => each.urn === urn);
  const top = nodes[at];
  if (top === undefined) return [];
  const rest = nodes.slice(at + 1);
  const end = rest.findIndex((each) => each.depth <= top.depth);
  return [urn, ...rest.slice(0, end < 0 ? rest.length : end).map((each) => each.urn)];
}

/** Return the lines that show: of words those that hold them, with all above; else what no closed node hides. */
export function shownOf(nodes: readonly Node[], open: ReadonlySet<string>, words: string): readonly Node[] {
  const wanted = words.trim().toLowerCase();
  if (wanted !== "") {
    const hits = nodes.filter((each) => `${each.name} ${each.text ?? ""}`.toLowerCase().includes(wanted));
    const kept = new Set(hits.flatMap((each) => [...above(nodes, each.urn), each.urn]));
    return nodes.filter((each) => kept.has(each.urn));
  }
  const shown: Node[] = [];
  let closed = Number.POSITIVE_INFINITY;
  for (const each of nodes) {
    if (each.depth > closed) continue;
    closed = open.has(each.urn) ? Number.POSITIVE_INFINITY : each.depth;
    shown.push(each);
  }
  return shown;
}

/** Return which of how many siblings each shown line is, as readers of a screen tell it. */
export function places(shown: readonly Node[]): readonly { readonly at: number; readonly of: number }[] {
  const said: { at: number; of: number }[] = [];
  const groups: { at: number; of: number }[][] = [];
  for (const each of shown) {
    groups.length = each.depth + 1;
    const group = groups[each.depth] ?? [];
    groups[each.depth] = group;
    const one = { at: group.length + 1, of: 0 };
    group.push(one);
    for (const other of group) other.of = group.length;
    said.push(one);
  }
  return said;
}
