/** The list of hits: virtual, one tab stop a hit, j and k or arrows from one to the next. */
import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { agoText, plural, timeText } from "../../data/moment";
import type { FindResult } from "../../data/operations";
import { kindText, labelOf, nameOf, placeOf } from "../../data/urn";
import { typing } from "../../frame/keys";
import { Icon } from "../../parts/Icon";
import { Failed } from "../../parts/States";
import { summaryOf } from "../../parts/summary";
import { KindIcon, Name } from "../../parts/Thing";
import { type Facts, useFacts } from "./facts";

type Edge = FindResult["search"]["edges"][number];
type Found = NonNullable<Edge["node"]>;

const ROW = 86;
/** Hits of which facts are asked at once. */
const PORTION = 50;

interface Properties {
  readonly edges: readonly Edge[];
  readonly total: number;
  readonly text: string;
  readonly more: (() => void) | undefined;
}

export function Hits({ edges, total, text, more }: Properties) {
  const place = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState(-1);
  useLayoutEffect(() => setTop(place.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({ count: edges.length, estimateSize: () => ROW, overscan: 8, scrollMargin: top });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (more !== undefined && last >= edges.length - 10) more();
  }, [last, edges.length, more]);

  const portion = Math.floor((shown[Math.floor(shown.length / 2)]?.index ?? 0) / PORTION);
  const around = useMemo(
    () =>
      edges.slice(portion * PORTION, (portion + 1) * PORTION).flatMap((each) =>
        each.node === null ? [] : [{ urn: each.node.urn, kind: each.node.kind, matched: each.matched }],
      ),
    [edges, portion],
  );
  const facts = useFacts(around, text);

  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]") !== null) return;
      const inList = event.target instanceof Node && place.current?.contains(event.target);
      const step = event.key === "j" || (inList && event.key === "ArrowDown") ? 1 : event.key === "k" || (inList && event.key === "ArrowUp") ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      setActive((before) => Math.max(0, Math.min(edges.length - 1, before + step)));
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [edges.length]);

  useEffect(() => {
    if (active < 0) return;
    const link = () => place.current?.querySelector<HTMLElement>(`[data-index="${active}"] a`);
    if (link() === null) rows.scrollToIndex(active, { align: "auto" });
    requestAnimationFrame(() => {
      link()?.focus();
      link()?.scrollIntoView({ block: "nearest" });
    });
  }, [active, rows]);

  return (
    <div>
      {facts.error !== null && <Failed error={facts.error}>Freshness, tests and fitting columns are not shown.</Failed>}
      <ol ref={place} className="hits" aria-label={plural(total, "hit")} style={{ height: rows.getTotalSize() }}>
        {shown.map((item) => {
          const edge = edges[item.index];
          if (edge?.node == null) return null;
          return (
            <li
              key={edge.node.urn}
              ref={rows.measureElement}
              data-index={item.index}
              aria-posinset={item.index + 1}
              aria-setsize={total}
              className={item.index === active ? "hit on" : "hit"}
              style={{ transform: `translateY(${item.start - top}px)` }}
              onFocus={() => setActive(item.index)}
            >
              <Hit node={edge.node} edge={edge} facts={facts.of.get(edge.node.urn)} />
            </li>
          );
        })}
      </ol>
      {edges.length < total && (
        <p className="soft hits-more">
          {edges.length.toLocaleString("en-GB")} of {total.toLocaleString("en-GB")} fetched{more === undefined ? "; narrow the search to see the rest" : "; scroll for more"}.
        </p>
      )}
    </div>
  );
}

const MATCHED: Readonly<Record<string, string>> = { name: "name", title: "title", columns: "columns", prose: "description", code: "SQL or code" };

function Hit({ node, edge, facts }: { readonly node: Found; readonly edge: Edge; readonly facts: Facts | undefined }) {
  const summary = summaryOf(String(node.documentation?.text ?? node.term?.definition ?? ""), node.documentation?.format !== "plain");
  const place = node.properties?.name ? nameOf(node.urn) : placeOf(node.urn);
  const owners = node.owners.map((each) => labelOf(each.urn));
  return (
    <article>
      <div className="hit-head">
        <Link to="/entity/$urn" params={{ urn: node.urn }} className="thing" title={nameOf(node.urn)}>
          <KindIcon kind={node.kind} />
          <Name text={node.properties?.name ?? labelOf(node.urn)} />
        </Link>
        {place !== "" && <bdi className="place">{place}</bdi>}
        <span className="soft hit-kind">{kindText(node.kind)}</span>
        <Badges node={node} facts={facts} />
      </div>
      <p className="hit-text">{summary === "" ? <span className="soft">Nobody has said what this is for.</span> : <bdi>{summary}</bdi>}</p>
      <p className="hit-facts soft">
        {facts !== undefined && facts.columns.length > 0 ? (
          <span>
            fits column{facts.columns.length === 1 ? "" : "s"}{" "}
            {facts.columns.slice(0, 3).map((each) => (
              <Link key={each.urn} to="/entity/$urn" params={{ urn: each.urn }} className="name">
                {each.name}
              </Link>
            ))}
            {facts.columns.length > 3 && ` and ${facts.columns.length - 3} more`}
          </span>
        ) : (
          edge.matched.length > 0 && <span>fits by {edge.matched.map((each) => MATCHED[each] ?? each).join(", ")}</span>
        )}
        {Object.entries(edge.measures as Record<string, readonly unknown[]>).map(([name, values]) => (
          <span key={name}>
            {name} {values.map(String).join(", ")}
          </span>
        ))}
        <span>{owners.length > 0 ? <bdi>owned by {owners.join(", ")}</bdi> : "no owner"}</span>
        {facts?.written !== undefined && <span title={timeText(facts.written)}>written {agoText(facts.written)}</span>}
        {facts?.changed !== undefined && <span title={timeText(facts.changed)}>described {agoText(facts.changed)}</span>}
      </p>
    </article>
  );
}

function Badges({ node, facts }: { readonly node: Found; readonly facts: Facts | undefined }) {
  return (
    <span className="badges">
      {node.certification?.status !== undefined && (
        <span className="chip ok">
          <Icon name="ok" /> {String(node.certification.status)}
        </span>
      )}
      {node.deprecation?.status !== undefined && (
        <span className="chip warn">
          <Icon name="warn" /> {String(node.deprecation.status)}
        </span>
      )}
      {node.tier?.tier !== undefined && <span className="chip">tier {String(node.tier.tier)}</span>}
      {facts?.verdict !== undefined && (
        <span className={`chip ${facts.verdict.tone}`}>
          <Icon name={facts.verdict.tone} /> {facts.verdict.text}
        </span>
      )}
    </span>
  );
}
