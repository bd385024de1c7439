/** Finding: a card by words, by what is near, by what is under the pointer. */
import { type Box, holds } from "./bounds";
import type { Graph } from "./model";

export interface Match {
  readonly card: number;
  /** The column that fits, null for the card itself. */
  readonly column: string | null;
  readonly text: string;
}

/** Return cards, then columns, whose names hold every word, whatever their case. At most `most`. */
export function find(graph: Graph, words: string, most = 50): Match[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter((word) => word !== "");
  if (wanted.length === 0) return [];
  const fits = (text: string): boolean => wanted.every((word) => text.includes(word));
  const found: Match[] = [];
  for (const card of graph.cards)
    if (fits(`${card.title} ${card.name}`.toLocaleLowerCase())) found.push({ card: card.at, column: null, text: card.title });
  for (const card of graph.cards) {
    if (found.length >= most) break;
    for (const column of card.columns)
      if (fits(column.label.toLocaleLowerCase())) found.push({ card: card.at, column: column.path, text: `${card.title}.${column.label}` });
  }
  return found.slice(0, most);
}

export type Way = "left" | "right" | "up" | "down";

/** Return the card to which an arrow key leads: the nearest in that direction, those straight ahead before others. */
export function nearest(boxes: readonly Box[], from: number, way: Way): number {
  const own = boxes[from];
  if (own === undefined) return boxes.length > 0 ? 0 : -1;
  const [x, y] = [own.x + own.width / 2, own.y + Math.min(own.height, 54) / 2];
  let [best, least] = [-1, Infinity];
  boxes.forEach((box, at) => {
    if (at === from) return;
    const [dx, dy] = [box.x + box.width / 2 - x, box.y + Math.min(box.height, 54) / 2 - y];
    const [ahead, aside] = way === "left" ? [-dx, dy] : way === "right" ? [dx, dy] : way === "up" ? [-dy, dx] : [dy, dx];
    if (ahead < 1) return;
    const far = ahead + 2.5 * Math.abs(aside);
    if (far < least) [best, least] = [at, far];
  });
  return best;
}

/** Return the card under a point, -1 for none. */
export function cardAt(boxes: readonly Box[], x: number, y: number): number {
  return boxes.findIndex((box) => holds(box, x, y));
}
