/** A field that suggests known things while one types. Arrows and Enter choose; what is not known is taken as typed where that may be. */
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from "react";
import { useAsk } from "../data/asking";
import { Find } from "../data/operations";
import { problemOf } from "../data/problem";
import { Suggestion, titleOf, useChoice, useRested } from "./Suggestion";

const MOST = 7;

export interface Picked {
  /** A URN, or words as they were typed. */
  readonly of: string;
  readonly name: string;
}

interface Field {
  readonly label: string;
  /** Kinds that may be chosen; none means any. */
  readonly kinds: readonly string[];
  readonly text: string;
  readonly write: (text: string) => void;
  readonly pick: (picked: Picked) => void;
  /** Whether words that name nothing yet may be taken. */
  readonly free: boolean;
  readonly hint?: string;
  /** Things that are not offered. */
  readonly without?: readonly string[];
  readonly field?: RefObject<HTMLInputElement | null>;
}

export function Picker({ label, kinds, text, write, pick, free, hint, without = [], field }: Field) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const pressing = useRef(false);
  const left = useRef(false);
  const words = text.trim();
  const asked = useRested(words);
  const filters = kinds.length > 0 ? { kind: [...kinds] } : undefined;
  const found = useAsk(Find, { text: asked, filters, first: MOST + without.length, facets: [] }, { when: open && asked !== "" && !asked.startsWith("urn:") });
  const hits = (asked === "" || words === "" ? [] : (found.data?.search.edges ?? []))
    .flatMap((each) => (each.node === null ? [] : [each.node]))
    .filter((each) => !without.includes(each.urn))
    .slice(0, MOST);
  const { at, move, drop } = useChoice(hits);
  const shown = open && words !== "" && hits.length > 0;

  // A pointer that presses something else lets go of it first: were the list gone before, it would move from under it.
  useEffect(() => {
    if (!open) return;
    const press = () => {
      pressing.current = true;
    };
    const release = () => {
      pressing.current = false;
      if (left.current) setTimeout(() => setOpen(false));
    };
    document.addEventListener("pointerdown", press, true);
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, release, true);
    return () => {
      pressing.current = false;
      document.removeEventListener("pointerdown", press, true);
      for (const end of ["pointerup", "pointercancel"]) document.removeEventListener(end, release, true);
    };
  }, [open]);

  function choose(place: number): void {
    const hit = hits[place];
    if (hit !== undefined) pick({ of: hit.urn, name: titleOf(hit) });
    else if (free && words !== "") pick({ of: words, name: words });
    else return;
    setOpen(false);
    drop();
  }

  function pressed(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.ctrlKey && (at >= 0 || free) && words !== "") {
      event.preventDefault();
      choose(at);
    } else if (event.key === "Escape" && shown) {
      event.preventDefault(); // the list is closed first, the dialog around it at the next press
      setOpen(false);
      drop();
    }
  }

  return (
    <div className="form picking">
      <label htmlFor={id}>{label}</label>
      <div className="picking-place">
        <input
          ref={field}
          id={id}
          type="text"
          role="combobox"
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={shown && at >= 0 ? `${id}-${at}` : undefined}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          autoComplete="off"
          spellCheck={false}
          maxLength={2048}
          dir="auto"
          value={text}
          onChange={(event) => {
            write(event.target.value);
            setOpen(true);
            drop();
          }}
          onFocus={() => {
            left.current = false;
          }}
          onBlur={() => {
            left.current = true;
            if (!pressing.current) setOpen(false);
          }}
          onKeyDown={pressed}
        />
        <div id={`${id}-list`} role="listbox" aria-label="Suggestions" className="picking-list" hidden={!shown}>
          {hits.map((hit, place) => (
            <Suggestion key={hit.urn} id={`${id}-${place}`} hit={hit} on={place === at} choose={() => choose(place)} pressed={pressed} />
          ))}
        </div>
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="soft">
          {hint}
        </p>
      )}
      {found.isError && words !== "" && <p className="bad-text">No suggestions: {problemOf(found.error).what}</p>}
    </div>
  );
}
