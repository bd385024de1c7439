import { expect, test } from "vitest";
import { readWords, writeWords } from "../../address";
import { pattern } from "../../data/rows";
import { narrowings, readAsked, toggled, writeAsked } from "./query";

test("a search survives its address", () => {
  const asked = { text: "delay", filters: { kind: ["dataset", "column"], owner: ["Ada Marsh"] }, where: ["rmse < 40"], downstreamOf: "flights.origin", upstreamOf: undefined };
  expect(readAsked(readWords(writeWords(writeAsked(asked)).slice(1)))).toEqual(asked);
});

test("names that are no facets are left out", () => {
  expect(readAsked({ q: "a", colour: "red" }).filters).toEqual({});
});

test("a value is put in and taken out again", () => {
  const none = readAsked({});
  const one = toggled(none, "tag", "core");
  expect(one.filters).toEqual({ tag: ["core"] });
  expect(narrowings(one)).toBe(1);
  expect(toggled(one, "tag", "core").filters).toEqual({});
});

test("signs that LIKE knows are meant literally", () => {
  expect(pattern("A_b%")).toBe("%a\\_b\\%%");
});
