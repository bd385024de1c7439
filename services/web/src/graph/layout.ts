/**
 * Layout: cards in layers from left to right, what data comes from left of what it goes to.
 *
 * Longest-path layers; a link over several layers bends at a dummy in each between, so that it passes beside cards and
 * not behind them; barycentre sweeps, by the heights at which links touch the cards, order each layer; then each card
 * comes as near to its neighbours as it can. Deterministic. Against an earlier layout, cards keep their order and, as
 * far as there is room, their places; the anchor keeps its place exactly.
 */
import type { Box } from "./bounds";
import { type Arc, layersOf } from "./layers";
import { place } from "./placing";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Wire {
  readonly src: number;
  readonly dst: number;
  /** Heights, from the top of the card, at which the link leaves and arrives. */
  readonly out: number;
  readonly into: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly boxes: readonly Box[];
  readonly layer: readonly number[];
  /** Points between the ends of each wire, from its source on; empty when it leads to the next layer. */
  readonly bends: readonly (readonly Point[])[];
  /** Positions of wires that lead back. */
  readonly back: ReadonlySet<number>;
}

export interface Kept {
  /** Where cards stood before; undefined for one that is new. */
  readonly boxes: readonly (Box | undefined)[];
  /** Where wires bent before; undefined for one that is new. */
  readonly bends: readonly (readonly Point[] | undefined)[];
  /** The card that must not move; -1 for none. */
  readonly anchor: number;
}

export const LAYER_GAP = 110;
export const CARD_GAP = 22;
const DUMMY = 10;
const SWEEPS = 6;
const PULLS = 4;
const HELD = 8;
const NAILED = 1e7;

interface Item {
  /** The card, -1 for a dummy. */
  readonly card: number;
  readonly layer: number;
  readonly height: number;
}

/** All wires between two items of neighbouring layers: how many, and where they touch in the mean. */
interface Hop {
  readonly from: number;
  readonly to: number;
  out: number;
  into: number;
  wires: number;
}

/** Lay out cards of these sizes. */
export function layout(sizes: readonly Size[], wires: readonly Wire[], kept: Kept | null = null): Layout {
  const arcs: Arc[] = wires.map((wire) => [wire.src, wire.dst]);
  const { layer, back } = layersOf(sizes.length, arcs);
  const net = netOf(sizes, wires, layer, back);
  const stood = kept === null ? [] : stoodBefore(net, kept);
  const order = kept === null ? sweep(net, startOrder(net)) : insert(net, stood);
  const xs = columns(sizes, layer, kept);
  const tops = pull(net, order, sizes, kept, stood);
  const boxes = sizes.map((size, card) => ({
    x: xs.get(layer[card] ?? 0) ?? 0,
    y: Math.round(tops[card] ?? 0),
    width: size.width,
    height: size.height,
  }));
  const widest = widths(sizes, layer);
  const bends = net.chains.map((chain) =>
    chain.flatMap((item) => {
      const at = net.items[item]?.layer ?? 0;
      const [x, y] = [xs.get(at) ?? 0, Math.round(tops[item] ?? 0) + DUMMY / 2];
      return [
        { x, y },
        { x: x + (widest.get(at) ?? 0), y },
      ];
    }),
  );
  return { boxes, layer, bends, back };
}

interface Net {
  /** Cards first, by their own numbers, then dummies. */
  readonly items: readonly Item[];
  readonly hops: readonly Hop[];
  readonly left: readonly (readonly number[])[];
  readonly right: readonly (readonly number[])[];
  /** Dummies of each wire, from its source on. */
  readonly chains: readonly (readonly number[])[];
  readonly layers: readonly number[];
}

