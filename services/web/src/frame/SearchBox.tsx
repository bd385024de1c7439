/** Search of every page: hits while typing, columns and features among them. Enter without a choice opens the page of hits. */
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type RefObject, useId, useState } from "react";
import { useAsk } from "../data/asking";
import { plural } from "../data/moment";
import { Find } from "../data/operations";
import { problemOf } from "../data/problem";
import { kindText } from "../data/urn";
import { Icon } from "../parts/Icon";
import { Suggestion, useChoice, useRested } from "../parts/Suggestion";

const MOST = 8;

export function SearchBox({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const navigate = useNavigate();
  const list = useId();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const asked = useRested(text.trim());
  const found = useAsk(Find, { text: asked, first: MOST, facets: ["kind"] }, { when: open && asked !== "" });
  const shown = open && text.trim() !== "";
  const hits = (asked === "" ? [] : (found.data?.search.edges ?? [])).flatMap((each) => (each.node === null ? [] : [each.node]));
  const choice = useChoice(hits);
  const kinds = Object.entries((found.data?.search.facets?.kind ?? {}) as Record<string, number>).sort((a, b) => b[1] - a[1]);
  const total = found.data?.search.totalCount ?? 0;

  function leave(): void {
    setOpen(false);
    choice.drop();
    field.current?.blur();
  }

  function toHits(kind?: string): void {
    leave();
    void navigate({ to: "/search", search: { q: text.trim() || undefined, kind } });
  }

  function toHit(urn: string): void {
    leave();
    setText("");
    void navigate({ to: "/entity/$urn", params: { urn } });
  }

  function pressed(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      choice.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const hit = hits[choice.at];
      if (hit !== undefined) toHit(hit.urn);
      else toHits();
    } else if (event.key === "Escape") {
      if (open && text !== "") setOpen(false);
      else leave();
    }
  }

  return (
    <search className="searchbox">
      <Icon name="search" />
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label="Search"
        aria-expanded={shown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={shown && choice.at >= 0 ? `${list}-${choice.at}` : undefined}
        placeholder="Search tables, columns, features, models"
        autoComplete="off"
        spellCheck={false}
        maxLength={1000}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          choice.drop();
        }}
        onFocus={() => setOpen(true)}
        onBlur={(event) => {
          if (!(event.relatedTarget instanceof Node && event.currentTarget.parentElement?.contains(event.relatedTarget))) setOpen(false);
        }}
        onKeyDown={pressed}
      />
      <span className="key-hint" aria-hidden="true">
        /
      </span>
      {shown && (
        <div className="suggestions">
          <div id={list} role="listbox" aria-label="Hits" data-of={found.isSuccess && !found.isPlaceholderData ? asked : undefined}>
            {hits.map((hit, at) => (
              <Suggestion key={hit.urn} id={`${list}-${at}`} hit={hit} on={at === choice.at} choose={() => toHit(hit.urn)} pressed={pressed} />
            ))}
          </div>
          {found.isError && <p className="suggestions-note bad-text">{problemOf(found.error).what}</p>}
          {!found.isError && found.data !== undefined && hits.length === 0 && asked === text.trim() && (
            <p className="suggestions-note">Nothing fits these words.</p>
          )}
          {total > 0 && (
            <div className="suggestions-more">
              <button type="button" className="button small" onClick={() => toHits()}>
                All {plural(total, "hit")}
              </button>
              {kinds.slice(0, 5).map(([kind, count]) => (
                <button type="button" className="button small" key={kind} onClick={() => toHits(kind)}>
                  {kindText(kind)} {count}
                </button>
              ))}
            </div>
          )}
        </div>
      )}
    </search>
  );
}
