/** What stood before and after, of one thing: fields with who said so, columns, series, and the lineage around it. */
import { Link } from "@tanstack/react-router";
import { useAsk } from "../../data/asking";
import type { Json } from "../../data/json";
import { reasonOf } from "../../data/commits";
import { agoText, momentText, plural, timeText } from "../../data/moment";
import { DiffOf, type DiffOfResult } from "../../data/operations";
import { kindText } from "../../data/urn";
import { Icon } from "../../parts/Icon";
import { News } from "../../parts/News";
import { Failed, Incomplete, Loading, Nothing, Refreshing } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { Value, wordOf } from "../entity/Value";
import { type ReactNode, useMemo } from "react";
import "../entity/entity.css";
import { concerns, readState, type State } from "./state";

interface Said {
  readonly seq: number;
  readonly time: string;
  readonly source: string;
  readonly author: string | null;
  readonly message: string | null;
}

interface Difference {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  readonly a: Json;
  readonly b: Json;
  readonly said?: Said | null;
}

interface Aspect {
  readonly aspect: string;
  readonly change: string;
  readonly differing: number;
  readonly differences: readonly Difference[];
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly subtype: string;
  readonly carrier: string | null;
  readonly source: string | null;
}

interface Side {
  readonly appeared: readonly Edge[];
  readonly disappeared: readonly Edge[];
  readonly total: { readonly appeared: number; readonly disappeared: number };
  readonly gapsClosed: readonly { readonly code: string; readonly urn: string; readonly detail: string }[];
  readonly gapsOpened: readonly { readonly code: string; readonly urn: string; readonly detail: string }[];
}

const SIGNS: Readonly<Record<string, string>> = { added: "+", removed: "−", changed: "~" };
/** Rows of a table, and columns, that are shown; all are counted. */
const MOST = 300;

export function DiffView({ state, asOf }: { readonly state: State; readonly asOf: string | undefined }) {
  const asked = useAsk(DiffOf, { of: state.of ?? "", from: state.since, to: asOf }, { when: state.of !== undefined, keep: false });
  const urn = asked.data?.diff.urn;
  const matters = useMemo(() => concerns(readState({}), urn), [urn]);
  if (state.of === undefined)
    return <Nothing what="Choose a thing." why="Write its name above, or open a change of the list and follow “before and after”: what stood then and what stands now are compared, with the lineage around it." />;
  if (asked.isError) return <NotCompared error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.data === undefined) return <Loading what="what differs" />;
  return (
    <div className="grid-gap wide">
      <Refreshing active={asked.isFetching} />
      <Body said={asked.data.diff} since={state.since} asOf={asOf} />
      <News shown={asked.data.diff.asOf} concerns={matters} />
    </div>
  );
}

