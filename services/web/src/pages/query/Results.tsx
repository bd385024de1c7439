/** What came of a query: rows in a table, or lines of JSON; both virtual, however long. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef } from "react";
import { plural } from "../../data/moment";
import { csv, save } from "../../parts/save";
import { Incomplete, Nothing } from "../../parts/States";
import { type GraphqlError, placeIn, type Rows, type Told } from "./words";

const ROW = 28;
const LINE = 20;
/** Characters of a cell that are drawn; the whole stands in the exported file. */
const DRAWN = 300;

export function SqlResult({ said }: { readonly said: Rows }) {
  return (
    <section className="grid-gap wide" aria-label="Result">
      <div className="section-head">
        <p role="status">
          <strong>{plural(said.rows.length, "row")}</strong>
          {said.truncated && <span className="warn-text">, and there are more: ask for more rows, or narrow the query</span>}
          <span className="soft">
            {" "}
            as of seq {said.asOf.seq}
            {said.explain.ms !== undefined && `, ${said.explain.ms.toLocaleString("en-GB", { maximumSignificantDigits: 3 })} ms`}
          </span>
        </p>
        <button type="button" className="button small" disabled={said.rows.length === 0} onClick={() => save(new Blob([csv(said.columns, said.rows)], { type: "text/csv" }), "clew-query.csv")}>
          Export CSV
        </button>
      </div>
      {said.behind > 0 && <Incomplete envelope={{ ...said, complete: false, frontier: [] }} />}
      {said.rows.length === 0 ? <Nothing what="No row." why="The query is right, and nothing fits." /> : <Table said={said} />}
    </section>
  );
}

function Table({ said }: { readonly said: Rows }) {
  const place = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: said.rows.length, getScrollElement: () => place.current, estimateSize: () => ROW, overscan: 12 });
  const widths = useMemo(() => widthsOf(said), [said]);
  const whole = widths.reduce((sum, each) => sum + each, 0);

  function pressed(event: KeyboardEvent): void {
    if (event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    rows.scrollToIndex(event.key === "Home" ? 0 : said.rows.length - 1);
  }

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div ref={place} className="result" tabIndex={0} role="table" aria-label="Rows" aria-rowcount={said.rows.length + 1} onKeyDown={pressed}>
      <div role="rowgroup" className="result-head" style={{ width: whole }}>
        <div role="row" aria-rowindex={1} className="result-row">
          {said.columns.map((name, at) => (
            <span key={at} role="columnheader" style={{ width: widths[at] }}>
              <bdi>{name}</bdi>
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="result-body" style={{ height: rows.getTotalSize(), width: whole }}>
        {rows.getVirtualItems().map((item) => (
          <div key={item.index} role="row" aria-rowindex={item.index + 2} className="result-row" style={{ transform: `translateY(${item.start}px)`, height: ROW, position: "absolute" }}>
            {(said.rows[item.index] ?? []).map((value, at) => (
              <span key={at} role="cell" style={{ width: widths[at] }} className={typeof value === "number" ? "numeric" : undefined}>
                <Cell value={value} />
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function Cell({ value }: { readonly value: string | number | boolean | null }) {
  if (value === null) return <span className="soft">null</span>;
  const text = String(value);
  const drawn = text.length > DRAWN ? `${text.slice(0, DRAWN)}…` : text;
  if (text.startsWith("urn:clew:") && text.length < 4_000)
    return (
      <Link to="/entity/$urn" params={{ urn: text }} preload={false} title={text}>
        <bdi>{drawn}</bdi>
      </Link>
    );
  return <bdi title={drawn}>{drawn}</bdi>;
}

/** Return the pixels of each column, by its name and its first rows. */
function widthsOf(said: Rows): readonly number[] {
  const some = said.rows.slice(0, 100);
  return said.columns.map((name, at) => {
    const longest = some.reduce((most, row) => Math.max(most, String(row[at] ?? "null").length), name.length);
    return Math.min(420, Math.max(72, Math.ceil(longest * 7.9) + 22));
  });
}

interface Answered {
  readonly told: Told;
  readonly goTo: (place: { readonly line: number; readonly column: number }) => void;
}

export function GraphqlResult({ told, goTo }: Answered) {
  const { lines, errors } = told;
  return (
    <section className="grid-gap wide" aria-label="Result">
      {errors.length > 0 && (
        <ul className="grid-gap wide" role="alert" aria-label="Errors">
          {errors.slice(0, 20).map((each, at) => (
            <li key={at} className="notice bad">
              <One error={each} goTo={goTo} />
            </li>
          ))}
        </ul>
      )}
      <div className="section-head">
        <p role="status">
          {lines.length === 0 ? <strong>No data.</strong> : <strong>{plural(lines.length, "line")}</strong>}
          {errors.length > 0 && <span className="bad-text"> {plural(errors.length, "error")}</span>}
        </p>
        <button type="button" className="button small" disabled={lines.length === 0} onClick={() => save(new Blob([lines.join("\n")], { type: "application/json" }), "clew-query.json")}>
          Export JSON
        </button>
      </div>
      {lines.length > 0 && <Lines lines={lines} />}
    </section>
  );
}

function One({ error, goTo }: { readonly error: GraphqlError; readonly goTo: Answered["goTo"] }) {
  const place = error.locations?.[0];
  const said = [error.extensions?.where, error.path?.join(".")].filter((each) => each !== undefined && each !== "")[0];
  return (
    <>
      <p>
        <strong>{error.message}</strong>
      </p>
      {place !== undefined ? (
        <button type="button" className="link-button" onClick={() => goTo(place)}>
          Where: line {place.line}, column {place.column}
        </button>
      ) : (
        said !== undefined && <p>Where: {said}</p>
      )}
      {place !== undefined && said !== undefined && placeIn(said) === undefined && <p>At: {said}</p>}
      {error.extensions?.hint !== undefined && <p>What to do: {error.extensions.hint}</p>}
    </>
  );
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  const place = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => place.current, estimateSize: () => LINE, overscan: 20 });
  const widest = useMemo(() => Math.min(4_000, lines.reduce((most, each) => Math.max(most, each.length), 0)), [lines]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div ref={place} className="result json" tabIndex={0} role="group" aria-label="Answer as JSON">
      <div className="result-body" style={{ height: rows.getTotalSize(), width: `${widest + 8}ch` }}>
        {rows.getVirtualItems().map((item) => (
          <code key={item.index} className="json-line" style={{ transform: `translateY(${item.start}px)` }}>
            {(lines[item.index] ?? "").slice(0, 4_000)}
          </code>
        ))}
      </div>
    </div>
  );
}
