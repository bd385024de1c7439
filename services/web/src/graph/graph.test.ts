import { describe, expect, it } from "vitest";
import { around, type Box, centred, filled, fitted, revealed, seen } from "./bounds";
import { cardStates, difference } from "./changes";
import { curveAt, curvesOf } from "./curves";
import { detailAt } from "./detail";
import { cardAt, find, nearest } from "./finding";
import { collapse, GROUP_PREFIX, regions } from "./groups";
import { layout } from "./layout";
import { type Graph, graphOf, nodeOf, nodeUrn, restrict } from "./model";
import { cardUrn, said } from "./names";
import { countStates, csvOf, endText, howText, rowsOf } from "./rows";
import { answerOf, dice, type Line, randomLines, urnOf } from "./samples";
import { draw, type Palette, strokesOn } from "./scene";
import { sheetOf, WIDTH } from "./sheet";
import { between, cardClosure, closure } from "./walks";

const NONE = { cards: new Set<string>(), nodes: new Set<number>() };
const node = (graph: Graph, text: string): number => graph.nodeCard.findIndex((card, at) => `${graph.cards[card]?.title}.${graph.nodePath[at]}` === text);
const names = (graph: Graph, nodes: readonly number[]): string[] => nodes.map((each) => endText(nodeUrn(graph, each)).replace("shop.", "")).sort();

describe("names", () => {
  it("are read from a URN, escapes undone", () => {
    expect(said("urn:clew:column:(duckdb://a%2Cb,db.sch%2Eema.t,c%28x%29)")).toEqual({
      kind: "column",
      namespace: "duckdb://a,b",
      name: "db.sch.ema.t.c(x)",
      label: "c(x)",
      holder: "db.sch.ema",
    });
  });

  it("of what is no URN are what was given", () => {
    expect(said("<script>").label).toBe("<script>");
  });

  it("lead from a column to its dataset", () => {
    expect(cardUrn("urn:clew:column:(n,a.b,c)")).toBe("urn:clew:dataset:(n,a.b)");
    expect(cardUrn("urn:clew:model:(n,a.b)")).toBe("urn:clew:model:(n,a.b)");
  });
});

describe("a graph", () => {
  const graph = graphOf(answerOf([["a.x", "b.y"], ["a.x", "b.z"], ["b.y", "c.q"], ["a", "b"]]));

  it("has one link for all edges between two cards", () => {
    expect(graph.links.map((link) => [link.src, link.dst, link.edges.length])).toEqual([[0, 1, 3], [1, 2, 1]]);
  });

  it("gives back the URN of each part, and the part of each URN", () => {
    const column = `urn:clew:column:(duckdb://shop,shop.b,y)`;
    expect(nodeUrn(graph, nodeOf(graph, column))).toBe(column);
    expect(nodeOf(graph, "urn:clew:column:(duckdb://shop,shop.b,none)")).toBe(-1);
  });

  it("restricted to some cards keeps just the edges between them", () => {
    const part = restrict(graph, (card) => card.title !== "c");
    expect(part.cards.map((card) => card.title)).toEqual(["a", "b"]);
    expect(part.edges.length).toBe(3);
    expect(part.edges.map((edge) => nodeUrn(part, edge.src))).toEqual(graph.edges.slice(0, 2).concat(graph.edges.slice(3)).map((edge) => nodeUrn(graph, edge.src)));
  });

  it("lists columns that only edges name after those of the schema", () => {
    const told = graphOf(answerOf([["a.x", "b.y"]], null, { a: ["k"] }));
    expect(told.cards[0]?.columns.map((column) => [column.label, column.node >= 0])).toEqual([["k", false], ["x", true]]);
  });
});