function netOf(sizes: readonly Size[], wires: readonly Wire[], layer: readonly number[], back: ReadonlySet<number>): Net {
  const items: Item[] = sizes.map((size, card) => ({ card, layer: layer[card] ?? 0, height: size.height }));
  const hops = new Map<string, Hop>();
  const join = (from: number, to: number, out: number, into: number): void => {
    const key = `${from} ${to}`;
    const known = hops.get(key);
    if (known === undefined) {
      hops.set(key, { from, to, out, into, wires: 1 });
      return;
    }
    known.wires++;
    known.out += (out - known.out) / known.wires;
    known.into += (into - known.into) / known.wires;
  };
  const shared = new Map<string, number[]>();
  const chains = wires.map((wire, at) => {
    if (back.has(at) || wire.src === wire.dst) return [];
    const [from, to] = [layer[wire.src] ?? 0, layer[wire.dst] ?? 0];
    if (to - from <= 1) {
      join(wire.src, wire.dst, wire.out, wire.into);
      return [];
    }
    const key = `${wire.src} ${wire.dst}`;
    const chain = shared.get(key) ?? [];
    if (!shared.has(key)) {
      for (let each = from + 1; each < to; each++) {
        chain.push(items.length);
        items.push({ card: -1, layer: each, height: DUMMY });
      }
      shared.set(key, chain);
    }
    const stops = [wire.src, ...chain, wire.dst];
    for (let each = 0; each + 1 < stops.length; each++)
      join(
        stops[each] ?? 0,
        stops[each + 1] ?? 0,
        each === 0 ? wire.out : DUMMY / 2,
        each + 2 === stops.length ? wire.into : DUMMY / 2,
      );
    return chain;
  });
  const every = [...hops.values()];
  const left: number[][] = items.map(() => []);
  const right: number[][] = items.map(() => []);
  every.forEach((hop, at) => {
    right[hop.from]?.push(at);
    left[hop.to]?.push(at);
  });
  const layers = [...new Set(items.map((item) => item.layer))].sort((a, b) => a - b);
  return { items, hops: every, left, right, chains, layers };
}

type Order = Map<number, number[]>;

/** The first order: each layer by a depth-first walk from the left, so that what hangs together starts together. */
function startOrder(net: Net): Order {
  const order: Order = new Map(net.layers.map((each) => [each, []]));
  const seen = new Uint8Array(net.items.length);
  const roots = net.items.map((_, at) => at).sort((a, b) => (net.items[a]?.layer ?? 0) - (net.items[b]?.layer ?? 0) || a - b);
  for (const root of roots) {
    const waiting = [root];
    while (waiting.length > 0) {
      const item = waiting.pop() ?? 0;
      if (seen[item] === 1) continue;
      seen[item] = 1;
      order.get(net.items[item]?.layer ?? 0)?.push(item);
      for (const hop of (net.right[item] ?? []).toReversed()) waiting.push(net.hops[hop]?.to ?? 0);
    }
  }
  return order;
}

/** Order each layer by the barycentre of its neighbours, to and fro; keep the order with the fewest crossings. */
function sweep(net: Net, start: Order): Order {
  let [best, fewest] = [copied(start), crossings(net, start)];
  const order = copied(start);
  for (let round = 0; round < SWEEPS && fewest > 0; round++) {
    const down = round % 2 === 0;
    const layers = down ? net.layers : net.layers.toReversed();
    let place = placesOf(net, order);
    for (const each of layers) {
      const items = order.get(each) ?? [];
      const wish = new Map(items.map((item, at) => [item, barycentre(net, item, place, down) ?? at]));
      items.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || (place[a] ?? 0) - (place[b] ?? 0));
      place = placesOf(net, order, items, place);
    }
    const crossed = crossings(net, order);
    if (crossed < fewest) [best, fewest] = [copied(order), crossed];
  }
  return best;
}

const copied = (order: Order): Order => new Map([...order].map(([layer, items]) => [layer, [...items]]));

