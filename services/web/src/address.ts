/** Addresses of the UI: paths are written and read in one place, so that every state has a link. */

/** What a query string may hold: a word, several of the same name, or nothing. Numbers stay words: `?q=8` is a word. */
export type Words = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Read a query string. A name that stands several times is a list. */
export function readWords(text: string): Record<string, string | string[]> {
  const said: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = said[name];
    said[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return said;
}

/** Write a query string, `?` included; nothing for what is empty. */
export function writeWords(words: Record<string, unknown>): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) {
    if (Array.isArray(value)) for (const each of value) asked.append(name, String(each));
    else if (value !== undefined && value !== null && value !== "") asked.set(name, String(value));
  }
  return asked.size > 0 ? `?${asked}` : "";
}

/** Return one word of what stands under a name; the first of several. */
export function one(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first !== "" ? first : undefined;
}

/** Return all words that stand under a name. */
export function many(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === "string" && each !== "");
}
