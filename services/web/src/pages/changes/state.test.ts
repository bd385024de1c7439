import { expect, test } from "vitest";
import { isOf } from "../../data/commits";
import { commitsAsked, concerns, facetsAsked, readState, spanOf, writeState } from "./state";

const FLIGHTS = "urn:clew:dataset:(duckdb://nyc,nyc.main.flights)";
const COLUMN = "urn:clew:column:(duckdb://nyc,nyc.main.flights,dep_delay)";
const NOW = Date.parse("2026-11-21T08:30:00Z");

test("an address that says nothing asks for the last day, and is written as nothing", () => {
  const state = readState({});
  expect(state.since).toBe("1d");
  expect(Object.values(writeState(state)).every((each) => each === undefined)).toBe(true);
});

test("what an address says is written again as it was", () => {
  const words = { since: "2h", of: FLIGHTS, source: "a", kind: "dataset", aspect: "schema", view: "diff", open: ["3", "4"] };
  expect(writeState(readState(words))).toEqual(words);
  expect(readState({ open: ["x", "3'; drop"] }).open).toEqual([]);
});

test("values never stand in the text of a question", () => {
  const nasty = "'); DROP TABLE commits --";
  const span = spanOf("2h", "42", NOW);
  if ("bad" in span) throw new Error(span.bad);
  const asked = commitsAsked({ ...readState({}), kind: nasty, source: nasty, aspect: nasty }, span, nasty, 7);
  expect(asked.text).not.toContain("DROP");
  expect(asked.parameters).toMatchObject({ source: nasty, aspect: nasty, of: nasty, before: 7, until: 42, since: "2026-11-21T06:30:00.000Z" });
  expect(facetsAsked(span).parameters).toEqual({ since: "2026-11-21T06:30:00.000Z", until: 42 });
});

test("a word that is no moment is named", () => {
  expect(spanOf("rubbish", undefined, NOW)).toEqual({ bad: "rubbish" });
  expect(spanOf("1d", "rubbish", NOW)).toEqual({ bad: "rubbish" });
});

test("a column is of its dataset, and of no other whose name begins alike", () => {
  expect(isOf(COLUMN, FLIGHTS)).toBe(true);
  expect(isOf(FLIGHTS, FLIGHTS)).toBe(true);
  expect(isOf(COLUMN.replace("flights", "flights_old"), FLIGHTS)).toBe(false);
  expect(isOf(FLIGHTS, COLUMN)).toBe(false);
});

test("a change matters when source, thing, kind and aspect all fit", () => {
  const told = { source: "a", changes: [{ urn: COLUMN, aspect: "tags" }] };
  expect(concerns(readState({}), undefined)(told)).toBe(true);
  expect(concerns(readState({ source: "b" }), undefined)(told)).toBe(false);
  expect(concerns(readState({ kind: "column", aspect: "tags" }), FLIGHTS)(told)).toBe(true);
  expect(concerns(readState({ kind: "dataset" }), FLIGHTS)(told)).toBe(false);
});