/** The place of every item in its layer. With `only`, those of one layer are written into the places `before`. */
function placesOf(net: Net, order: Order, only?: readonly number[], before?: number[]): number[] {
  const place = before ?? new Array<number>(net.items.length).fill(0);
  for (const items of only === undefined ? order.values() : [only])
    items.forEach((item, at) => {
      place[item] = at;
    });
  return place;
}

function barycentre(net: Net, item: number, place: readonly number[], fromLeft: boolean): number | undefined {
  const hops = (fromLeft ? net.left : net.right)[item] ?? [];
  if (hops.length === 0) return undefined;
  let [sum, wires] = [0, 0];
  for (const at of hops) {
    const hop = net.hops[at];
    if (hop === undefined) continue;
    const [other, port] = fromLeft ? [hop.from, hop.out] : [hop.to, hop.into];
    sum += hop.wires * ((place[other] ?? 0) + port / Math.max(1, net.items[other]?.height ?? 1));
    wires += hop.wires;
  }
  return sum / wires;
}

/** Count crossings between neighbouring layers, ports included, by a tree of counts. */
function crossings(net: Net, order: Order): number {
  const place = placesOf(net, order);
  let crossed = 0;
  for (const layer of net.layers) {
    const hops = (order.get(layer) ?? []).flatMap((item) =>
      (net.right[item] ?? []).flatMap((at) => net.hops[at] ?? []).sort((a, b) => a.out - b.out || arrival(a) - arrival(b)),
    );
    const ranks = new Map([...new Set(hops.map(arrival))].sort((a, b) => a - b).map((each, rank) => [each, rank]));
    crossed += inversions(hops.map((hop) => ranks.get(arrival(hop)) ?? 0));
  }
  return crossed;

  function arrival(hop: Hop): number {
    return (place[hop.to] ?? 0) + hop.into / (1 + (net.items[hop.to]?.height ?? 0));
  }
}

function inversions(values: readonly number[]): number {
  const size = values.reduce((most, each) => Math.max(most, each), 0) + 1;
  const tree = new Int32Array(size + 1);
  let found = 0;
  values.forEach((value, at) => {
    let below = 0;
    for (let each = value + 1; each > 0; each -= each & -each) below += tree[each] ?? 0;
    found += at - below;
    for (let each = value + 1; each <= size; each += each & -each) tree[each] = (tree[each] ?? 0) + 1;
  });
  return found;
}

/** The tops at which items stood before; undefined for new ones, and for bends of a wire that passes other layers now. */
function stoodBefore(net: Net, kept: Kept): (number | undefined)[] {
  const stood = net.items.map((item) => (item.card < 0 ? undefined : kept.boxes[item.card]?.y));
  net.chains.forEach((chain, wire) => {
    const bends = kept.bends[wire];
    if (bends?.length !== 2 * chain.length) return;
    chain.forEach((item, at) => {
      const bend = bends[2 * at];
      if (bend !== undefined) stood[item] = bend.y - DUMMY / 2;
    });
  });
  return stood;
}

/** Keep the order of what stood before; what is new comes where its neighbours are. */
function insert(net: Net, stood: readonly (number | undefined)[]): Order {
  const height = stood.map((top, at) => (top === undefined ? undefined : top + (net.items[at]?.height ?? 0) / 2));
  const known = height.map((each) => each !== undefined);
  for (let round = 0; round < net.layers.length + 1; round++)
    net.items.forEach((_, at) => {
      if (known[at]) return;
      const around = [...(net.left[at] ?? []).map((hop) => net.hops[hop]?.from), ...(net.right[at] ?? []).map((hop) => net.hops[hop]?.to)];
      const heights = around.map((each) => height[each ?? -1]).filter((each) => each !== undefined);
      if (heights.length > 0) height[at] = heights.reduce((sum, each) => sum + each, 0) / heights.length;
    });
  const order: Order = new Map(net.layers.map((each) => [each, []]));
  net.items.forEach((item, at) => {
    order.get(item.layer)?.push(at);
  });
  for (const items of order.values()) items.sort((a, b) => (height[a] ?? 0) - (height[b] ?? 0) || a - b);
  return order;
}

