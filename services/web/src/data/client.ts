/** Requests to the API of this very origin: REST by path, GraphQL by a generated operation. Errors are Problems. */
import type { Operation } from "./operations";
import { Problem } from "./problem";
import { refuse, token } from "./session";

/** Milliseconds after which an answer is given up. */
export const PATIENCE = 30_000;

export type Parameter = string | number | boolean | null | undefined | readonly string[];

/** Ask REST. Parameters that are null, undefined or empty lists are left out; lists are repeated. */
export async function get<T>(path: string, parameters: Readonly<Record<string, Parameter>> = {}, signal?: AbortSignal): Promise<T> {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) for (const each of value) asked.append(name, each);
    else if (value !== null && value !== undefined) asked.set(name, String(value));
  }
  const query = asked.size > 0 ? `?${asked}` : "";
  return (await request(path + query, { method: "GET" }, signal)) as T;
}

/** Send JSON to REST. */
export async function send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return (await request(path, { method, ...sent }, signal)) as T;
}

interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly where?: string; readonly hint?: string } & Record<string, unknown>;
}

/** Ask GraphQL. The first error is thrown: a half answer would look like a whole one. */
export async function ask<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const body = JSON.stringify({ query: operation.text, variables, operationName: operation.name });
  const sent = { method: "POST", body, headers: { "Content-Type": "application/json" } };
  const said = (await request("/graphql", sent, signal)) as { data: Result | null; errors?: readonly GraphqlError[] };
  const first = said.errors?.[0];
  if (first !== undefined) throw refusalOf(first, 200);
  if (said.data === null) throw new Problem("no_data", "The API answered without data", operation.name, undefined, 200);
  return said.data;
}

async function request(path: string, sent: RequestInit, signal?: AbortSignal): Promise<unknown> {
  const secret = token();
  const headers = new Headers(sent.headers);
  headers.set("Accept", "application/json");
  if (secret !== null) headers.set("Authorization", `Bearer ${secret}`);
  const late = AbortSignal.timeout(PATIENCE);
  const either = signal === undefined ? late : AbortSignal.any([signal, late]);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, { ...sent, headers, signal: either });
    body = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unanswered(path, late.aborted, error);
  }
  if (response.ok) return body;
  if (response.status === 401) refuse();
  throw refused(body, response.status, path);
}

function unanswered(path: string, late: boolean, error: unknown): Problem {
  const where = path.split("?", 1)[0];
  if (late) return new Problem("slow", `No answer within ${PATIENCE / 1000} seconds`, where, "Ask for less, or try again", 0);
  if (error instanceof SyntaxError)
    return new Problem("not_json", "What came back is no answer of Clew's", where, "Is another server at this address?", 0);
  return new Problem("unreachable", "Clew does not answer", where, "Is it running? Start it with: clew up", 0);
}

function refused(body: unknown, status: number, path: string): Problem {
  const said = (body ?? {}) as { error?: Record<string, unknown>; errors?: readonly GraphqlError[] };
  if (said.errors?.[0] !== undefined) return refusalOf(said.errors[0], status);
  const { code, what, where, hint, ...details } = said.error ?? {};
  return new Problem(
    text(code) ?? "http",
    text(what) ?? `The API answered with status ${status}`,
    text(where) ?? path.split("?", 1)[0],
    text(hint),
    status,
    details,
  );
}

function refusalOf(error: GraphqlError, status: number): Problem {
  const { code, where, hint, ...details } = error.extensions ?? {};
  return new Problem(code ?? "graphql", error.message, where ?? placeOf(error.path), hint, status, details);
}

/** Return a path within the answer; the name of the one field that was asked says nothing to the reader. */
function placeOf(path: GraphqlError["path"]): string | undefined {
  return path !== undefined && path.length > 1 ? path.join(".") : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
