import { expect, test } from "vitest";
import { summaryOf } from "./summary";

test.each([
  ["# Flights\n\nOne row a flight.", "Flights"],
  ["\n\nOne row for **each** flight of `raw.flights`.", "One row for each flight of raw.flights."],
  ["See [the page](https://example.org/a_b) for _more_.", "See the page for more."],
  ["- dep_delay and arr_delay, 2 * 3 * 4", "dep_delay and arr_delay, 2 * 3 * 4"],
  ["__init__ of a_b_c", "init of a_b_c"],
  ["**open and never closed", "**open and never closed"],
  ["", ""],
])("%j is said as %j", (text, said) => {
  expect(summaryOf(text, true)).toBe(said);
});

test("what is no Markdown stays as it is", () => {
  expect(summaryOf("# 1 **of** 2\nmore", false)).toBe("# 1 **of** 2");
});

test("a very long line of marks is read at once", () => {
  expect(summaryOf("*_`[".repeat(100_000), true).length).toBeLessThanOrEqual(500);
});
