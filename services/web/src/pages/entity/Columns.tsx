/** The columns of a dataset: filtered by name or description, virtual, however many there are. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useDeferredValue, useMemo, useRef, useState } from "react";
import { plural } from "../../data/moment";
import { labelOf } from "../../data/urn";
import { Nothing } from "../../parts/States";
import { Name } from "../../parts/Thing";
import type { Column } from "./describe";

const ROW = 36;

/** Return the columns whose name, type or description holds the words. */
export function fitting(columns: readonly Column[], words: string): readonly Column[] {
  const wanted = words.toLowerCase().split(/\s+/).filter((each) => each !== "");
  if (wanted.length === 0) return columns;
  return columns.filter((each) => {
    const text = `${each.name} ${each.type ?? ""} ${each.aspects.documentation?.text ?? ""}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export function Columns({ columns, name }: { readonly columns: readonly Column[]; readonly name: string }) {
  const [words, setWords] = useState("");
  const asked = useDeferredValue(words);
  const shown = useMemo(() => fitting(columns, asked), [columns, asked]);
  const place = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => place.current, estimateSize: () => ROW, overscan: 12 });

  function pressed(event: KeyboardEvent): void {
    if (event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    rows.scrollToIndex(event.key === "Home" ? 0 : shown.length - 1);
  }

  if (columns.length === 0)
    return (
      <Nothing
        what="No columns are known."
        why="No source describes its columns yet. A connector that reads its system says them, or say them yourself:"
        command={`clew ingest recipe.yml`}
      />
    );
  return (
    <section className="grid-gap" aria-label="Columns">
      <div className="section-head">
        <h2>Columns</h2>
        <span className="soft" role="status">
          {shown.length === columns.length ? plural(columns.length, "column") : `${shown.length.toLocaleString("en-GB")} of ${plural(columns.length, "column")}`}
        </span>
        {columns.length > 8 && (
          <label className="column-filter">
            <span className="sr">Filter columns</span>
            <input type="text" value={words} placeholder="Filter by name, type, description" spellCheck={false} onChange={(event) => setWords(event.target.value)} />
          </label>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div ref={place} className="columns" tabIndex={0} role="table" aria-label={`Columns of ${name}`} aria-rowcount={shown.length + 1} onKeyDown={pressed}>
        <div role="rowgroup" className="columns-head">
          <div role="row" aria-rowindex={1} className="column">
            <span role="columnheader">Name</span>
            <span role="columnheader">Type</span>
            <span role="columnheader">What it is</span>
          </div>
        </div>
        <div role="rowgroup" className="columns-body" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const each = shown[item.index];
            if (each === undefined) return null;
            return (
              <div key={each.urn} role="row" aria-rowindex={item.index + 2} className="column" style={{ transform: `translateY(${item.start}px)`, height: ROW, position: "absolute" }}>
                <span role="cell">
                  <Link to="/entity/$urn" params={{ urn: each.urn }} className="thing" preload={false}>
                    <Name text={each.name} />
                  </Link>
                </span>
                <span role="cell" className="column-type" title={each.type}>
                  {each.type === undefined ? <span className="soft">not said</span> : <bdi>{each.type}</bdi>}
                  {each.nullable === false ? <span className="soft"> required</span> : ""}
                </span>
                <span role="cell" className="column-text">
                  {(each.aspects.tags?.tags ?? []).map((tag: { tag: string }) => (
                    <span key={tag.tag} className="chip">
                      {labelOf(tag.tag)}
                    </span>
                  ))}
                  <bdi title={each.aspects.documentation?.text}>{each.aspects.documentation?.text ?? ""}</bdi>
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