describe("a walk", () => {
  const lines: Line[] = [["a.x", "b.y"], ["a.w", "b.z"], ["b.y", "c.q"], ["c.*", "d"], ["b.z", "c.#", "FILTER"], ["a.w", "a2.v"]];
  const graph = graphOf(answerOf(lines));

  it("goes both ways from a column, through `any` of a card, and no further than values flow", () => {
    expect(names(graph, closure(graph, [node(graph, "b.y")], false).nodes)).toEqual(["a.x", "b.y", "c, any column", "c.q", "d"]);
  });

  it("follows what only decides about rows when asked to", () => {
    const direct = closure(graph, [node(graph, "b.z")], false);
    const all = closure(graph, [node(graph, "b.z")], true);
    expect(names(graph, direct.nodes)).toEqual(["a.w", "b.z"]);
    expect(names(graph, all.nodes)).toEqual(["a.w", "b.z", "c, any column", "c, its rows", "c.q", "d"]);
  });

  it("looks at no edge that is not on its way, however many there are", () => {
    const many: Line[] = Array.from({ length: 5000 }, (_, at) => [`s${at}.a`, `t${at}.a`] as const);
    const wide = graphOf(answerOf([["a.x", "b.y"], ...many]));
    let looked = 0;
    const counted = new Proxy(wide.edges, {
      get: (edges, at) => {
        if (typeof at === "string" && /^\d+$/.test(at)) looked++;
        return Reflect.get(edges, at);
      },
    });
    closure({ ...wide, edges: counted }, [node(wide, "a.x")], true);
    expect(looked).toBeLessThan(5);
  });

  it("between two ends holds the ways from the one to the other, and nothing beside", () => {
    const wide = graphOf(answerOf([["a.x", "b.y"], ["b.y", "c.*"], ["b.y", "d.z"], ["o.x", "b.y"], ["c.*", "e"]]));
    const path = between(wide, [node(wide, "a.x")], wide.nodesOf[wide.cardAt.get(urnOf("e")) ?? 0] ?? [], false);
    expect(names(wide, path.nodes)).toEqual(["a.x", "b.y", "c, any column", "e"]);
    expect(path.edges.length).toBe(3);
    expect(between(wide, [node(wide, "d.z")], [node(wide, "a.x")], true).nodes).toEqual([]);
  });

  it("ends in cycles", () => {
    const round = graphOf(answerOf([["a.x", "b.x"], ["b.x", "a.x"]]));
    expect(closure(round, [0], true).nodes.length).toBe(2);
  });

  it("equals a walk by definition on random graphs", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = graphOf(answerOf(randomLines(seed, 20, 3, 60, 0.2)));
      const start = Math.floor(dice(seed)() * random.nodeCard.length);
      const reached = (down: boolean): Set<number> => {
        const found = new Set([start]);
        for (let grew = true; grew; ) {
          grew = false;
          for (const edge of random.edges) {
            const [from, to] = down ? [edge.src, edge.dst] : [edge.dst, edge.src];
            if (found.has(from) && !found.has(to)) grew = !!found.add(to);
          }
        }
        return found;
      };
      const wanted = new Set([...reached(true), ...reached(false)]);
      expect(new Set(closure(random, [start], true).nodes)).toEqual(wanted);
    }
  });

  it("at the grain of cards finds what is above and below, and not beside", () => {
    const far = graphOf(answerOf([["a", "b"], ["b", "c"], ["a", "z"]]));
    expect([...cardClosure(far, 1)].map((at) => far.cards[at]?.title).sort()).toEqual(["a", "b", "c"]);
  });
});

describe("a sheet", () => {
  const graph = graphOf(answerOf([["a.x", "b.y"], ["a.z", "b.y"], ["a", "b"]]));

  it("draws one line between closed cards", () => {
    const sheet = sheetOf(graph, NONE);
    expect(sheet.strokes.map((stroke) => [stroke.src, stroke.dst, stroke.edges.length])).toEqual([[0, 1, 3]]);
  });

  it("draws lines to the rows of open cards, and none beside that says no more", () => {
    const sheet = sheetOf(graph, { ...NONE, cards: new Set([urnOf("a"), urnOf("b")]) });
    expect(sheet.strokes.map((stroke) => [stroke.srcRow, stroke.dstRow])).toEqual([[0, 0], [1, 0]]);
    expect(sheet.sizes[0]?.height).toBeGreaterThan(sheetOf(graph, NONE).sizes[0]?.height ?? 0);
  });

  it("shows only the traced columns of a closed card", () => {
    const sheet = sheetOf(graph, { ...NONE, nodes: new Set([node(graph, "a.z")]) });
    expect(sheet.rows.map((rows) => rows.map((column) => column.label))).toEqual([["z"], []]);
    expect(sheet.hidden).toEqual([1, 1]);
  });

  it("of a wide card shows what edges touch, in the order of the schema, and counts the rest", () => {
    const wide = Array.from({ length: 60 }, (_, at) => `c${at}`);
    const told = graphOf(answerOf([["a.c59", "b.y"], ["a.c40", "b.y"]], null, { a: wide }));
    const sheet = sheetOf(told, { ...NONE, cards: new Set([urnOf("a")]) });
    expect(sheet.rows[0]?.length).toBe(24);
    expect(sheet.rows[0]?.slice(-2).map((column) => column.label)).toEqual(["c40", "c59"]);
    expect(sheet.hidden[0]).toBe(36);
  });
});

