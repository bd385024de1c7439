import { expect, test } from "vitest";
import { placeIn, positionOf, variablesIn } from "./words";

test("a place is found in words, and in the text", () => {
  expect(placeIn("line 2, column 3")).toEqual({ line: 2, column: 3 });
  expect(placeIn("query")).toBeUndefined();
  expect(positionOf("ab\ncdef", { line: 2, column: 3 })).toBe(5);
  expect(positionOf("ab", { line: 9, column: 9 })).toBe(2);
});

test("variables are an object or nothing", () => {
  expect(variablesIn("  ", "sql")).toEqual({});
  expect(variablesIn('{"a": 1}', "sql")).toEqual({ a: 1 });
  expect(() => variablesIn("[1]", "sql")).toThrow("no JSON object");
  expect(() => variablesIn("{", "graphql")).toThrow("The variables are no JSON");
});
