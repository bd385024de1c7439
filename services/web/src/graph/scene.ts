/** Scene: edges, far cards and groups, drawn on one canvas. Drawing costs what is seen, and a path what it is long. */
import { type Box, overlaps, seen, type View } from "./bounds";
import type { Curve } from "./curves";
import { type Detail, detailAt } from "./detail";
import type { Region } from "./groups";
import type { Column, Graph, State } from "./model";
import { headText } from "./names";
import { HEAD, ROW, type Stroke } from "./sheet";

export interface Palette {
  readonly ground: string;
  readonly card: string;
  readonly line: string;
  readonly ink: string;
  readonly soft: string;
  readonly edge: string;
  readonly path: string;
  readonly added: string;
  readonly removed: string;
  readonly changed: string;
  readonly font: string;
}

export interface Scene {
  readonly graph: Graph;
  readonly boxes: readonly Box[];
  /** Columns that show, by card. */
  readonly rows: readonly (readonly Column[])[];
  readonly strokes: readonly Stroke[];
  readonly curves: readonly Curve[];
  readonly regions: readonly Region[];
}

export interface Lit {
  /** Strokes of the traced path, and the cards it runs through; null when nothing is traced. */
  readonly strokes: ReadonlySet<number> | null;
  readonly cards: ReadonlySet<number> | null;
  /** The stroke and card under the pointer or the keyboard; -1 for none. */
  readonly stroke: number;
  readonly card: number;
  readonly start: number;
}

type Brush = Pick<
  CanvasRenderingContext2D,
  | "beginPath"
  | "bezierCurveTo"
  | "clearRect"
  | "fill"
  | "fillRect"
  | "fillText"
  | "lineTo"
  | "measureText"
  | "moveTo"
  | "setLineDash"
  | "setTransform"
  | "stroke"
  | "strokeRect"
> & {
  fillStyle: string | CanvasGradient | CanvasPattern;
  strokeStyle: string | CanvasGradient | CanvasPattern;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textBaseline: CanvasTextBaseline;
};

const DIM = 0.14;

/** Draw what a window of this size, in CSS pixels, shows. With `whole`, near cards too: for a picture of it all. */
export function draw(brush: Brush, scene: Scene, view: View, width: number, height: number, ratio: number, colours: Palette, lit: Lit, whole = false): void {
  const detail = detailAt(view.zoom);
  const window = seen(view, width, height);
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  brush.setTransform(ratio * view.zoom, 0, 0, ratio * view.zoom, ratio * view.x, ratio * view.y);
  drawStrokes(brush, scene, window, view.zoom, detail, colours, lit);
  if (whole) drawSheets(brush, scene, colours, lit);
  else if (detail === "tiles") drawTiles(brush, scene, window, view.zoom, colours, lit);
  else if (detail === "groups") drawRegions(brush, scene, window, view.zoom, colours, lit);
}

function drawStrokes(brush: Brush, scene: Scene, window: Box, zoom: number, detail: Detail, colours: Palette, lit: Lit): void {
  const kinds: Record<string, number[]> = { direct: [], indirect: [], added: [], removed: [], changed: [] };
  const path: number[] = [];
  scene.strokes.forEach((stroke, at) => {
    const curve = scene.curves[at];
    if (curve === undefined || !overlaps(grown(curve.box), window)) return;
    if (lit.strokes?.has(at)) path.push(at);
    else kinds[kindOf(scene.graph, stroke)]?.push(at);
  });
  const thin = Math.max(1, Math.min(1.25, zoom)) / zoom;
  brush.globalAlpha = lit.strokes === null ? (detail === "groups" ? 0.45 : 0.85) : DIM;
  trace(brush, scene, kinds.direct ?? [], colours.edge, thin, detail);
  brush.setLineDash([5 / zoom, 4 / zoom]);
  trace(brush, scene, kinds.indirect ?? [], colours.edge, thin, detail);
  trace(brush, scene, kinds.removed ?? [], colours.removed, 2 * thin, detail);
  brush.setLineDash([]);
  trace(brush, scene, kinds.added ?? [], colours.added, 2 * thin, detail);
  trace(brush, scene, kinds.changed ?? [], colours.changed, 2 * thin, detail);
  brush.globalAlpha = 1;
  trace(brush, scene, path, colours.path, 2 / Math.min(1, zoom), detail);
  if (lit.stroke >= 0 && lit.stroke < scene.curves.length) trace(brush, scene, [lit.stroke], colours.path, 2.5 / Math.min(1, zoom), detail);
}

const grown = (box: Box): Box => ({ x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 });

function kindOf(graph: Graph, stroke: Stroke): string {
  const states = new Set<State>(stroke.edges.map((each) => graph.edges[each]?.state ?? "same"));
  const [only] = states;
  if (states.size > 1) return "changed";
  return only === undefined || only === "same" ? (stroke.indirect ? "indirect" : "direct") : only;
}

function trace(brush: Brush, scene: Scene, strokes: readonly number[], colour: string, width: number, detail: Detail): void {
  if (strokes.length === 0) return;
  brush.strokeStyle = colour;
  brush.lineWidth = width;
  brush.beginPath();
  for (const each of strokes) {
    const points = scene.curves[each]?.points;
    if (points === undefined || points.length < 8) continue;
    brush.moveTo(points[0] ?? 0, points[1] ?? 0);
    for (let at = 0; at + 7 < points.length; at += 8)
      if (detail === "groups") brush.lineTo(points[at + 6] ?? 0, points[at + 7] ?? 0);
      else
        brush.bezierCurveTo(
          points[at + 2] ?? 0,
          points[at + 3] ?? 0,
          points[at + 4] ?? 0,
          points[at + 5] ?? 0,
          points[at + 6] ?? 0,
          points[at + 7] ?? 0,
        );
  }
  brush.stroke();
  if (detail === "cards") arrows(brush, scene, strokes, colour);
}

