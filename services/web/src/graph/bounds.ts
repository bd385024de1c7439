/** Rectangles, and the view that shows them. World coordinates are pixels at zoom 1. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const LEAST_ZOOM = 0.03;
export const MOST_ZOOM = 2;

/** Return the smallest box around others; null around none. */
export function around(boxes: Iterable<Box>): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return right < left ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

/** Return the view that shows a box in the middle of a window, with a margin, never larger than `largest`. */
export function fitted(box: Box, width: number, height: number, margin = 32, largest = 1): View {
  const room = { width: Math.max(1, width - 2 * margin), height: Math.max(1, height - 2 * margin) };
  const wanted = Math.min(room.width / Math.max(1, box.width), room.height / Math.max(1, box.height), largest);
  return centred(box, width, height, Math.max(LEAST_ZOOM, wanted));
}

/** Return the view that has the middle of a box in the middle of a window. */
export function centred(box: Box, width: number, height: number, zoom: number): View {
  return {
    x: width / 2 - (box.x + box.width / 2) * zoom,
    y: height / 2 - (box.y + box.height / 2) * zoom,
    zoom,
  };
}

/** Return a view moved so that it shows no more emptiness beside a box than the margin, or that centres a small box. */
export function filled(view: View, box: Box, width: number, height: number, margin = 32): View {
  return {
    zoom: view.zoom,
    x: held(view.x, box.x * view.zoom, box.width * view.zoom, width, margin),
    y: held(view.y, box.y * view.zoom, box.height * view.zoom, height, margin),
  };
}

function held(shift: number, start: number, size: number, room: number, margin: number): number {
  if (size <= room - 2 * margin) return (room - size) / 2 - start;
  return Math.max(room - margin - start - size, Math.min(margin - start, shift));
}

/** Return the part of the world that a window shows. */
export function seen(view: View, width: number, height: number): Box {
  return { x: -view.x / view.zoom, y: -view.y / view.zoom, width: width / view.zoom, height: height / view.zoom };
}

export function overlaps(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height
  );
}

export function holds(box: Box, x: number, y: number): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

/** Return the view after moving no more than needed for a box to be seen whole, at the same zoom. */
export function revealed(view: View, box: Box, width: number, height: number, margin = 24): View {
  const [left, top] = [box.x * view.zoom + view.x, box.y * view.zoom + view.y];
  return {
    zoom: view.zoom,
    x: view.x + shift(left, box.width * view.zoom, width, margin),
    y: view.y + shift(top, box.height * view.zoom, height, margin),
  };
}

function shift(start: number, size: number, room: number, margin: number): number {
  if (start < margin || size > room - 2 * margin) return margin - start;
  return Math.min(0, room - margin - (start + size));
}
