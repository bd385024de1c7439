import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { safeAddress } from "./address";
import { LONGEST, Markdown } from "./Markdown";

function html(text: string): string {
  return renderToStaticMarkup(createElement(Markdown, { text }));
}

test("paragraphs, lists, code, tables and links become elements", () => {
  const said = html("# One\n\nA *b* **c** `d`\n\n- e\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n[f](https://example.org/)");
  for (const part of ["<h3>One</h3>", "<em>b</em>", "<strong>c</strong>", "<code>d</code>", "<li>", "<td>2</td>", 'href="https://example.org/"']) expect(said).toContain(part);
});

test("HTML is text, never an element", () => {
  const said = html("<script>alert(1)</script>\n\na <img src=x onerror=alert(1)> b\n\n<iframe src='https://example.org'></iframe>");
  expect(said).not.toMatch(/<(script|img|iframe)/i);
  expect(said).toContain("&lt;script&gt;");
});

test("links that run something are no links", () => {
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "/v1/admin/sweep", "//example.org"]) {
    expect(safeAddress(address)).toBeUndefined();
    expect(html(`[a](${address}) <${address}>`)).not.toContain("href");
  }
  expect(html("[a](java&#x0A;script:alert(1))")).not.toContain("href");
});

test("a picture is a link, so that nothing is fetched from elsewhere", () => {
  const said = html("![chart](https://example.org/chart.png)");
  expect(said).not.toContain("<img");
  expect(said).toContain(">chart</a>");
});

test("a text without end is cut, and says so", () => {
  expect(html("word ".repeat(LONGEST))).toContain("Cut after");
});

test("deep nesting does not break the page", () => {
  expect(html(`${"> ".repeat(300)}deep`)).toContain("deep");
});
