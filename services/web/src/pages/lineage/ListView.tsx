/** The list twin of the graph: the same edges, as rows. Only rows that are seen are drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useRef } from "react";
import { endText, howText, type Row } from "../../graph/rows";
import { said } from "../../graph/names";
import { Thing } from "../../parts/Thing";
import { MARKS } from "./CardView";

const HEIGHT = 36;

interface Listed {
  readonly rows: readonly Row[];
  readonly compared: boolean;
  /** Whether a key led here: then the focus comes along. */
  readonly byKey: RefObject<boolean>;
}

export function ListView({ rows, compared, byKey }: Listed) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (byKey.current) place.current?.focus();
    byKey.current = false;
  }, [byKey]);
  const seen = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => HEIGHT, overscan: 20 });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
    <section className="lineage-list" ref={place} tabIndex={0} aria-label={`${rows.length} edges, as a list`}>
      <div role="table" aria-label="Edges" aria-rowcount={rows.length + 1} className={compared ? "edges compared" : "edges"}>
        <div role="row" aria-rowindex={1} className="edges-head">
          {compared && <span role="columnheader">Change</span>}
          <span role="columnheader">From</span>
          <span role="columnheader">To</span>
          <span role="columnheader">How</span>
          <span role="columnheader">Carried by</span>
          <span role="columnheader">Said by</span>
        </div>
        <div role="rowgroup" className="edges-body" style={{ height: seen.getTotalSize() }}>
          {seen.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div key={item.key} role="row" aria-rowindex={item.index + 2} className={`edge ${row.state}`} style={{ transform: `translateY(${item.start}px)` }}>
                {compared && <span role="cell">{row.state === "same" ? "" : `${MARKS[row.state]} ${row.state}`}</span>}
                <span role="cell">
                  <End urn={row.from} />
                </span>
                <span role="cell">
                  <End urn={row.to} />
                </span>
                <span role="cell">
                  {howText(row.type, row.subtype)}
                  {row.confidence < 1 && <em className="warn-text"> {Math.round(row.confidence * 100)}% sure</em>}
                </span>
                <span role="cell">{row.carrier !== "" && <Thing urn={row.carrier} place={false} />}</span>
                <span role="cell" className="soft">
                  {row.source}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function End({ urn }: { readonly urn: string }) {
  const { kind } = said(urn);
  return kind === "any" || kind === "rows" ? <Thing urn={urn} title={endText(urn)} place={false} /> : <Thing urn={urn} />;
}
