import { describe, expect, it } from "vitest";
import { type Box, overlaps } from "./bounds";
import { layersOf } from "./layers";
import { CARD_GAP, type Layout, layout, type Size, type Wire } from "./layout";
import { place } from "./placing";
import { dice } from "./samples";

interface Case {
  readonly sizes: Size[];
  readonly wires: Wire[];
}

function random(seed: number): Case {
  const roll = dice(seed);
  const count = 1 + Math.floor(roll() * 60);
  const sizes = Array.from({ length: count }, () => ({ width: 248, height: 54 + 24 * Math.floor(roll() * 8) }));
  const wires = Array.from({ length: Math.floor(roll() * count * 3) }, () => {
    const [src, dst] = [Math.floor(roll() * count), Math.floor(roll() * count)];
    return { src, dst, out: roll() * (sizes[src]?.height ?? 0), into: roll() * (sizes[dst]?.height ?? 0) };
  });
  return { sizes, wires };
}

const SEEDS = Array.from({ length: 150 }, (_, at) => at + 1);

function collisions(boxes: readonly Box[]): string[] {
  return boxes.flatMap((one, a) => boxes.slice(a + 1).flatMap((other, b) => (overlaps(one, other) ? [`${a} ${a + b + 1}`] : [])));
}

function bendsInside({ sizes, wires }: Case, laid: Layout): number {
  return wires.flatMap((wire, at) =>
    (laid.bends[at] ?? []).filter((point) =>
      laid.boxes.some((box, card) => card !== wire.src && card !== wire.dst && sizes[card] !== undefined && point.y > box.y && point.y < box.y + box.height && point.x > box.x && point.x < box.x + box.width),
    ),
  ).length;
}

describe("layers", () => {
  it("rise along every arc that does not lead back, whatever the graph", () => {
    for (const seed of SEEDS) {
      const { sizes, wires } = random(seed);
      const { layer, back } = layersOf(sizes.length, wires.map((wire) => [wire.src, wire.dst]));
      wires.forEach((wire, at) => {
        if (!back.has(at) && wire.src !== wire.dst) expect(layer[wire.dst]).toBeGreaterThan(layer[wire.src] ?? 0);
      });
    }
  });

  it("call no arc one that leads back when there is no cycle", () => {
    for (const seed of SEEDS) {
      const { sizes, wires } = random(seed);
      const forward = wires.filter((wire) => wire.src < wire.dst).map((wire) => [wire.src, wire.dst] as const);
      expect(layersOf(sizes.length, forward).back.size).toBe(0);
    }
  });

  it("break a cycle at one arc, and keep the rest in order", () => {
    const { layer, back } = layersOf(4, [[0, 1], [1, 2], [2, 0], [2, 3]]);
    expect([...back]).toEqual([2]);
    expect(layer).toEqual([0, 1, 2, 3]);
  });

  it("put what nothing flows into right before the first that needs it", () => {
    expect(layersOf(4, [[0, 1], [1, 2], [3, 2]]).layer).toEqual([0, 1, 2, 1]);
  });

  it("stand a chain of 20,000 without running out of stack", () => {
    const arcs = Array.from({ length: 19_999 }, (_, at) => [at, at + 1] as const);
    expect(layersOf(20_000, arcs).layer.at(-1)).toBe(19_999);
  });
});

