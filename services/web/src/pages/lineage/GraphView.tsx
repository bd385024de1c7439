/** The graph on the screen: cards by React Flow where they are readable, everything else on one canvas below them. */
import { type Edge, type Node, ReactFlow, type ReactFlowInstance, type Viewport } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type KeyboardEvent, type MouseEvent, type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { around, centred, filled, fitted, MOST_ZOOM, LEAST_ZOOM, revealed } from "../../graph/bounds";
import { curveAt } from "../../graph/curves";
import { type Detail, detailAt } from "../../graph/detail";
import { cardAt, nearest, type Way } from "../../graph/finding";
import type { Card, Column } from "../../graph/model";
import { endText, howText, rowsOf } from "../../graph/rows";
import { draw, type Lit, strokesOn } from "../../graph/scene";
import { closure } from "../../graph/walks";
import { useTheme } from "../../frame/theme";
import { type Acts, ActsContext, type CardData, CardView, cardText } from "./CardView";
import { paletteOf } from "./files";
import type { Drawn } from "./useScene";

const TYPES = { card: CardView };
const NO_EDGES: Edge[] = [];
const NO_NODES: Node[] = [];
/** Without handles React Flow would mount every card once to look for them, seen or not. */
const SIZED: Pick<Node, "handles" | "style"> = { handles: [], style: { pointerEvents: "all" } };
const UNHIDDEN: Hidden = { up: 0, down: 0 };
const WAYS: Readonly<Record<string, Way>> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
/** Zoom below which a first view shows the start instead of everything. */
const READABLE = 0.6;

export interface Hidden {
  readonly up: number;
  readonly down: number;
}

export interface Spot {
  readonly urn: string;
  /** The row, -1 for the head. */
  readonly row: number;
}

/** What a page may ask of the graph that shows. */
export interface Handle {
  readonly lit: () => Lit;
  readonly show: (card: number, column: string | null) => void;
  readonly fit: () => void;
}

interface Shown {
  readonly drawn: Drawn;
  readonly open: ReadonlySet<string>;
  readonly start: string;
  readonly trace: string | null;
  readonly indirect: boolean;
  readonly hidden: ReadonlyMap<string, Hidden>;
  readonly acts: Pick<Acts, "toggle" | "trace" | "more">;
  readonly key_: (key: string, card: Card | undefined, column: Column | undefined) => boolean;
  readonly handle: RefObject<Handle | null>;
  /** Whether a key led here: then the focus comes along. */
  readonly byKey: RefObject<boolean>;
}

