/** Runs a query, and returns what came of it. */
import { send } from "../../data/client";
import type { Json } from "../../data/json";
import { type GraphqlError, type Language, type Result, type Rows, variablesIn } from "./words";

/** Run a query. Raises Problem; `where` names line and column where that is known. */
export async function run(language: Language, text: string, variables: string, limit: number, signal: AbortSignal): Promise<Result> {
  const given = variablesIn(variables, language);
  if (language === "sql") return { language, rows: await send<Rows>("POST", "/v1/sql", { query: text, parameters: given, limit }, signal) };
  const said = await send<{ readonly data?: Json; readonly errors?: readonly GraphqlError[] }>("POST", "/graphql", { query: text, variables: given }, signal);
  const lines = said.data === undefined || said.data === null ? [] : JSON.stringify(said.data, null, 2).split("\n");
  return { language, told: { lines, errors: said.errors ?? [] } };
}
