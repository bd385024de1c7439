/** What the page of queries asks, and what came of it, as plain data. */
import type { Envelope } from "../../data/envelope";
import type { Json } from "../../data/json";
import { Problem } from "../../data/problem";

export type Language = "sql" | "graphql";

export const LIMITS = [100, 1_000, 10_000, 100_000] as const;
export const LIMIT = 1_000;
/** Characters of a query that an address carries: longer ones are refused by servers on the way. */
export const LINKED = 2_000;

export const EXAMPLES: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  sql: [
    ["What there is", "SELECT kind, count(*) AS things\nFROM entities\nWHERE claim_count > 0\nGROUP BY kind\nORDER BY things DESC, kind"],
    ["Things without an owner", "SELECT urn, kind, title\nFROM entities\nWHERE claim_count > 0 AND owner_count = 0 AND kind = 'dataset'\nORDER BY urn"],
    ["Failing tests", "SELECT urn, time, status, failures, message\nFROM quality\nWHERE status = 'failed'\nORDER BY time DESC"],
    ["Newest commits", "SELECT seq, time, source, author, message\nFROM commits\nORDER BY seq DESC\nLIMIT 100"],
  ],
  graphql: [
    ["Search", '{\n  search(text: "delay", first: 5) {\n    totalCount\n    edges {\n      matched\n      node { urn kind name }\n    }\n  }\n}'],
    ["Lineage", '{\n  lineage(of: "flights.dep_delay", direction: down, depth: 2) {\n    graph\n    complete\n    gaps { code urn detail }\n  }\n}'],
    ["Sources", "{\n  sources { name rank door crawl { number state } parked }\n  health\n}"],
  ],
};

/** Rows of SQL, in the order of the query. */
export interface Rows extends Envelope {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
  readonly truncated: boolean;
  readonly explain: { readonly engine?: string; readonly ms?: number };
}

export interface GraphqlError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly where?: string; readonly hint?: string };
}

/** What GraphQL answered: data as lines of JSON, and errors beside it. */
export interface Told {
  readonly lines: readonly string[];
  readonly errors: readonly GraphqlError[];
}

export type Result = { readonly language: "sql"; readonly rows: Rows } | { readonly language: "graphql"; readonly told: Told };

/** Read the field of variables: a JSON object, or nothing. */
export function variablesIn(text: string, language: Language): Readonly<Record<string, Json>> {
  if (text.trim() === "") return {};
  const where = language === "sql" ? "parameters" : "variables";
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (error) {
    throw new Problem("bad_input", `The ${where} are no JSON: ${error instanceof Error ? error.message : String(error)}`, where, 'An object, such as {"urn": "urn:clew:…"}', 0);
  }
  if (typeof said !== "object" || said === null || Array.isArray(said))
    throw new Problem("bad_input", `The ${where} are no JSON object`, where, 'An object, such as {"urn": "urn:clew:…"}', 0);
  return said as Readonly<Record<string, Json>>;
}

/** Read a place out of what an error says: `line 3, column 5`. */
export function placeIn(where: string | undefined): { readonly line: number; readonly column: number } | undefined {
  const found = /line (\d+), column (\d+)/.exec(where ?? "");
  return found === null ? undefined : { line: Number(found[1]), column: Number(found[2]) };
}

/** Return the character of a text at a line and column, both counted from 1. */
export function positionOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return Math.min(text.length, before + Math.min(column - 1, lines[line - 1]?.length ?? 0));
}