describe("curves", () => {
  const graph = graphOf(answerOf([["a.x", "b.y"], ["b.y", "c.z"], ["a.x", "c.z"], ["c.z", "a.x"]]));
  const sheet = sheetOf(graph, NONE);
  const laid = layout(sheet.sizes, sheet.strokes);
  const curves = curvesOf(sheet.strokes, laid);

  it("begin at the source's right side and end at the target's left side", () => {
    sheet.strokes.forEach((stroke, at) => {
      const points = curves[at]?.points ?? new Float64Array();
      expect(points[0]).toBe((laid.boxes[stroke.src]?.x ?? 0) + WIDTH);
      expect(points.at(-2)).toBe(laid.boxes[stroke.dst]?.x);
    });
  });

  it("join without a gap", () => {
    for (const { points } of curves)
      for (let at = 8; at < points.length; at += 8) expect([points[at], points[at + 1]]).toEqual([points[at - 2], points[at - 1]]);
  });

  it("are found under the pointer, and not beside", () => {
    curves.forEach((curve, at) => {
      const [x = 0, y = 0] = curve.points;
      expect(sheet.strokes[curveAt(curves, x + 3, y, 6)]?.src).toBe(sheet.strokes[at]?.src);
      expect(curveAt(curves, x - 50, y - 500, 6)).toBe(-1);
    });
  });
});

describe("a scene", () => {
  const PALETTE: Palette = { ground: "g", card: "c", line: "l", ink: "i", soft: "s", edge: "edge", path: "path", added: "added", removed: "removed", changed: "changed", font: "f" };

  function drawn(graph: Graph, zoom: number, lit: Partial<Parameters<typeof draw>[7]> = {}) {
    const sheet = sheetOf(graph, NONE);
    const laid = layout(sheet.sizes, sheet.strokes);
    const scene = { graph, boxes: laid.boxes, rows: sheet.rows, strokes: sheet.strokes, curves: curvesOf(sheet.strokes, laid), regions: regions(graph, laid.boxes, laid.layer, "schema") };
    const calls: [string, string, number][] = [];
    const brush: Record<string, unknown> = { measureText: (text: string) => ({ width: text.length * 7 }) };
    for (const name of ["beginPath", "bezierCurveTo", "clearRect", "fill", "fillRect", "fillText", "lineTo", "moveTo", "setLineDash", "setTransform", "stroke", "strokeRect"])
      brush[name] = () => calls.push([name, String(brush.strokeStyle), Number(brush.globalAlpha)]);
    draw(brush as unknown as Parameters<typeof draw>[0], scene, { x: 0, y: 0, zoom }, 1200, 800, 1, PALETTE, { strokes: null, cards: null, stroke: -1, card: -1, start: -1, ...lit });
    return { calls, sheet, count: (name: string) => calls.filter(([call]) => call === name).length };
  }

  it("draws no card where cards are readable, tiles from further, groups from afar", () => {
    const graph = graphOf(answerOf([["a", "b"], ["b", "c"]]));
    expect(drawn(graph, 1).count("fillText")).toBe(0);
    expect(drawn(graph, 0.3).count("fillText")).toBe(3);
    expect(drawn(graph, 0.1).count("fillRect")).toBe(3);
    expect([0.4, 0.39, 0.12, 0.11].map(detailAt)).toEqual(["cards", "tiles", "tiles", "groups"]);
  });

  it("does not draw what is not seen", () => {
    const graph = graphOf(answerOf(Array.from({ length: 80 }, (_, at) => [`t${at}`, `t${at + 1}`] as const)));
    expect(drawn(graph, 1).count("moveTo")).toBeLessThan(20);
  });

  it("draws the rest of a traced graph in one dimmed stroke and the path in another", () => {
    const graph = graphOf(answerOf(randomLines(5, 40, 3, 150)));
    const sheet = sheetOf(graph, NONE);
    const path = strokesOn(sheet.strokes, closure(graph, [0], true).edges);
    const { calls } = drawn(graph, 0.2, { strokes: path, cards: new Set([0]) });
    const strokes = calls.filter(([name]) => name === "stroke");
    expect(strokes.filter(([, colour]) => colour === "path").length).toBe(1);
    expect(strokes.filter(([, colour, alpha]) => colour === "edge" && alpha < 0.2).length).toBe(1);
  });

  it("tells added from removed edges", () => {
    const graph = graphOf(answerOf([["a", "b"]], [["a", "c"]]));
    const colours = drawn(graph, 1).calls.filter(([name]) => name === "stroke").map(([, colour]) => colour);
    expect(colours).toEqual(["removed", "added"]);
  });
});