function NotCompared({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const details = (error as { readonly details?: { readonly candidates?: readonly Json[] } }).details;
  const urns = (details?.candidates ?? []).map((each) => (typeof each === "string" ? each : String(each?.urn ?? "")));
  return (
    <Failed error={error} retry={retry}>
      {urns.length > 0 && (
        <ul className="values">
          {urns.map((urn) => (
            <li key={urn}>
              <Link to="/changes" search={(before) => ({ ...before, of: urn }) as never}>
                <bdi>{urn}</bdi>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Failed>
  );
}

function Body({ said, since, asOf }: { readonly said: DiffOfResult["diff"]; readonly since: string; readonly asOf: string | undefined }) {
  const totals = said.totals as Readonly<Record<string, number>>;
  const count = (name: string): number => totals[name] ?? 0;
  const parts = [
    ["aspects", "aspect"],
    ["columns", "column"],
  ].flatMap(([name = "", noun = ""]) => (count(name) > 0 ? [`${plural(count(name), noun)} changed`] : []));
  if (count("series") > 0) parts.push(`${count("series")} series measured anew`);
  if (count("appeared") > 0) parts.push(`${plural(count("appeared"), "edge")} of lineage appeared`);
  if (count("disappeared") > 0) parts.push(`${plural(count("disappeared"), "edge")} disappeared`);
  const lineage = said.lineage as { readonly upstream: Side; readonly downstream: Side };
  return (
    <>
      <p className="changes-sum" role="status">
        <Thing urn={said.urn} /> <strong>{parts.length === 0 ? "did not change" : parts.join(", ")}</strong> from {since === "0" ? "the beginning" : momentText(since)} to {asOf === undefined ? "now" : momentText(asOf)}
        <span className="soft">
          {" "}
          (seq {said.from.seq} to {said.to.seq})
        </span>
      </p>
      <Incomplete envelope={said} name={(each) => <Thing urn={each} />} />
      {parts.length === 0 && <Nothing what="No difference." why={`${plural(count("equal"), "field")} are equal, and so is the lineage one hop around it. What one source says and another overrules is no difference.`} />}
      {(said.aspects as readonly Aspect[]).map((each) => (
        <Fields key={each.aspect} title={wordOf(each.aspect)} change={each.change} differences={each.differences} total={each.differing} />
      ))}
      <ChangedColumns columns={said.columns as readonly { readonly name: string; readonly urn: string; readonly aspects: readonly Aspect[] }[]} />
      {(said.series as readonly { readonly series: string; readonly appeared: number; readonly differing: number; readonly differences: readonly Difference[] }[]).map((each) => (
        <Fields key={each.series} title={`${wordOf(each.series)}, ${plural(each.appeared, "new point")}`} change="changed" differences={each.differences} total={each.differing} />
      ))}
      <Edges title="Lineage upstream" side={lineage.upstream} urn={said.urn} since={since} />
      <Edges title="Lineage downstream" side={lineage.downstream} urn={said.urn} since={since} />
    </>
  );
}

function Sign({ change }: { readonly change: string }) {
  return (
    <>
      <span className={`sign ${change}`} aria-hidden="true">
        {SIGNS[change] ?? "~"}
      </span>
      <span className="sr">{change}: </span>
    </>
  );
}

interface FieldsShown {
  readonly title: ReactNode;
  readonly change: string;
  readonly differences: readonly Difference[];
  readonly total: number;
}

function Fields({ title, change, differences, total }: FieldsShown) {
  const shown = differences.slice(0, MOST);
  const who = shown.some((each) => each.said !== undefined && each.said !== null);
  return (
    <section className="panel" aria-label={typeof title === "string" ? title : undefined}>
      <h2>
        <Sign change={change} />
        <span className="change-title">{title}</span> <span className="soft">{total > 0 ? plural(total, "field") : ""}</span>
      </h2>
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <div className="scroll-x" tabIndex={0} role="group" aria-label={`Fields of ${typeof title === "string" ? title : "it"}`}>
          <table className="plain compare">
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
                {who && <th scope="col">Said by</th>}
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={each.path}>
                  <th scope="row">
                    <Sign change={each.change} />
                    <bdi className="wrap">{each.path}</bdi>
                  </th>
                  <td>{each.change === "added" ? "" : <Value value={each.a} depth={2} />}</td>
                  <td>{each.change === "removed" ? "" : <Value value={each.b} depth={2} />}</td>
                  {who && <td>{each.said === undefined || each.said === null ? "" : <Who said={each.said} />}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {total > shown.length && <p className="soft">{(total - shown.length).toLocaleString("en-GB")} more fields are not shown; clew diff lists all.</p>}
    </section>
  );
}

function Who({ said }: { readonly said: Said }) {
  const why = reasonOf(said);
  return (
    <>
      <bdi className="wrap">{said.author ?? said.source}</bdi>{" "}
      <time className="soft" dateTime={said.time} title={timeText(said.time)}>
        {agoText(said.time)}, seq {said.seq}
      </time>
      {why !== undefined && (
        <bdi className="wrap change-why" title={why}>
          {why.length > 120 ? `${why.slice(0, 120)}…` : why}
        </bdi>
      )}
    </>
  );
}

function ChangedColumns({ columns }: { readonly columns: readonly { readonly name: string; readonly urn: string; readonly aspects: readonly Aspect[] }[] }) {
  if (columns.length === 0) return null;
  return (
    <section className="panel" aria-label="Columns">
      <h2>
        Columns of which something else is said <span className="soft">{columns.length.toLocaleString("en-GB")}</span>
      </h2>
      <ul className="values">
        {columns.slice(0, MOST).map((each) => (
          <li key={each.urn}>
            <details>
              <summary>
                <bdi className="name">{each.name}</bdi> <span className="soft">{each.aspects.map((aspect) => `${SIGNS[aspect.change] ?? "~"} ${wordOf(aspect.aspect)}`).join(", ")}</span>
              </summary>
              <Thing urn={each.urn} />
              {each.aspects.map((aspect) => (
                <Fields key={aspect.aspect} title={wordOf(aspect.aspect)} change={aspect.change} differences={aspect.differences} total={aspect.differing} />
              ))}
            </details>
          </li>
        ))}
      </ul>
      {columns.length > MOST && <p className="soft">{(columns.length - MOST).toLocaleString("en-GB")} more are not shown; clew diff lists all.</p>}
    </section>
  );
}

function Edges({ title, side, urn, since }: { readonly title: string; readonly side: Side; readonly urn: string; readonly since: string }) {
  const { appeared, disappeared, total, gapsClosed, gapsOpened } = side;
  if (total.appeared + total.disappeared + gapsClosed.length + gapsOpened.length === 0) return null;
  const edges = [...appeared.slice(0, MOST).map((each) => ({ ...each, change: "added" })), ...disappeared.slice(0, MOST).map((each) => ({ ...each, change: "removed" }))];
  const hidden = total.appeared + total.disappeared - edges.length;
  return (
    <section className="panel" aria-label={title}>
      <div className="section-head">
        <h2>
          {title}{" "}
          <span className="soft">
            +{total.appeared.toLocaleString("en-GB")} −{total.disappeared.toLocaleString("en-GB")}
          </span>
        </h2>
        <Link to="/lineage/$urn" params={{ urn }} search={(before) => ({ asOf: before.asOf, since }) as never} className="button small">
          <Icon name="lineage" /> In the graph
        </Link>
      </div>
      <ul className="values">
        {edges.map((each) => (
          <li key={`${each.change} ${each.from} ${each.to} ${each.type} ${each.subtype} ${each.carrier} ${each.source}`}>
            <Sign change={each.change} />
            <Thing urn={each.from} />
            <span aria-hidden="true">→</span>
            <span className="sr"> to </span>
            <Thing urn={each.to} />
            <span className="soft">
              {kindText(String(each.subtype || each.type).toLowerCase())}
              {each.source !== null && (
                <>
                  , said by <bdi>{each.source}</bdi>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && <p className="soft">{hidden.toLocaleString("en-GB")} more edges are not shown; clew diff lists all.</p>}
      <Gaps title="Became known" gaps={gapsClosed} />
      <Gaps title="Became unknown" gaps={gapsOpened} />
    </section>
  );
}

function Gaps({ title, gaps }: { readonly title: string; readonly gaps: Side["gapsClosed"] }) {
  if (gaps.length === 0) return null;
  return (
    <details>
      <summary>
        {title}: {plural(gaps.length, "gap")}
      </summary>
      <ul className="gaps">
        {gaps.slice(0, 50).map((each) => (
          <li key={`${each.code} ${each.urn} ${each.detail}`}>
            <code>{each.code}</code> {each.urn !== "" && <Thing urn={each.urn} />} {each.detail}
          </li>
        ))}
      </ul>
    </details>
  );
}
