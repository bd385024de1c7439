/** Markdown as it is typed, and beside it as it will be read. */
import { useDeferredValue, useId } from "react";
import { Prose } from "./Prose";

interface Field {
  readonly label: string;
  readonly text: string;
  readonly write: (text: string) => void;
  /** Called on Ctrl Enter. */
  readonly save: () => void;
}

export function MarkdownField({ label, text, write, save }: Field) {
  const id = useId();
  const preview = useDeferredValue(text);
  return (
    <div className="writing-pair">
      <div className="form">
        <label htmlFor={id}>{label}</label>
        <textarea
          id={id}
          dir="auto"
          maxLength={100_000}
          value={text}
          aria-keyshortcuts="Control+Enter"
          onChange={(event) => write(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            save();
          }}
        />
        <p className="soft">Markdown; HTML is shown as text. Ctrl Enter saves.</p>
      </div>
      <section className="form" aria-label="As it will be read">
        <h3>As it will be read</h3>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <div className="preview" tabIndex={0}>
          {preview.trim() === "" ? <p className="soft">Nothing yet.</p> : <Prose text={preview} markdown />}
        </div>
      </section>
    </div>
  );
}
