import { expect, test } from "vitest";
import { csv } from "./save";

test("cells are quoted where they need it, and what is not there is empty", () => {
  expect(csv(["a", "b,c"], [["x\"y", null], [-1.5, "two\nlines"]])).toBe('a,"b,c"\r\n"x""y",\r\n-1.5,"two\nlines"\r\n');
});

test("no text is computed by a spreadsheet", () => {
  expect(csv(["=A1"], [["=HYPERLINK(1)"], ["@x"], ["-x"], ["+x"]])).toBe("'=A1\r\n'=HYPERLINK(1)\r\n'@x\r\n'-x\r\n'+x\r\n");
});