describe("views", () => {
  const box: Box = { x: -100, y: 50, width: 4000, height: 300 };

  it("that fit show the whole box", () => {
    const window = seen(fitted(box, 800, 600), 800, 600);
    expect(window.x).toBeLessThanOrEqual(box.x);
    expect(window.y).toBeLessThanOrEqual(box.y);
    expect(window.x + window.width).toBeGreaterThanOrEqual(box.x + box.width);
    expect(fitted({ x: 0, y: 0, width: 10, height: 10 }, 800, 600).zoom).toBe(1);
  });

  it("that are filled leave no emptiness beside a graph that is wider than the window", () => {
    const wide = { x: 0, y: 0, width: 4000, height: 100 };
    const view = filled(centred({ x: 0, y: 0, width: 200, height: 50 }, 800, 600, 1), wide, 800, 600);
    expect(view.x).toBe(32);
    expect(view.y).toBe(250);
  });

  it("move no more than needed to reveal a card", () => {
    const view = centred({ x: 0, y: 0, width: 100, height: 100 }, 800, 600, 1);
    expect(revealed(view, { x: 0, y: 0, width: 100, height: 50 }, 800, 600)).toEqual(view);
    const moved = revealed(view, { x: 600, y: 0, width: 100, height: 50 }, 800, 600);
    expect(moved.y).toBe(view.y);
    expect(700 + moved.x).toBe(800 - 24);
  });

  it("have bounds around nothing that are null", () => {
    expect(around([])).toBeNull();
  });
});

describe("groups", () => {
  const graph = graphOf(answerOf([["a.x", "b.x"], ["b.x", "c.x"], ["c.x", "d.x"]]));

  it("that are closed stand for their cards, the start stays apart", () => {
    const closed = collapse(graph, "schema", new Set(), urnOf("a"));
    expect(closed.cards.map((card) => [card.title, card.members])).toEqual([["a", 0], ["shop", 3]]);
    expect(closed.links.map((link) => [link.src, link.dst])).toEqual([[0, 1]]);
    expect(closed.cards[1]?.urn.startsWith(GROUP_PREFIX)).toBe(true);
  });

  it("that are opened show their cards again", () => {
    expect(collapse(graph, "schema", new Set(["duckdb://shop shop"]), "").cards.length).toBe(4);
    expect(collapse(graph, "none", new Set(), "")).toBe(graph);
  });

  it("lose no card and no edge between groups on random graphs", () => {
    for (let seed = 1; seed < 40; seed++) {
      const random = graphOf(answerOf(randomLines(seed, 30, 3, 60, 0.1)));
      const closed = collapse(random, "kind", new Set(), random.cards[3]?.urn ?? "");
      expect(closed.cards.reduce((sum, card) => sum + Math.max(1, card.members), 0)).toBe(random.cards.length);
      const apart = random.cards[3]?.at;
      const touching = random.edges.filter((edge) => (random.nodeCard[edge.src] === apart) !== (random.nodeCard[edge.dst] === apart));
      expect(closed.edges.length).toBe(touching.length);
    }
  });

  it("are drawn from afar as runs within layers, which overlap nothing", () => {
    const boxes = [0, 60, 120, 180].map((y) => ({ x: 0, y, width: 100, height: 40 }));
    expect(regions(graph, boxes, [0, 0, 0, 0], "schema")).toEqual([{ name: "shop", cards: 4, x: 0, y: 0, width: 100, height: 220 }]);
  });
});

