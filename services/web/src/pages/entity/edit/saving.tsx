/** Saving one aspect of a thing under the precondition that it stands as the writer read it; a conflict shows both values. */
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Json } from "../../../data/json";
import { timeText } from "../../../data/moment";
import { Edit } from "../../../data/operations";
import { place, useWrite } from "../../../data/writing";
import { Both } from "../../../parts/Both";
import { useSaving } from "../../../parts/saving";
import { Failed } from "../../../parts/States";
import type { Described } from "../describe";

/** Return what guards an edit of an aspect: its etag as it was read; where none is at hand, the document itself. */
export function guard(said: Described, aspect: string): { readonly ifMatch?: string; readonly read?: Json } {
  const read = said.aspects[aspect];
  const etag = said.etags[aspect];
  if (read === undefined) return { ifMatch: "" };
  return etag === undefined ? { read } : { ifMatch: etag, read };
}

interface Whole {
  readonly said: Described;
  readonly aspect: string;
  /** Of the document as the writer wants it: for showing it beside what stands. */
  readonly yours: Json;
  readonly intention: Json;
  readonly text: string;
  readonly saved: () => void;
}

/** How to save an aspect as a whole, and what to show when that fails. `say` overrides intention and text. */
export function useWhole({ said, aspect, yours, intention, text, saved }: Whole) {
  const write = useWrite();
  const queries = useQueryClient();
  const saving = useSaving();
  // What the writer had before the eyes when the form was opened guards the edit, whatever came since.
  const [read, setRead] = useState(() => guard(said, aspect));
  const [mine, setMine] = useState(yours);

  async function save(over: Json = intention, words: string = text, under: typeof read = read): Promise<void> {
    setMine(yours);
    if (await saving.run(() => write(words, Edit, { of: said.urn, edit: over, ...under }))) saved();
  }

  const details = saving.problem?.code === "conflict" ? saving.problem.details : undefined;
  const etag = typeof details?.etag === "string" ? details.etag : undefined;

  function adopt(): void {
    if (details === undefined) return;
    place(queries, said.urn, aspect, details.now ?? null, etag);
  }

  const trouble: ReactNode =
    saving.problem === undefined ? null : details === undefined || etag === undefined ? (
      <Failed error={saving.problem}>
        <p>What you typed is still here.</p>
      </Failed>
    ) : (
      <section className="clash" role="alert" aria-label="Somebody was faster">
        <p>
          <strong>{typeof details.by === "string" ? <bdi>{details.by}</bdi> : "Somebody"} was faster</strong>
          {typeof details.at === "string" && <>, {timeText(details.at)}</>}: it is not as you read it. Nothing was overwritten.
        </p>
        <Both yours={mine} now={details.now} />
        <div className="row">
          <button type="button" className="button primary" disabled={saving.busy} onClick={() => void save(intention, text, { ifMatch: etag })}>
            Put mine in its place
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              adopt();
              saved();
            }}
          >
            Keep what stands
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              adopt();
              setRead({ ifMatch: etag });
              saving.forget();
            }}
          >
            Go on editing mine
          </button>
        </div>
      </section>
    );
  return { save, busy: saving.busy, trouble };
}
