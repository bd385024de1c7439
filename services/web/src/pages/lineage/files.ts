/** Files of what is shown: a picture, rows for a spreadsheet, the graph for programs. */
import { around } from "../../graph/bounds";
import { csvOf, type Row } from "../../graph/rows";
import { draw, type Lit, type Palette, type Scene } from "../../graph/scene";
import { save } from "../../parts/save";

const MARGIN = 24;
/** Pixels of the longer side at most: browsers refuse larger canvases. */
const LONGEST = 8_000;

export function saveRows(rows: readonly Row[], name: string): void {
  save(new Blob([csvOf(rows)], { type: "text/csv" }), `${name}.csv`);
}

export function saveJson(document_: unknown, name: string): void {
  save(new Blob([JSON.stringify(document_, null, 1)], { type: "application/json" }), `${name}.json`);
}

/** Draw the whole graph, far and near, and save it. Resolves when the file was handed to the browser. */
export async function savePicture(scene: Scene, lit: Lit, colours: Palette, name: string): Promise<void> {
  const box = around(scene.boxes);
  if (box === null) return;
  const scale = Math.min(2, LONGEST / (Math.max(box.width, box.height) + 2 * MARGIN));
  const [width, height] = [box.width + 2 * MARGIN, box.height + 2 * MARGIN];
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const brush = canvas.getContext("2d");
  if (brush === null) return;
  draw(brush, scene, { x: MARGIN - box.x, y: MARGIN - box.y, zoom: 1 }, width, height, scale, colours, lit, true);
  brush.globalCompositeOperation = "destination-over";
  brush.setTransform(1, 0, 0, 1, 0, 0);
  brush.fillStyle = colours.ground;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (blob !== null) save(blob, `${name}.png`);
}

/** The colours in force, from the page's tokens. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ground: colour("--ground"),
    card: colour("--raised"),
    line: colour("--line-strong"),
    ink: colour("--ink"),
    soft: colour("--ink-soft"),
    edge: colour("--line-strong"),
    path: colour("--path"),
    added: colour("--ok"),
    removed: colour("--bad"),
    changed: colour("--warn"),
    font: colour("--font"),
  };
}
