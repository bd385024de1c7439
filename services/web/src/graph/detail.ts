/** How much of a card is worth drawing at a zoom. */
export type Detail = "cards" | "tiles" | "groups";

/** Below this, cards are tiles on the canvas. */
export const TILES_BELOW = 0.4;
/** Below this, only groups are told apart. */
export const GROUPS_BELOW = 0.12;

export function detailAt(zoom: number): Detail {
  if (zoom < GROUPS_BELOW) return "groups";
  return zoom < TILES_BELOW ? "tiles" : "cards";
}