function widths(sizes: readonly Size[], layer: readonly number[]): Map<number, number> {
  const widest = new Map<number, number>();
  sizes.forEach((size, card) => {
    const at = layer[card] ?? 0;
    widest.set(at, Math.max(widest.get(at) ?? 0, size.width));
  });
  return widest;
}

/** The left side of each layer; the anchor's does not move. */
function columns(sizes: readonly Size[], layer: readonly number[], kept: Kept | null): Map<number, number> {
  const widest = widths(sizes, layer);
  const layers = [...widest.keys()];
  const [first, last] = [Math.min(...layers), Math.max(...layers)];
  const xs = new Map<number, number>();
  let x = 0;
  for (let each = first; each <= last; each++) {
    xs.set(each, x);
    x += (widest.get(each) ?? 0) + LAYER_GAP;
  }
  const anchor = kept === null ? undefined : kept.boxes[kept.anchor];
  if (kept === null || anchor === undefined) return xs;
  const shift = anchor.x - (xs.get(layer[kept.anchor] ?? 0) ?? 0);
  return new Map([...xs].map(([at, left]) => [at, left + shift]));
}

/** Give every item its top: near its neighbours, in order, apart; what stood before stays if there is room. */
function pull(net: Net, order: Order, sizes: readonly Size[], kept: Kept | null, stood: readonly (number | undefined)[]): number[] {
  const tops = new Array<number>(net.items.length).fill(0);
  for (const items of order.values()) {
    let y = 0;
    for (const item of items) {
      tops[item] = y;
      y += (net.items[item]?.height ?? 0) + CARD_GAP;
    }
  }
  stood.forEach((top, item) => {
    if (top !== undefined) tops[item] = top;
  });
  for (let round = 0; round < PULLS * 2; round++) {
    const layers = round % 2 === 0 ? net.layers : net.layers.toReversed();
    for (const each of layers) {
      const items = order.get(each) ?? [];
      const wishes = items.map((item) => {
        const height = net.items[item]?.height ?? 0;
        const before = stood[item];
        if (before !== undefined) return { at: before, weight: item === kept?.anchor ? NAILED : HELD, height };
        const near = wished(net, item, tops, round);
        return { at: near ?? tops[item] ?? 0, weight: near === undefined ? 0.1 : 1, height };
      });
      place(wishes, CARD_GAP).forEach((top, at) => {
        tops[items[at] ?? 0] = top;
      });
    }
  }
  const anchor = kept === null ? undefined : kept.boxes[kept.anchor];
  const shift = kept === null || anchor === undefined ? 0 : anchor.y - (tops[kept.anchor] ?? 0);
  const moved = shift === 0 ? tops : tops.map((top) => top + shift);
  return kept === null ? fromZero(moved, sizes.length) : moved;
}

/** Where an item's top should be so that its links run level; on the last round, by both sides. */
function wished(net: Net, item: number, tops: readonly number[], round: number): number | undefined {
  const sides = round >= PULLS ? [net.left, net.right] : [round % 2 === 0 ? net.left : net.right];
  let [sum, count] = [0, 0];
  for (const side of sides)
    for (const at of side[item] ?? []) {
      const hop = net.hops[at];
      if (hop === undefined) continue;
      const top = side === net.left ? (tops[hop.from] ?? 0) + hop.out - hop.into : (tops[hop.to] ?? 0) + hop.into - hop.out;
      sum += hop.wires * top;
      count += hop.wires;
    }
  return count === 0 ? undefined : sum / count;
}

/** Move everything so that the highest card begins at 0. */
function fromZero(tops: readonly number[], cards: number): number[] {
  const highest = tops.slice(0, cards).reduce((least, each) => Math.min(least, each), Infinity);
  return cards === 0 ? [...tops] : tops.map((each) => each - highest);
}
