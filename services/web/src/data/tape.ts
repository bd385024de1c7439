/** The tape of changes, as server-sent events. Read by fetch and not by EventSource, which can't send a token. */
import { eventsIn, type Told } from "./commits";
import { token } from "./session";

/** Milliseconds before the tape is asked again, when it broke. */
const AGAIN = 2_000;
const SLOWEST = 60_000;

/**
 * Listen from the commit after a token on, until the signal ends it. `hear` gets commits in order, each once.
 *
 * What breaks, a server in trouble too, is taken up again where it broke, less and less often. A refusal ends it: the
 * questions of the page say so themselves.
 */
export async function listen(after: string, hear: (told: Told) => void, signal: AbortSignal): Promise<void> {
  let from = after;
  let pause = AGAIN;
  while (!signal.aborted) {
    try {
      const secret = token();
      const headers = secret === null ? {} : { Authorization: `Bearer ${secret}` };
      const response = await fetch(`/v1/changes?after=${encodeURIComponent(from)}`, { headers, signal });
      if (response.status >= 400 && response.status < 500) return;
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
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
