import { expect, test } from "vitest";
import { eventsIn, reasonOf } from "./commits";

const FRAME = 'id: abc-7\nevent: commit\ndata: {"seq":7,"source":"etl","changes":[]}\n\n';

test("events are read however the pieces were cut", () => {
  for (let at = 0; at <= FRAME.length; at += 1) {
    const first = eventsIn(FRAME.slice(0, at));
    const second = eventsIn(first.rest + FRAME.slice(at));
    expect([...first.events, ...second.events]).toEqual([{ id: "abc-7", told: { seq: 7, source: "etl", changes: [] } }]);
    expect(second.rest).toBe("");
  }
});

test("what is no commit is passed over", () => {
  expect(eventsIn("retry: 2000\n\n: nothing new\n\n").events).toEqual([]);
});

test("a reason that names the source only is none", () => {
  expect(reasonOf({ message: "by etl", source: "etl" })).toBeUndefined();
  expect(reasonOf({ message: null, source: "etl" })).toBeUndefined();
  expect(reasonOf({ message: "by hand", source: "etl" })).toBe("by hand");
});
