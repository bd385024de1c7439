import { describe, expect, it } from "vitest";
import { readWords, writeWords } from "../../address";
import { readState, writeState } from "./state";

describe("the address of a lineage", () => {
  it("gives back the state that was written into it", () => {
    const changed = {
      up: 3, down: 0, most: 500, indirect: true, tests: true, list: true, trace: "urn:clew:column:(duckdb://a,b.c,d e&f)", to: "urn:clew:model:(n,m)", only: true,
      group: "domain" as const, open: ["a", "b"], groups: ["x y"], more: ["down:a", "down:a"], show: ["c"], since: "1d",
    };
    expect(readState(readWords(writeWords(writeState(changed)).slice(1)))).toEqual(changed);
  });

  it("is empty for the defaults, and holds what is traced apart from nothing said", () => {
    const plain = readState({});
    expect(writeWords(writeState(plain))).toBe("");
    expect(plain.trace).toBeUndefined();
    expect(readState(writeState({ trace: null })).trace).toBeNull();
  });

  it("edited by hand to nonsense falls back to what makes sense", () => {
    const state = readState({ up: "-3", down: "99999", most: "many", group: "colour", more: ["sideways:a", "down:"], view: "<script>" });
    expect(state).toMatchObject({ up: 2, down: 10, most: 150, group: "none", more: [], list: false });
  });
});
