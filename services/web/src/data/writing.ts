/** Edits, one request each: what came of it is put where pages read, and the way back is kept for the reader. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { ask } from "./client";
import type { Json } from "./json";
import { type Operation, TakeBack, type TakeBackResult } from "./operations";
import { type Problem, problemOf } from "./problem";

/** What the API says of an edit. */
export type Done = TakeBackResult["done"];

/** An edit that landed: what it did in words, its name for taking it back, and why that failed if it was tried. */
export interface Landed {
  readonly text: string;
  readonly undo: string | null;
  readonly token: string;
  readonly back: boolean;
  readonly refused?: Problem;
}

let last: Landed | null = null;
let flowed: string | undefined;
const listeners = new Set<() => void>();

function become(next: Landed | null): void {
  last = next;
  for (const each of listeners) each();
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Return the newest edit of this tab that can still be taken back; null once it is put away. */
export function useLanded(): Landed | null {
  return useSyncExternalStore(listen, () => last);
}

/** Return the token of this tab's newest edit of lineage: what is asked of lineage must be at least as new. */
export function useFlowed(): string | undefined {
  return useSyncExternalStore(listen, () => flowed);
}

export function putAway(): void {
  become(null);
}

interface Step {
  readonly urn: string;
  readonly aspect: string;
  readonly becomes: Json;
}

interface Standing {
  readonly urn: string;
  readonly aspects: Readonly<Record<string, Json>>;
  readonly etags: Readonly<Record<string, string | undefined>>;
}

/** Put what stands now of one aspect where the pages of today read it; without a new etag the document itself guards. */
export function place(queries: QueryClient, urn: string, aspect: string, becomes: Json, etag: string | undefined): void {
  queries.setQueriesData<Standing>({ queryKey: ["describe"], predicate: (each) => each.queryKey[2] === undefined }, (before) => {
    if (before === undefined || before.urn !== urn) return before;
    const { [aspect]: _, ...others } = before.aspects;
    const aspects = becomes === null || becomes === undefined ? others : { ...others, [aspect]: becomes };
    return { ...before, aspects, etags: { ...before.etags, [aspect]: etag } };
  });
}

function land(queries: QueryClient, done: Done): void {
  for (const step of done.first as readonly Step[]) place(queries, step.urn, step.aspect, step.becomes, done.etags[step.aspect]);
  if ((done.first as readonly Step[]).some((step) => step.aspect === "lineage")) flowed = done.token;
  // Whatever else is kept is asked anew when it is shown the next time.
  void queries.invalidateQueries({ refetchType: "none" });
}

/** Return how to edit: `text` says in the past tense what was done. Throws a Problem, and then nothing was changed. */
export function useWrite() {
  const queries = useQueryClient();
  return async function write<Variables>(text: string, operation: Operation<{ readonly done: Done }, Variables>, variables: Variables): Promise<Done> {
    const { done } = await ask(operation, variables);
    land(queries, done);
    become({ text: done.changed > 0 ? text : "Nothing to change: it is so already", undo: done.undo, token: done.token, back: false });
    return done;
  };
}

/** Return how to take the newest edit back, and after that, to do it again. */
export function useTakeBack() {
  const queries = useQueryClient();
  return async function takeBack(edit: Landed): Promise<void> {
    if (edit.undo === null) return;
    try {
      const { done } = await ask(TakeBack, { edit: edit.undo });
      land(queries, done);
      const text = edit.back ? edit.text.replace(/^Taken back: /, "") : `Taken back: ${edit.text}`;
      become({ text, undo: done.undo, token: done.token, back: !edit.back });
    } catch (error) {
      become({ ...edit, refused: problemOf(error) });
    }
  };
}
