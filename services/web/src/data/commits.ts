/** Commits as the tape of changes tells them: read from server-sent events, and whom they touch. */
import { pageOf } from "./urn";

/** One commit as the tape tells it. */
export interface Told {
  readonly seq: number;
  readonly source: string;
  readonly changes: readonly { readonly urn: string; readonly aspect: string }[];
}

/** Return what a commit's author says of it; undefined where it says no more than whose it is. */
export function reasonOf(commit: { readonly message: string | null; readonly source: string }): string | undefined {
  return commit.message === null || commit.message === `by ${commit.source}` ? undefined : commit.message;
}

/** Return the events that end in a text, and the rest that has not ended yet. */
export function eventsIn(text: string): { readonly events: readonly Event[]; readonly rest: string } {
  const parts = text.split("\n\n");
  const rest = parts.pop() ?? "";
  return { events: parts.flatMap(eventOf), rest };
}

interface Event {
  readonly id: string;
  readonly told: Told;
}

function eventOf(text: string): readonly Event[] {
  const lines = new Map(text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  const [id, data] = [lines.get("id"), lines.get("data")];
  return lines.get("event") === "commit" && id !== undefined && data !== undefined ? [{ id, told: JSON.parse(data) as Told }] : [];
}

/** Say whether a URN names a thing, or a column of it. */
export function isOf(each: string, urn: string): boolean {
  return pageOf(each) === urn || (each.startsWith("urn:clew:column:(") && each.startsWith(`urn:clew:column:${urn.slice(urn.indexOf("(")).slice(0, -1)},`));
}

/** Return whether a commit touched a thing, or a column of it. */
export function touching(urn: string): (told: Told) => boolean {
  return (told) => told.changes.some((each) => isOf(each.urn, urn));
}
