import { expect, test } from "vitest";
import { many, one, readWords, writeWords } from "./address";

test("what is written is read again, lists and odd characters included", () => {
  const words = { q: "a&b=ü <script>", kind: ["dataset", "column"], where: "rmse < 30 + 1" };
  expect(readWords(writeWords(words).slice(1))).toEqual(words);
});

test("a number in an address stays a word", () => {
  expect(readWords("q=8&asOf=42")).toEqual({ q: "8", asOf: "42" });
});

test("what is empty is not written", () => {
  expect(writeWords({ q: "", kind: [], asOf: undefined })).toBe("");
});

test("what a reader did to an address by hand does not break it", () => {
  expect(readWords("q=%E0%A4%A&&&=x&q")).toMatchObject({ q: expect.anything() });
  expect(one(["first", "second"])).toBe("first");
  expect(one("")).toBeUndefined();
  expect(many("one")).toEqual(["one"]);
  expect(many(undefined)).toEqual([]);
});
