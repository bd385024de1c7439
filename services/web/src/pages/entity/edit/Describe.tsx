import { type FormEvent, useId } from "react";
import { useDraft } from "../../../data/draft";
import { MarkdownField } from "../../../parts/MarkdownField";
import type { Described } from "../describe";
import { useWhole } from "./saving";

/** What a thing is for, as Markdown. */
export function Describe({ said, close }: { readonly said: Described; readonly close: () => void }) {
  const stands: string = said.aspects.documentation?.text ?? "";
  const [text, write, forget] = useDraft(`documentation ${said.urn}`, stands);
  const note = useId();
  const { save, busy, trouble } = useWhole({
    said,
    aspect: "documentation",
    yours: { text, format: "markdown" },
    intention: { op: "describe", text },
    text: "Description changed",
    saved: () => {
      forget();
      close();
    },
  });
  const blank = text.trim() === "";

  function submit(event?: FormEvent): void {
    event?.preventDefault();
    if (!blank) void save();
  }

  return (
    <form className="writing" onSubmit={submit}>
      {trouble}
      <MarkdownField label="What it is for" text={text} write={write} save={submit} />
      <div className="row">
        <button type="submit" className="button primary" disabled={busy || blank}>
          Save
        </button>
        {text !== stands && (
          <button type="button" className="button" onClick={() => write(stands)}>
            Back to what stands
          </button>
        )}
        {stands !== "" && (
          <button
            type="button"
            className="button"
            aria-describedby={note}
            disabled={busy}
            onClick={() => void save({ op: "retract", aspect: "documentation" }, "Stewards' description withdrawn")}
          >
            Withdraw stewards’ words
          </button>
        )}
      </div>
      {stands !== "" && (
        <p id={note} className="soft">
          Withdrawn, what other sources say stands again.
        </p>
      )}
    </form>
  );
}
