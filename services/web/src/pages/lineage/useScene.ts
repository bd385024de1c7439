/** From a graph and its state to what is drawn: sheet, layout, curves. Cards that were there keep their places. */
import { useMemo, useRef } from "react";
import type { Box } from "../../graph/bounds";
import { cardStates } from "../../graph/changes";
import { curvesOf } from "../../graph/curves";
import { type Grouping, regions } from "../../graph/groups";
import { type Layout, layout, type Point } from "../../graph/layout";
import { type Graph, nodeOf, type State } from "../../graph/model";
import { type Scene, strokesOn } from "../../graph/scene";
import { type Sheet, sheetOf } from "../../graph/sheet";
import { between as ways, closure, type Path } from "../../graph/walks";

export interface Drawn {
  readonly graph: Graph;
  readonly sheet: Sheet;
  readonly laid: Layout;
  readonly scene: Scene;
  readonly states: readonly State[];
  /** What is traced, null for nothing. */
  readonly path: Path | null;
  readonly pathNodes: ReadonlySet<number>;
  readonly pathStrokes: ReadonlySet<number> | null;
  /** Changes when the layout was made from nothing. */
  readonly generation: number;
}

interface Before {
  readonly key: string;
  readonly generation: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly bends: ReadonlyMap<string, readonly Point[]>;
}

/** Return the nodes at which the tracing of a thing starts: a column's own, of a whole card all. */
export function startNodes(graph: Graph, urn: string): readonly number[] {
  const node = nodeOf(graph, urn);
  if (node >= 0) return [node];
  const card = graph.cardAt.get(urn);
  return card === undefined ? [] : (graph.nodesOf[card] ?? []);
}

/** Return what a trace runs through: everything above and below, or (with an end) the ways to that end. */
export function pathOf(graph: Graph, trace: string, to: string | undefined, indirect: boolean): Path {
  const start = startNodes(graph, trace);
  return to === undefined ? closure(graph, start, indirect) : ways(graph, start, startNodes(graph, to), indirect);
}

/** Compute what is drawn. `key` names what the layout may not outlive; `anchor` is the card that must stay in place. */
export function useScene(graph: Graph, open: ReadonlySet<string>, trace: string | null, to: string | undefined, indirect: boolean, by: Grouping, key: string, anchor: string): Drawn {
  const before = useRef<Before | null>(null);
  const path = useMemo(() => (trace === null ? null : pathOf(graph, trace, to, indirect)), [graph, trace, to, indirect]);
  const pathNodes = useMemo(() => new Set(path?.nodes), [path]);
  const sheet = useMemo(() => sheetOf(graph, { cards: open, nodes: pathNodes }), [graph, open, pathNodes]);
  const [laid, generation] = useMemo(() => {
    const last = before.current?.key === key ? before.current : null;
    const kept = last === null ? null : keptOf(graph, sheet, last, anchor);
    const made = layout(sheet.sizes, sheet.strokes, kept);
    const count = last === null ? (before.current?.generation ?? 0) + 1 : last.generation;
    before.current = remembered(graph, sheet, made, key, count);
    return [made, count] as const;
  }, [graph, sheet, key, anchor]);
  const scene = useMemo<Scene>(
    () => ({
      graph,
      boxes: laid.boxes,
      rows: sheet.rows,
      strokes: sheet.strokes,
      curves: curvesOf(sheet.strokes, laid),
      regions: regions(graph, laid.boxes, laid.layer, by),
    }),
    [graph, sheet, laid, by],
  );
  const states = useMemo(() => cardStates(graph), [graph]);
  const pathStrokes = useMemo(() => (path === null ? null : strokesOn(sheet.strokes, path.edges)), [sheet, path]);
  return { graph, sheet, laid, scene, states, path, pathNodes, pathStrokes, generation };
}

const between = (graph: Graph, stroke: { readonly src: number; readonly dst: number }): string =>
  `${graph.cards[stroke.src]?.urn} ${graph.cards[stroke.dst]?.urn}`;

function keptOf(graph: Graph, sheet: Sheet, last: Before, anchor: string) {
  const boxes = graph.cards.map((card) => last.boxes.get(card.urn));
  const named = graph.cardAt.get(anchor) ?? -1;
  const held = boxes[named] === undefined ? boxes.findIndex((box) => box !== undefined) : named;
  return held < 0 ? null : { boxes, bends: sheet.strokes.map((stroke) => last.bends.get(between(graph, stroke))), anchor: held };
}

function remembered(graph: Graph, sheet: Sheet, made: Layout, key: string, generation: number): Before {
  const boxes = new Map<string, Box>();
  graph.cards.forEach((card, at) => {
    const box = made.boxes[at];
    if (box !== undefined) boxes.set(card.urn, box);
  });
  const bends = new Map(sheet.strokes.map((stroke, at) => [between(graph, stroke), made.bends[at] ?? []]));
  return { key, generation, boxes, bends };
}
