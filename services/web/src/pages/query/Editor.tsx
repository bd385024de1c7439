/** A field for code with numbered lines. Tab goes on to the next control, as everywhere. */
import { type KeyboardEvent, type RefObject, useState } from "react";

interface Edited {
  readonly label: string;
  readonly text: string;
  readonly change: (text: string) => void;
  readonly run: () => void;
  /** The line of an error, counted from 1. */
  readonly marked: number | undefined;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly lines: number;
}

/** Pixels of a line, and above the first. */
const LINE = 20;
const ABOVE = 8;

export function Editor({ label, text, change, run, marked, field, lines }: Edited) {
  const [top, setTop] = useState(0);
  const count = text.split("\n").length;

  function pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  }

  return (
    <div className="editor" style={{ height: lines * LINE + 2 * ABOVE }}>
      <div className="editor-numbers" aria-hidden="true">
        <pre style={{ transform: `translateY(${-top}px)` }}>{Array.from({ length: count }, (_, at) => at + 1).join("\n")}</pre>
      </div>
      {marked !== undefined && <div className="editor-mark" aria-hidden="true" style={{ transform: `translateY(${ABOVE + (marked - 1) * LINE - top}px)` }} />}
      <textarea
        ref={field}
        aria-label={label}
        value={text}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        wrap="off"
        maxLength={100_000}
        onChange={(event) => change(event.target.value)}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={pressed}
      />
    </div>
  );
}
