/** A text that somebody wrote: as Markdown where it is so, else as it stands. The reader of Markdown is fetched when needed. */
import { lazy, Suspense } from "react";

const Markdown = lazy(() => import("./Markdown").then((module) => ({ default: module.Markdown })));

/** What makes a text more than plain paragraphs. */
const MARKED = /[*_`#[\]<>|!~]|^\s*(?:[-+]|\d+[.)])\s|\n|https?:/m;

export function Prose({ text, markdown }: { readonly text: string; readonly markdown: boolean }) {
  if (!markdown || !MARKED.test(text))
    return (
      <p className="prose" dir="auto">
        {text}
      </p>
    );
  return (
    <Suspense
      fallback={
        <p className="prose" dir="auto">
          {text}
        </p>
      }
    >
      <Markdown text={text} />
    </Suspense>
  );
}