export function GraphView({ drawn, open, start, trace, indirect, hidden, acts, key_, handle, byKey }: Shown) {
  const { graph, sheet, laid, scene, states, path, pathNodes, pathStrokes, generation } = drawn;
  const wrap = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useRef<ReactFlowInstance | null>(null);
  const view = useRef<Viewport>({ x: 0, y: 0, zoom: 1 });
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [detail, setDetail] = useState<Detail>("cards");
  const [active, setActive] = useState<Spot | null>(null);
  const [note, setNote] = useState<{ stroke: number; pinned: boolean } | null>(null);
  const [spoken, setSpoken] = useState("");
  const [ready, setReady] = useState(false);
  const theme = useTheme();
  const hovered = useRef<{ stroke: number; card: number; node: number }>({ stroke: -1, card: -1, node: -1 });
  const startAt = graph.cardAt.get(start) ?? -1;
  const activeAt = active === null ? -1 : (graph.cardAt.get(active.urn) ?? -1);

  const lit = useCallback((): Lit => {
    const { stroke, card, node } = hovered.current;
    const over = node < 0 || node >= graph.nodeCard.length ? null : closure(graph, [node], indirect);
    return {
      strokes: over === null ? pathStrokes : strokesOn(sheet.strokes, over.edges),
      cards: over?.cards ?? path?.cards ?? null,
      stroke,
      card: card >= 0 ? card : activeAt,
      start: startAt,
    };
  }, [graph, sheet, path, pathStrokes, indirect, activeAt, startAt]);

  const due = useRef(0);
  const paint = useCallback(() => {
    due.current = 0;
    const [place, frame] = [canvas.current, wrap.current];
    const brush = place?.getContext("2d");
    if (!place || !brush || !frame || size === null) return;
    draw(brush, scene, view.current, size.width, size.height, window.devicePixelRatio || 1, paletteOf(frame), lit());
  }, [scene, size, lit]);
  const later = useRef(paint);
  later.current = paint;
  const repaint = useCallback(() => {
    if (due.current === 0) due.current = requestAnimationFrame(() => later.current());
  }, []);

  const look = useCallback(
    (next: Viewport) => {
      view.current = next;
      void flow.current?.setViewport(next);
      setDetail(detailAt(next.zoom));
      repaint();
    },
    [repaint],
  );

  const lookAtAll = useCallback(() => {
    const box = around(laid.boxes);
    if (box !== null && size !== null) look(fitted(box, size.width, size.height));
  }, [laid, size, look]);

  useLayoutEffect(() => {
    const frame = wrap.current;
    if (frame === null) return;
    const measure = (): void => setSize({ width: frame.clientWidth, height: frame.clientHeight });
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(frame);
    return () => watch.disconnect();
  }, []);

  useLayoutEffect(() => {
    const place = canvas.current;
    if (place === null || size === null) return;
    const ratio = window.devicePixelRatio || 1;
    place.width = Math.max(1, Math.round(size.width * ratio));
    place.height = Math.max(1, Math.round(size.height * ratio));
  }, [size]);

  // A layout from nothing brings a view of its own: all of it, or the start where all of it would not be readable.
  // So does another width of the window, unless the reader has moved: then what was in the middle stays there.
  const viewed = useRef<{ generation: number; width: number; view: Viewport | null }>({ generation: -1, width: 0, view: null });
  useLayoutEffect(() => {
    const box = around(laid.boxes);
    const before = viewed.current;
    if (box === null || size === null || size.width === 0 || (before.generation === generation && before.width === size.width)) return;
    const { x, y, zoom } = view.current;
    const moved = before.generation === generation && (before.view?.x !== x || before.view.y !== y || before.view.zoom !== zoom);
    const whole = fitted(box, size.width, size.height);
    const first = laid.boxes[startAt] ?? laid.boxes[0];
    if (moved) look({ x: x + (size.width - before.width) / 2, y, zoom });
    else look(whole.zoom >= READABLE || first === undefined ? whole : filled(centred(first, size.width, size.height, READABLE + 0.2), box, size.width, size.height));
    viewed.current = { generation, width: size.width, view: moved ? null : view.current };
  }, [laid, generation, size, startAt, look]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useLayoutEffect(() => {
    paint();
  }, [paint, theme]);
  useEffect(() => {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", repaint);
    return () => dark.removeEventListener("change", repaint);
  }, [repaint]);
  useEffect(() => {
    if (size === null) return;
    const frame = requestAnimationFrame(() => {
      performance.mark("clew.lineage.drawn");
      setReady(true);
    });
    return () => cancelAnimationFrame(frame);
  }, [size]);

  useEffect(() => {
    if (byKey.current) wrap.current?.querySelector<HTMLElement>(".react-flow")?.focus();
    byKey.current = false;
  }, [byKey]);

  const activate = useCallback(
    (at: number, row: number, speak = true) => {
      const [card, box] = [graph.cards[at], laid.boxes[at]];
      if (card === undefined || box === undefined) return;
      setActive({ urn: card.urn, row });
      if (size !== null) {
        const next = revealed(view.current, box, size.width, size.height);
        if (next.x !== view.current.x || next.y !== view.current.y) look(next);
      }
      const column = sheet.rows[at]?.[row];
      const left = hidden.get(card.urn) ?? UNHIDDEN;
      if (speak)
        setSpoken(column === undefined ? cardText({ card, above: left.up, below: left.down, open: open.has(card.urn), state: states[at] ?? "same" }) : `column ${column.label}`);
    },
    [graph, laid, sheet, hidden, open, states, size, look],
  );

  useEffect(() => {
    handle.current = {
      lit,
      fit: lookAtAll,
      show: (card, column) => {
        const box = laid.boxes[card];
        if (box === undefined || size === null) return;
        look(centred(box, size.width, size.height, Math.max(view.current.zoom, 0.8)));
        activate(card, column === null ? -1 : (sheet.rows[card]?.findIndex((row) => row.path === column) ?? -1));
      },
    };
  }, [handle, lit, lookAtAll, laid, sheet, size, look, activate]);

  const all = useMemo<Acts>(
    () => ({
      ...acts,
      hover: (node) => {
        hovered.current = { ...hovered.current, node };
        repaint();
      },
      touch: (card, row) => activate(card.at, row, false),
    }),
    [acts, activate, repaint],
  );

  const nodes = useMemo<Node[]>(
    () =>
      detail !== "cards"
        ? NO_NODES
        : graph.cards.map((card) => {
            const box = laid.boxes[card.at] ?? { x: 0, y: 0, width: 0, height: 0 };
            const left = hidden.get(card.urn) ?? UNHIDDEN;
            const data: CardData = {
              card,
              rows: sheet.rows[card.at] ?? [],
              hidden: sheet.hidden[card.at] ?? 0,
              open: open.has(card.urn),
              start: card.urn === start,
              state: states[card.at] ?? "same",
              above: left.up,
              below: left.down,
              dim: path !== null && !path.cards.has(card.at),
              lit: pathNodes,
              traced: trace !== null && trace !== card.urn ? (card.columns.find((column) => column.node >= 0 && pathStart(path) === column.node)?.path ?? null) : null,
              active: active?.urn === card.urn ? active.row : null,
            };
            return { id: card.urn, type: "card", position: { x: box.x, y: box.y }, width: box.width, height: box.height, ...SIZED, data };
          }),
    [detail, graph, laid, sheet, hidden, open, start, states, path, pathNodes, trace, active],
  );

  const onMove = useCallback(
    (_: unknown, next: Viewport) => {
      view.current = next;
      const now = detailAt(next.zoom);
      setDetail((before) => (before === now ? before : now));
      repaint();
    },
    [repaint],
  );

  const worldOf = (event: MouseEvent | globalThis.MouseEvent): { x: number; y: number } => {
    const corner = wrap.current?.getBoundingClientRect();
    const { x, y, zoom } = view.current;
    return { x: (event.clientX - (corner?.left ?? 0) - x) / zoom, y: (event.clientY - (corner?.top ?? 0) - y) / zoom };
  };

  function hoverAt(event: MouseEvent): void {
    const { x, y } = worldOf(event);
    const card = detail === "cards" ? -1 : cardAt(laid.boxes, x, y);
    const stroke = card >= 0 ? -1 : curveAt(scene.curves, x, y, 6 / view.current.zoom);
    if (stroke === hovered.current.stroke && card === hovered.current.card) return;
    hovered.current = { ...hovered.current, stroke, card };
    if (note?.pinned !== true) setNote(stroke < 0 ? null : { stroke, pinned: false });
    repaint();
  }

  function pressAt(event: MouseEvent): void {
    const { x, y } = worldOf(event);
    const card = detail === "cards" ? -1 : cardAt(laid.boxes, x, y);
    const stroke = card >= 0 ? -1 : curveAt(scene.curves, x, y, 8 / view.current.zoom);
    setNote(stroke < 0 ? null : { stroke, pinned: true });
    const box = laid.boxes[card];
    if (box === undefined || size === null) return;
    look(centred(box, size.width, size.height, 0.9));
    activate(card, -1, false);
  }

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const card = graph.cards[activeAt];
    const rows = sheet.rows[activeAt] ?? [];
    const row = active?.row ?? -1;
    const way = WAYS[event.key];
    if (way !== undefined) {
      const [step, last] = [way === "down" ? 1 : -1, rows.length - 1];
      const inside = (way === "down" && row < last) || (way === "up" && row >= 0);
      if (card === undefined) activate(Math.max(startAt, 0), -1);
      else if ((way === "up" || way === "down") && inside) activate(activeAt, row + step);
      else {
        const next = nearest(laid.boxes, activeAt, way);
        if (next >= 0) activate(next, -1);
      }
    } else if (event.key === "f") lookAtAll();
    else if (event.key === "+" || event.key === "=") zoomBy(1.25);
    else if (event.key === "-") zoomBy(0.8);
    else if (event.key === "Escape" && note !== null) setNote(null);
    else if (event.key === "Escape" && !key_(event.key, card, rows[row]) && active !== null) setActive(null);
    else if (event.key !== "Escape" && !key_(event.key, card, rows[row])) return;
    event.preventDefault();
  }

  function zoomBy(factor: number): void {
    if (size === null) return;
    const { x, y, zoom } = view.current;
    const next = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom * factor));
    const [cx, cy] = [size.width / 2, size.height / 2];
    look({ zoom: next, x: cx - ((cx - x) * next) / zoom, y: cy - ((cy - y) * next) / zoom });
  }

  const stroke = note === null ? undefined : sheet.strokes[note.stroke];
  return (
    <div className="graph" ref={wrap} data-ready={ready} data-detail={detail}>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: this canvas takes no focus; the list twin tells what it draws */}
      <canvas ref={canvas} className="graph-canvas" aria-hidden="true" />
      <ActsContext value={all}>
        <ReactFlow
          nodes={size === null ? NO_NODES : nodes}
          edges={NO_EDGES}
          nodeTypes={TYPES}
          minZoom={LEAST_ZOOM}
          maxZoom={MOST_ZOOM}
          onInit={(instance) => {
            flow.current = instance;
            void instance.setViewport(view.current);
          }}
          onMove={onMove}
          onPaneMouseMove={hoverAt}
          onPaneClick={pressAt}
          onPaneMouseLeave={() => {
            hovered.current = { ...hovered.current, stroke: -1, card: -1 };
            repaint();
          }}
          onlyRenderVisibleElements
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          zoomOnDoubleClick={false}
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panActivationKeyCode={null}
          zoomActivationKeyCode={null}
          disableKeyboardA11y
          proOptions={{ hideAttribution: true }}
          tabIndex={0}
          onKeyDown={pressed}
          onFocus={() => {
            if (startAt >= 0) setActive((before) => before ?? { urn: start, row: -1 });
          }}
          aria-label="Lineage graph. Arrows go from card to card, Enter opens columns, Space traces, e and Shift e expand. The list view has the same edges."
          aria-activedescendant={activeAt >= 0 && detail === "cards" ? (active !== null && active.row >= 0 ? `card-${activeAt}-${active.row}` : `card-${activeAt}`) : undefined}
        />
      </ActsContext>
      <div className="graph-zoom" role="group" aria-label="Zoom">
        <button type="button" className="icon-button" aria-label="Closer" onClick={() => zoomBy(1.25)}>
          +
        </button>
        <button type="button" className="icon-button" aria-label="Further" onClick={() => zoomBy(0.8)}>
          −
        </button>
        <button type="button" className="icon-button fit" aria-label="Show all (f)" title="Show all (f)" onClick={lookAtAll}>
          <svg viewBox="0 0 16 16" width="16" height="16" className="icon" aria-hidden="true">
            <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
          </svg>
        </button>
      </div>
      {stroke !== undefined && <Note drawn={drawn} edges={stroke.edges} pinned={note?.pinned ?? false} />}
      <p className="sr" role="status">
        {spoken}
      </p>
    </div>
  );
}

/** The node at which a path starts: the first. */
function pathStart(path: Drawn["path"]): number {
  return path?.nodes[0] ?? -1;
}

const NOTED = 6;

/** What runs along a line. */
function Note({ drawn, edges, pinned }: { readonly drawn: Drawn; readonly edges: readonly number[]; readonly pinned: boolean }) {
  const rows = rowsOf(drawn.graph, { nodes: [], edges, cards: new Set() });
  return (
    <div className={pinned ? "note pinned" : "note"}>
      <ul>
        {rows.slice(0, NOTED).map((row) => (
          <li key={`${row.from} ${row.to} ${row.carrier} ${row.subtype} ${row.source}`}>
            <bdi>{endText(row.from)}</bdi> → <bdi>{endText(row.to)}</bdi>
            <span className="soft">
              {howText(row.type, row.subtype)}
              {row.confidence < 1 ? `, ${Math.round(row.confidence * 100)}% sure` : ""}
              {row.carrier !== "" ? `, by ${endText(row.carrier)}` : ""}, says {row.source}
            </span>
          </li>
        ))}
      </ul>
      {rows.length > NOTED && <p className="soft">and {rows.length - NOTED} more edges along this line</p>}
    </div>
  );
}
