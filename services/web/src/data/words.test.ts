import { expect, test } from "vitest";
import { shellWord } from "./command";
import { reasons } from "./envelope";
import { agoText, momentText, plural } from "./moment";
import { listed, objects } from "./rows";
import { type TestRow, verdictOf } from "./tests";
import { kindsText, labelOf, nameOf, pageOf, placeOf } from "./urn";

test("moments are said in words, whatever form they have", () => {
  expect(momentText("42")).toBe("seq 42");
  expect(momentText("1d12h")).toBe("1 day 12 hours ago");
  expect(momentText("yesterday")).toBe("the end of yesterday (UTC)");
  expect(momentText("2026-11-01")).toBe("the end of 2026-11-01 (UTC)");
  expect(momentText("5f3a9c1e-42")).toBe("5f3a9c1e-42");
  expect(momentText("<b>")).toBe("<b>");
});

test("how long ago is said in the largest unit", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  expect(agoText("2026-11-21T11:59:50Z", now)).toBe("just now");
  expect(agoText("2026-11-21T09:00:00Z", now)).toBe("3 hours ago");
  expect(agoText("2026-11-20T12:00:00+00:00", now)).toBe("1 day ago");
  expect(agoText("2026-11-21T14:00:00Z", now)).toBe("in 2 hours");
  expect(agoText((now - 60_000 * 5) * 1000, now)).toBe("5 minutes ago");
  expect(agoText("not a time", now)).toBe("not a time");
});

test("counts agree with their noun", () => {
  expect([plural(1, "hit"), plural(1200, "hit"), kindsText("query", 2), kindsText("model_version", 1)]).toEqual(["1 hit", "1,200 hits", "2 queries", "1 model version"]);
});

test("a URN is named by its last segment, and by all of it where that alone says nothing", () => {
  const column = "urn:clew:column:(duckdb://nyc,nyc.raw.flights,dep%2Edelay)";
  expect([nameOf(column), labelOf(column), placeOf(column)]).toEqual(["nyc.raw.flights.dep.delay", "dep.delay", "nyc.raw.flights"]);
  expect(labelOf("urn:clew:model_version:(mlflow://nyc,flight_delay.2)")).toBe("flight_delay.2");
  expect(placeOf("urn:clew:model_version:(mlflow://nyc,flight_delay.2)")).toBe("");
  expect(pageOf("urn:clew:rows:(duckdb://nyc,a.b)")).toBe("urn:clew:dataset:(duckdb://nyc,a.b)");
  expect(labelOf("no urn")).toBe("no urn");
});

test("why an answer is not complete is said, and nothing of one that is", () => {
  const whole = { asOf: { seq: 1, time: null, epoch: "e", token: "e-1" }, complete: true, behind: 0, frontier: [], gaps: [] };
  expect(reasons(whole)).toEqual([]);
  const gap = { code: "parked", urn: "", detail: "" };
  const poor = { ...whole, complete: false, behind: 3, frontier: [{ reason: "paging ends here", count: 1500, urns: [] }], gaps: [gap, gap] };
  expect(reasons(poor)).toEqual(["It is 3 commits behind the ledger.", "Cut: paging ends here (at least 1,500 more).", "2 gaps: something within reach is not known."]);
});

test("rows become objects, and lists parameters", () => {
  expect(objects({ columns: ["a", "b"], rows: [[1, 2]] })).toEqual([{ a: 1, b: 2 }]);
  expect(listed(["x", "y"], "t")).toEqual({ text: ":t0, :t1", values: { t0: "x", t1: "y" } });
  expect(listed([])).toEqual({ text: ":u0", values: { u0: "" } });
});

test("one failing test is more than all that pass, and one that never ran is no pass", () => {
  const row = (test: string, status: string | null): TestRow => ({ urn: "u", subject: "s", test, title: null, status, failures: null, time: null, message: null });
  expect(verdictOf([])).toBeUndefined();
  expect(verdictOf([row("a", "pass"), row("b", "pass")])).toEqual({ tone: "ok", text: "2 tests passing" });
  expect(verdictOf([row("a", "pass"), row("b", "fail")])).toEqual({ tone: "bad", text: "1 of 2 tests failing" });
  expect(verdictOf([row("a", null), row("b", "pass")])).toEqual({ tone: "warn", text: "1 of 2 tests never ran" });
});

test("a name in a command stays one word, whatever it holds", () => {
  expect(shellWord("nyc.raw.flights")).toBe("nyc.raw.flights");
  expect(shellWord("a b; rm -rf $(x)")).toBe("'a b; rm -rf $(x)'");
  expect(shellWord("it's")).toBe("'it'\\''s'");
});
