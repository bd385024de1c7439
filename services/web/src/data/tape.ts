/** The tape of changes, as server-sent events. Read by fetch and not by EventSource, which can't send a token. */
import { token } from "./session";
import { pageOf } from "./urn";

/** One commit as the tape tells it. */
export interface Told {
  readonly seq: number;
  readonly source: string;
  readonly changes: readonly { readonly urn: string; readonly aspect: string }[];
}

/** Milliseconds before the tape is asked again, when it broke. */
const AGAIN = 2_000;
const SLOWEST = 60_000;

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

/**
 * Listen from the commit after a token on, until the signal ends it. `hear` gets commits in order, each once.
 *
 * What breaks is taken up again where it broke. Being refused ends it: the questions of the page say so themselves.
 */
export async function listen(after: string, hear: (told: Told) => void, signal: AbortSignal): Promise<void> {
  let from = after;
  let pause = AGAIN;
  while (!signal.aborted) {
    try {
      const secret = token();
      const headers = secret === null ? {} : { Authorization: `Bearer ${secret}` };
      const response = await fetch(`/v1/changes?after=${encodeURIComponent(from)}`, { headers, signal });
      if (!response.ok || response.body === null) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let kept = "";
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        const { events, rest } = eventsIn(kept + piece.value);
        kept = rest;
        pause = AGAIN;
        for (const each of events) {
          from = each.id;
          hear(each.told);
        }
      }
    } catch {
      if (signal.aborted) return;
    }
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(2 * pause, SLOWEST);
  }
}

/** Say whether a URN names a thing, or a column of it. */
export function isOf(each: string, urn: string): boolean {
  return pageOf(each) === urn || (each.startsWith("urn:clew:column:(") && each.startsWith(`urn:clew:column:${urn.slice(urn.indexOf("(")).slice(0, -1)},`));
}

/** Return whether a commit touched a thing, or a column of it. */
export function touching(urn: string): (told: Told) => boolean {
  return (told) => told.changes.some((each) => isOf(each.urn, urn));
}