describe("a layout", () => {
  it("lets no card overlap another, nor a bend pass through one", () => {
    for (const seed of SEEDS) {
      const each = random(seed);
      const laid = layout(each.sizes, each.wires);
      expect(collisions(laid.boxes), `seed ${seed}`).toEqual([]);
      expect(bendsInside(each, laid), `seed ${seed}`).toBe(0);
    }
  });

  it("is the same each time", () => {
    for (const seed of SEEDS.slice(0, 30)) {
      const { sizes, wires } = random(seed);
      expect(layout(sizes, wires)).toEqual(layout(sizes, wires));
    }
  });

  it("puts the source of a link left of its target", () => {
    const { sizes, wires } = random(7);
    const laid = layout(sizes, wires);
    wires.forEach((wire, at) => {
      const [from, to] = [laid.boxes[wire.src], laid.boxes[wire.dst]];
      if (!laid.back.has(at) && wire.src !== wire.dst && from && to) expect(from.x + from.width).toBeLessThan(to.x);
    });
  });

  it("bends a long link once for each layer that it passes", () => {
    const sizes = Array.from({ length: 4 }, () => ({ width: 100, height: 50 }));
    const wires = [[0, 1], [1, 2], [2, 3], [0, 3]].map(([src = 0, dst = 0]) => ({ src, dst, out: 25, into: 25 }));
    const laid = layout(sizes, wires);
    expect(laid.bends.map((each) => each.length)).toEqual([0, 0, 0, 4]);
  });

  it("untangles two links that need not cross", () => {
    const sizes = Array.from({ length: 4 }, () => ({ width: 100, height: 50 }));
    const laid = layout(sizes, [
      { src: 0, dst: 3, out: 25, into: 25 },
      { src: 1, dst: 2, out: 25, into: 25 },
    ]);
    const [a, b, c, d] = laid.boxes.map((box) => box.y);
    expect(((a ?? 0) - (b ?? 0)) * ((d ?? 0) - (c ?? 0))).toBeGreaterThan(0);
  });

  it("orders targets by the rows at which links leave one card", () => {
    const sizes = [{ width: 100, height: 300 }, ...Array.from({ length: 3 }, () => ({ width: 100, height: 50 }))];
    const laid = layout(sizes, [
      { src: 0, dst: 1, out: 290, into: 25 },
      { src: 0, dst: 2, out: 150, into: 25 },
      { src: 0, dst: 3, out: 10, into: 25 },
    ]);
    const [, one = 0, two = 0, three = 0] = laid.boxes.map((box) => box.y);
    expect(three).toBeLessThan(two);
    expect(two).toBeLessThan(one);
  });

  it("knows the empty graph", () => {
    expect(layout([], []).boxes).toEqual([]);
  });
});

describe("a layout against an earlier one", () => {
  function grown(seed: number): { before: Layout; after: Layout; anchor: number; count: number } {
    const { sizes, wires } = random(seed);
    const before = layout(sizes, wires);
    const anchor = Math.floor(dice(seed + 1000)() * sizes.length);
    const more = [...sizes, ...Array.from({ length: 5 }, () => ({ width: 248, height: 54 }))];
    const links = [...wires, ...Array.from({ length: 5 }, (_, at) => ({ src: anchor, dst: sizes.length + at, out: 27, into: 27 }))];
    const after = layout(more, links, { boxes: more.map((_, at) => before.boxes[at]), bends: links.map((_, at) => before.bends[at]), anchor });
    return { before, after, anchor, count: sizes.length };
  }

  it("does not move the card that was expanded, and overlaps nothing", () => {
    for (const seed of SEEDS) {
      const { before, after, anchor } = grown(seed);
      expect(after.boxes[anchor], `seed ${seed}`).toEqual(before.boxes[anchor]);
      expect(collisions(after.boxes), `seed ${seed}`).toEqual([]);
    }
  });

  it("keeps the order of the cards that were there", () => {
    for (const seed of SEEDS) {
      const { before, after, count } = grown(seed);
      const swapped = [];
      for (let a = 0; a < count; a++)
        for (let b = 0; b < count; b++)
          if (before.layer[a] === before.layer[b] && after.layer[a] === after.layer[b])
            if ((before.boxes[a]?.y ?? 0) < (before.boxes[b]?.y ?? 0) && (after.boxes[a]?.y ?? 0) >= (after.boxes[b]?.y ?? 0)) swapped.push([a, b]);
      expect(swapped, `seed ${seed}`).toEqual([]);
    }
  });

  it("moves nothing when nothing is new", () => {
    for (const seed of SEEDS.slice(0, 50)) {
      const { sizes, wires } = random(seed);
      const before = layout(sizes, wires);
      expect(layout(sizes, wires, { boxes: before.boxes, bends: before.bends, anchor: 0 }).boxes).toEqual(before.boxes);
    }
  });
});

describe("places in a column", () => {
  it("are the wishes themselves when these are apart", () => {
    expect(place([{ at: 5, weight: 1, height: 10 }, { at: 40, weight: 1, height: 10 }], 4)).toEqual([5, 40]);
  });

  it("share the way when two wish for one place, by weight", () => {
    const [top = 0, below = 0] = place([{ at: 0, weight: 1, height: 10 }, { at: 0, weight: 3, height: 10 }], 2);
    expect(below - top).toBe(12);
    expect(top).toBeCloseTo(-9);
  });

  it("are apart by the gap, whatever is wished", () => {
    const roll = dice(3);
    for (let round = 0; round < 200; round++) {
      const wishes = Array.from({ length: 20 }, () => ({ at: roll() * 200, weight: 0.1 + roll(), height: 10 + roll() * 50 }));
      const tops = place(wishes, CARD_GAP);
      for (let at = 1; at < tops.length; at++)
        expect((tops[at] ?? 0) - (tops[at - 1] ?? 0) - (wishes[at - 1]?.height ?? 0)).toBeGreaterThan(CARD_GAP - 1e-6);
    }
  });
});
