/** Hooks that ask: one request each, old data kept while new is fetched, given up when nobody looks any more. */
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { one } from "../address";
import { ask, get, type Parameter } from "./client";
import type { Operation } from "./operations";

interface Choices {
  /** False: do not ask yet. */
  readonly when?: boolean;
  /** Show the last answer while another question is under way; on by default. */
  readonly keep?: boolean;
}

/** Ask GraphQL. */
export function useAsk<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  { when = true, keep = true }: Choices = {},
): UseQueryResult<Result> {
  return useQuery({
    queryKey: [operation.name, variables],
    queryFn: ({ signal }) => ask(operation, variables, signal),
    enabled: when,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  }) as UseQueryResult<Result>;
}

/** Ask REST. */
export function useGet<Result>(
  path: string,
  parameters: Readonly<Record<string, Parameter>> = {},
  { when = true, keep = true }: Choices = {},
): UseQueryResult<Result> {
  return useQuery({
    queryKey: [path, parameters],
    queryFn: ({ signal }) => get<Result>(path, parameters, signal),
    enabled: when,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  }) as UseQueryResult<Result>;
}

/** Return the moment that pages are to show, as the API takes it; undefined is now. */
export function useAsOf(): string | undefined {
  return one(useSearch({ strict: false }).asOf);
}
