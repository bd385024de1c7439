import { expect, test } from "vitest";
import { placeOfMoment } from "./since";

const NOW = Date.parse("2026-11-21T08:30:00Z");

test.each([
  ["42", { seq: 42 }],
  ["5f3a9c1e-42", { seq: 42 }],
  ["1d", { time: "2026-11-20T08:30:00.000Z" }],
  ["1d12h", { time: "2026-11-19T20:30:00.000Z" }],
  ["yesterday", { time: "2026-11-21T00:00:00.000Z" }],
  ["today", { time: "2026-11-22T00:00:00.000Z" }],
  ["2026-11-01", { time: "2026-11-02T00:00:00.000Z" }],
  ["2026-11-01T12:00:00Z", { time: "2026-11-01T12:00:00.000Z" }],
  ["2026-11-01T12:00:00", { time: "2026-11-01T12:00:00.000Z" }],
  ["2026-11-01T12:00:00+02:00", { time: "2026-11-01T10:00:00.000Z" }],
  ["999999999w", { time: "0" }],
])("%s is the place that the API takes it for", (moment, place) => {
  expect(placeOfMoment(moment, NOW)).toEqual(place);
});

test.each(["", "rubbish", "1x", "2026-13-01", "2026-11-01Tx", "-4", "1d rubbish"])("%j is no moment", (moment) => {
  expect(placeOfMoment(moment, NOW)).toBeUndefined();
});
