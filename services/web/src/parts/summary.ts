/** The first line of what somebody wrote, as plain words: for places that have one line and no Markdown. */

const LONGEST = 500;
const LED = /^\s{0,3}(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|>\s?)/;
const LINK = /!?\[([^\]]*)\]\([^)]*\)/g;
const MARKED = /(^|[^\p{L}\p{N}])(\*{1,3}|_{1,3}|~~|`{1,2})(?=\S)([^*_~`]*[^\s*_~`])\2(?=[^\p{L}\p{N}]|$)/gu;

/** Return the first line that says something, without the marks of Markdown where it is Markdown. */
export function summaryOf(text: string, markdown: boolean): string {
  const line = (text.split("\n").find((each) => each.trim() !== "") ?? "").trim().slice(0, LONGEST);
  return markdown ? line.replace(LED, "").replace(LINK, "$1").replace(MARKED, "$1$3").trim() : line;
}