describe("finding", () => {
  const graph = graphOf(answerOf([["orders.customer_id", "daily.total"]]));

  it("finds cards before columns, by every word", () => {
    expect(find(graph, "ORD").map((match) => match.text)).toEqual(["orders"]);
    expect(find(graph, "tot").map((match) => match.text)).toEqual(["daily.total"]);
    expect(find(graph, "cust id").map((match) => match.column)).toEqual(["customer_id"]);
    expect(find(graph, "  ")).toEqual([]);
  });

  it("goes by arrow to the nearest card that way", () => {
    const boxes = [[0, 0], [300, 10], [300, 200], [0, 200]].map(([x = 0, y = 0]) => ({ x, y, width: 100, height: 50 }));
    expect([nearest(boxes, 0, "right"), nearest(boxes, 0, "down"), nearest(boxes, 2, "left"), nearest(boxes, 0, "up")]).toEqual([1, 3, 3, -1]);
    expect(cardAt(boxes, 310, 20)).toBe(1);
    expect(cardAt(boxes, 200, 20)).toBe(-1);
  });
});

describe("two moments", () => {
  const graph = graphOf(answerOf([["a.x", "b.y"], ["a.x", "b.z", "AGGREGATION"], ["b.y", "c.q"]], [["a.x", "b.y"], ["a.x", "b.z"], ["b.y", "d.q"]]));

  it("tell edges that came, went and changed", () => {
    expect(countStates(graph)).toEqual({ added: 1, removed: 1, changed: 1, same: 1 });
  });

  it("tell of cards what became of their edges", () => {
    expect(cardStates(graph)).toEqual(["changed", "changed", "added", "removed"]);
  });

  it("compared as two graphs give the same", () => {
    const before = graphOf(answerOf([["a.x", "b.y"], ["a.x", "b.z"], ["b.y", "d.q"]]));
    const after = graphOf(answerOf([["a.x", "b.y"], ["a.x", "b.z", "AGGREGATION"], ["b.y", "c.q"]]));
    const found = difference(before, after);
    expect([found.added.length, found.removed.length, found.changed.length]).toEqual([1, 1, 1]);
    expect(found.changed[0]).toContain("shop.b,z");
  });
});

describe("rows", () => {
  it("are those of the path when one is traced", () => {
    const graph = graphOf(answerOf([["a.x", "b.y"], ["c.x", "d.y"]]));
    expect(rowsOf(graph, null).length).toBe(2);
    expect(rowsOf(graph, closure(graph, [0], false)).map((row) => endText(row.to))).toEqual(["shop.b.y"]);
  });

  it("say how data flows", () => {
    expect([howText("FLOW", "AGGREGATION"), howText("FLOW", "FILTER:PRESENCE"), howText("ASSERTS", "USE")]).toEqual([
      "aggregated",
      "filters by it (only whether there is a value)",
      "tested",
    ]);
  });

  it("as CSV survive quotes, commas and formulas", () => {
    const row = { from: 'a"b', to: "=cmd()", type: "FLOW", subtype: "x,y", confidence: 0.5, carrier: "", source: "s\nt", state: "same" as const };
    expect(csvOf([row]).split("\r\n")[1]).toBe(`"a""b",'=cmd(),FLOW,"x,y",0.5,,"s\nt",same`);
  });
});
