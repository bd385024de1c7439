/** Curves: where each stroke runs, as cubic segments in world coordinates; and which of them is under the pointer. */
import { type Box, overlaps } from "./bounds";
import type { Layout } from "./layout";
import type { Stroke } from "./sheet";

export interface Curve {
  /** Eight numbers a segment: start, two controls, end. */
  readonly points: Float64Array;
  readonly box: Box;
}

const LOOP = 46;

/** Return the curve of every stroke. */
export function curvesOf(strokes: readonly Stroke[], placed: Layout): Curve[] {
  return strokes.map((stroke, at) => curveOf(stroke, placed, at));
}

function curveOf(stroke: Stroke, placed: Layout, at: number): Curve {
  const from = placed.boxes[stroke.src];
  const to = placed.boxes[stroke.dst];
  if (from === undefined || to === undefined) return { points: new Float64Array(), box: { x: 0, y: 0, width: 0, height: 0 } };
  const start = { x: from.x + from.width, y: from.y + stroke.out };
  const end = { x: to.x, y: to.y + stroke.into };
  const points: number[] = [];
  if (placed.back.has(at) || end.x <= start.x) loop(points, start, end, Math.max(from.y + from.height, to.y + to.height));
  else {
    let last = start;
    [...(placed.bends[at] ?? []), end].forEach((next, index) => {
      // Bends come in pairs, one on each side of the layer that is passed: straight between them.
      if (index % 2 === 1 && index < (placed.bends[at]?.length ?? 0)) line(points, last, next);
      else bend(points, last, next);
      last = next;
    });
  }
  return { points: Float64Array.from(points), box: boxOf(points) };
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

function bend(points: number[], from: Spot, to: Spot): void {
  const reach = Math.max(24, (to.x - from.x) / 2);
  points.push(from.x, from.y, from.x + reach, from.y, to.x - reach, to.y, to.x, to.y);
}

function line(points: number[], from: Spot, to: Spot): void {
  const third = (to.x - from.x) / 3;
  points.push(from.x, from.y, from.x + third, from.y, to.x - third, to.y, to.x, to.y);
}

/** A way back: out to the right, under both cards, in from the left. */
function loop(points: number[], from: Spot, to: Spot, lowest: number): void {
  const y = lowest + LOOP;
  const [right, left] = [from.x + LOOP, to.x - LOOP];
  points.push(from.x, from.y, right + LOOP, from.y, right + LOOP, y, right, y);
  points.push(right, y, (right * 2 + left) / 3, y, (right + left * 2) / 3, y, left, y);
  points.push(left, y, left - LOOP, y, left - LOOP, to.y, to.x, to.y);
}

function boxOf(points: readonly number[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at + 1 < points.length; at += 2) {
    left = Math.min(left, points[at] ?? 0);
    right = Math.max(right, points[at] ?? 0);
    top = Math.min(top, points[at + 1] ?? 0);
    bottom = Math.max(bottom, points[at + 1] ?? 0);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

const SAMPLES = 14;

/** Return the position of the curve nearest to a point, within `reach`; -1 for none. */
export function curveAt(curves: readonly Curve[], x: number, y: number, reach: number): number {
  const near: Box = { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach };
  let [best, least] = [-1, reach * reach];
  curves.forEach((curve, at) => {
    const { box } = curve;
    if (!overlaps(near, { x: box.x - 0.5, y: box.y - 0.5, width: box.width + 1, height: box.height + 1 })) return;
    const far = distance(curve.points, x, y);
    if (far < least) [best, least] = [at, far];
  });
  return best;
}

/** Return the squared distance from a point to a curve, by sampled chords. */
function distance(points: Float64Array, x: number, y: number): number {
  let least = Infinity;
  for (let at = 0; at + 7 < points.length; at += 8) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0] = points.subarray(at, at + 8);
    let [px, py] = [x0, y0];
    for (let step = 1; step <= SAMPLES; step++) {
      const t = step / SAMPLES;
      const u = 1 - t;
      const qx = u * u * u * x0 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t * t * t * x3;
      const qy = u * u * u * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t * t * t * y3;
      least = Math.min(least, toChord(x, y, px, py, qx, qy));
      [px, py] = [qx, qy];
    }
  }
  return least;
}

function toChord(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2;
}
