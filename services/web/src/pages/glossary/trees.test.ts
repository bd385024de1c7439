import { expect, test } from "vitest";
import { above, below, branching, type Node, places, shownOf, withUsed } from "./trees";

function node(urn: string, depth: number, text: string | null = null): Node {
  return { urn, name: urn, text, parent: null, depth, uses: 0, usesBelow: 0 };
}

const TREE = [node("a", 0), node("b", 1), node("c", 2, "at the gate"), node("d", 1), node("e", 0)];

function urns(nodes: readonly Node[]): string {
  return nodes.map((each) => each.urn).join("");
}

test("what is followed by something deeper has something below it", () => {
  expect([...branching(TREE)]).toEqual(["a", "b"]);
});

test("above a node is its way from the top, below it is all that hangs on it", () => {
  expect(above(TREE, "c")).toEqual(["a", "b"]);
  expect(above(TREE, "e")).toEqual([]);
  expect(below(TREE, "a")).toEqual(["a", "b", "c", "d"]);
  expect(below(TREE, "b")).toEqual(["b", "c"]);
  expect(below(TREE, "none")).toEqual([]);
});

test("a closed node hides all below it", () => {
  expect(urns(shownOf(TREE, new Set(), ""))).toBe("ae");
  expect(urns(shownOf(TREE, new Set(["a"]), ""))).toBe("abde");
  expect(urns(shownOf(TREE, new Set(["b"]), ""))).toBe("ae");
});

test("words show what holds them in name or text, and the way there", () => {
  expect(urns(shownOf(TREE, new Set(), "GATE"))).toBe("abc");
  expect(urns(shownOf(TREE, new Set(), "zzz"))).toBe("");
});

test("siblings are counted within what they hang on", () => {
  expect(places(TREE).map((each) => `${each.at}/${each.of}`)).toEqual(["1/2", "1/2", "1/1", "2/2", "2/2"]);
});

test("what is used but in no tree stands at the top, by name, and no block is torn", () => {
  const urn = "urn:clew:tag:(clew,bb)";
  const used = [{ urn, things: 3 }, { urn: "a", things: 1 }, { urn: "urn:clew:dataset:(x,b)", things: 1 }];
  expect(withUsed(TREE, used, "tag").map((each) => each.name).join(" ")).toBe("a b c d bb e");
  expect(withUsed(TREE, [], "tag")).toBe(TREE);
});
