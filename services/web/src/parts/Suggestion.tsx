/** One thing that is suggested while somebody types, and the rest after which suggestions are asked for. */
import { type KeyboardEvent, useEffect, useState } from "react";
import { kindText, labelOf, placeOf } from "../data/urn";
import { KindIcon, Name } from "./Thing";

/** Milliseconds of rest after which a question is asked: less than between two keys of a fast typist. */
const REST = 30;

/** Return a text as it was when it last stood still. */
export function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

export interface Suggested {
  readonly urn: string;
  readonly kind: string;
  readonly properties?: { readonly name?: string | null } | null;
}

/** Return which of the suggestions is chosen, -1 for none, and how to move on and to drop the choice. It is kept by what it
 * is, not by its place: an answer that comes late must not put another thing under Enter. */
export function useChoice(hits: readonly Suggested[]) {
  const [chosen, choose] = useState<string>();
  const at = hits.findIndex((each) => each.urn === chosen);
  return {
    at,
    move: (step: 1 | -1) => choose(hits[Math.min(hits.length - 1, at + step)]?.urn),
    drop: () => choose(undefined),
  };
}

/** Return the name under which a thing is shown. */
export function titleOf(hit: Suggested): string {
  return hit.properties?.name ?? labelOf(hit.urn);
}

interface Choice {
  readonly id: string;
  readonly hit: Suggested;
  readonly on: boolean;
  readonly choose: () => void;
  readonly pressed: (event: KeyboardEvent) => void;
}

export function Suggestion({ id, hit, on, choose, pressed }: Choice) {
  return (
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={on}
      className={on ? "suggestion on" : "suggestion"}
      onMouseDown={(event) => event.preventDefault()}
      onClick={choose}
      onKeyDown={pressed}
    >
      <KindIcon kind={hit.kind} />
      <span className="suggestion-name">
        <Name text={titleOf(hit)} />
        <bdi className="place">{placeOf(hit.urn)}</bdi>
      </span>
      <span className="soft">{kindText(hit.kind)}</span>
    </div>
  );
}