function arrows(brush: Brush, scene: Scene, strokes: readonly number[], colour: string): void {
  brush.fillStyle = colour;
  brush.beginPath();
  for (const each of strokes) {
    const points = scene.curves[each]?.points;
    const [x, y] = [points?.at(-2) ?? 0, points?.at(-1) ?? 0];
    brush.moveTo(x, y);
    brush.lineTo(x - 7, y - 3.5);
    brush.lineTo(x - 7, y + 3.5);
    brush.lineTo(x, y);
  }
  brush.fill();
}

function drawTiles(brush: Brush, scene: Scene, window: Box, zoom: number, colours: Palette, lit: Lit): void {
  const size = Math.min(15 / zoom, 40);
  brush.font = `600 ${size}px ${colours.font}`;
  brush.textBaseline = "middle";
  scene.boxes.forEach((box, at) => {
    if (!overlaps(box, window)) return;
    frame(brush, box, at, zoom, colours, lit);
    brush.fillStyle = colours.ink;
    const card = scene.graph.cards[at];
    brush.fillText(shortened(brush, card === undefined ? "" : headText(card), box.width - 16), box.x + 8, box.y + Math.min(box.height, 54) / 2);
  });
  brush.globalAlpha = 1;
}

function frame(brush: Brush, box: Box, at: number, zoom: number, colours: Palette, lit: Lit): void {
  const path = lit.cards?.has(at) ?? false;
  brush.globalAlpha = lit.cards === null || path ? 1 : 0.35;
  brush.fillStyle = colours.card;
  brush.fillRect(box.x, box.y, box.width, box.height);
  brush.strokeStyle = path || at === lit.start || at === lit.card ? colours.path : colours.line;
  brush.lineWidth = (at === lit.card ? 3 : at === lit.start || path ? 2 : 1) / zoom;
  brush.strokeRect(box.x, box.y, box.width, box.height);
}

/** Cards as a picture shows them: head and rows. */
function drawSheets(brush: Brush, scene: Scene, colours: Palette, lit: Lit): void {
  brush.textBaseline = "middle";
  scene.boxes.forEach((box, at) => {
    const card = scene.graph.cards[at];
    if (card === undefined) return;
    frame(brush, box, at, 1, colours, lit);
    brush.fillStyle = colours.ink;
    brush.font = `600 14px ${colours.font}`;
    brush.fillText(shortened(brush, headText(card), box.width - 20), box.x + 10, box.y + 18);
    brush.fillStyle = colours.soft;
    brush.font = `12px ${colours.font}`;
    brush.fillText(shortened(brush, `${card.kind} · ${card.schema}`, box.width - 20), box.x + 10, box.y + 38);
    brush.fillStyle = colours.ink;
    (scene.rows[at] ?? []).forEach((column, row) => {
      brush.fillText(shortened(brush, column.label, box.width - 20), box.x + 10, box.y + HEAD + (row + 0.5) * ROW);
    });
  });
  brush.globalAlpha = 1;
}

function drawRegions(brush: Brush, scene: Scene, window: Box, zoom: number, colours: Palette, lit: Lit): void {
  brush.textBaseline = "middle";
  brush.globalAlpha = 1;
  for (const region of scene.regions) {
    if (!overlaps(region, window)) continue;
    brush.fillStyle = colours.card;
    brush.fillRect(region.x, region.y, region.width, region.height);
    brush.strokeStyle = colours.line;
    brush.lineWidth = 1 / zoom;
    brush.strokeRect(region.x, region.y, region.width, region.height);
    const size = Math.min(11 / zoom, Math.max(region.height * 0.6, 4 / zoom));
    if (size * zoom < 6) continue;
    brush.fillStyle = colours.ink;
    brush.font = `600 ${size}px ${colours.font}`;
    brush.fillText(shortened(brush, `${region.name} · ${region.cards}`, region.width * 1.3), region.x + 4 / zoom, region.y + region.height / 2);
  }
  for (const at of [lit.start, lit.card]) {
    const box = scene.boxes[at];
    if (box === undefined) continue;
    brush.strokeStyle = colours.path;
    brush.lineWidth = 3 / zoom;
    brush.strokeRect(box.x, box.y, box.width, box.height);
  }
}

/** Cut a text in its middle so that it is no wider; the end of a name tells most. */
function shortened(brush: Brush, text: string, width: number): string {
  const whole = brush.measureText(text).width;
  if (whole <= width) return text;
  const letters = [...text];
  for (let room = Math.floor((letters.length * width) / whole); room > 2; room--) {
    const cut = cutTo(letters, room);
    if (brush.measureText(cut).width <= width) return cut;
  }
  return cutTo(letters, 2);
}

function cutTo(letters: readonly string[], room: number): string {
  const front = Math.max(1, Math.floor(room * 0.4));
  return `${letters.slice(0, front).join("")}…${letters.slice(letters.length - Math.max(1, room - front)).join("")}`;
}

/** Return the strokes along which edges of a path run. */
export function strokesOn(strokes: readonly Stroke[], edges: Iterable<number>): Set<number> {
  const wanted = new Set(edges);
  const found = new Set<number>();
  for (const stroke of strokes) if (stroke.edges.some((each) => wanted.has(each))) found.add(stroke.at);
  return found;
}
