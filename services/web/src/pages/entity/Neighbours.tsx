/** What is around a thing: what it is used by, where it comes from, its tests, parts and runs. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { agoText, plural, timeText } from "../../data/moment";
import type { AroundResult } from "../../data/operations";
import { objects } from "../../data/rows";
import type { TestRow } from "../../data/tests";
import { kindsText, kindText, labelOf } from "../../data/urn";
import { Failed, Loading } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { APART, HOLDING, neighbours, type Part, type Run } from "./around";
import { durationText, Status } from "./leads";

const FEW = 5;

interface Properties {
  readonly urn: string;
  readonly kind: string;
  readonly asOf: string | undefined;
  readonly around: UseQueryResult<AroundResult>;
}

export function Neighbours({ urn, kind, asOf, around }: Properties) {
  if (around.isError) return <Failed error={around.error} retry={() => void around.refetch()} />;
  if (around.data === undefined) return <Loading what="what is around it" />;
  const said = around.data;
  const tests = objects<TestRow>(said.tests);
  const lastRun = tests.flatMap((each) => each.time ?? []).sort().at(-1);
  const parts = objects<Part>(said.parts);
  const runs = objects<Run>(said.runs);
  const reached = neighbours(said.down, urn).length + neighbours(said.up, urn).length + said.down.gaps.length + said.up.gaps.length;
  const flows = reached > 0 || !(APART.has(kind) || HOLDING.has(kind));
  return (
    <>
      {flows && <Flows said={said} urn={urn} asOf={asOf} />}
      {tests.length > 0 && (
        <section className="panel" aria-label="Tests">
          <h2>
            Tests <span className="soft">{new Set(tests.map((each) => each.test)).size}</span>
          </h2>
          {lastRun !== undefined && (
            <p className="soft" title={timeText(lastRun)}>
              last run {agoText(lastRun)}
            </p>
          )}
          {asOf !== undefined && <OfNow />}
          <ul className="values">
            {tests.map((each) => (
              <li key={`${each.test} ${each.subject}`} className="one-line">
                <Status status={each.status ?? "never ran"} /> <Thing urn={each.test} title={each.title} place={false} />{" "}
                {each.time !== null && lastRun !== undefined && agoText(each.time) !== agoText(lastRun) && (
                  <span className="soft" title={timeText(each.time)}>
                    {agoText(each.time)}
                  </span>
                )}
                {each.failures !== null && each.failures > 0 && <span className="bad-text"> {plural(each.failures, "row")} fail</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {runs.length > 0 && (
        <section className="panel" aria-label="Newest runs">
          <h2>Newest runs</h2>
          {asOf !== undefined && <OfNow />}
          <ul className="values">
            {runs.map((each) => (
              <li key={each.urn}>
                <Status status={each.status ?? "unknown"} /> <Thing urn={each.urn} title={each.started === null ? labelOf(each.urn) : timeText(each.started)} place={false} />{" "}
                {each.duration_ms !== null && <span className="soft">{durationText(each.duration_ms)}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {parts.length > 0 && (
        <section className="panel" aria-label="Holds">
          <h2>
            {kind === "model" ? "Versions and deployments" : "Holds"} <span className="soft">{said.parts.truncated ? "more than 500" : parts.length}</span>
          </h2>
          {asOf !== undefined && <OfNow />}
          <Parts parts={parts} />
        </section>
      )}
    </>
  );
}

function Flows({ said, urn, asOf }: { readonly said: AroundResult; readonly urn: string; readonly asOf: string | undefined }) {
  const [down, up] = [neighbours(said.down, urn), neighbours(said.up, urn)];
  const affected = Object.entries(said.impact.byKind as Record<string, number>).sort((a, b) => b[1] - a[1]);
  return (
    <>
      <section className="panel" aria-label="Used by">
        <h2>
          Used by <span className="soft">{down.length}</span>
        </h2>
        <Near urns={down} urn={urn} gaps={said.down.gaps.length} none={asOf === undefined ? "Nothing that is catalogued reads from it." : "Nothing that had been said by then reads from it."} unknown="No reader is known; something within reach is not known." />
        {said.impact.total > 0 && (
          <p className="soft">
            In all {plural(said.impact.total, "thing")} downstream: {affected.slice(0, 5).map(([name, count]) => kindsText(name, count)).join(", ")}
            {affected.length > 5 && " and others"}.{" "}
            <Link to="/impact/$urn" params={{ urn }}>
              What breaks
            </Link>
          </p>
        )}
      </section>
      <section className="panel" aria-label="Comes from">
        <h2>
          Comes from <span className="soft">{up.length}</span>
        </h2>
        <Near urns={up} urn={urn} gaps={said.up.gaps.length} none={asOf === undefined ? "Nothing flows into it: it is where the thread begins." : "Nothing that had been said by then flows into it."} unknown="Nothing is known to flow into it, and something within reach is not known." />
      </section>
    </>
  );
}

function OfNow() {
  return <p className="soft">These are of now: of then they are not known here.</p>;
}

function Parts({ parts }: { readonly parts: readonly Part[] }) {
  const groups = [...Map.groupBy(parts, (each) => each.kind)];
  return groups.map(([kind, of]) => (
    <details key={kind} open={of.length <= 20}>
      <summary>
        {kindText(kind)} <span className="soft">{of.length}</span>
      </summary>
      <ul className="values">
        {of.map((each) => (
          <li key={each.urn}>
            <Thing urn={each.urn} title={each.title} place={false} /> <bdi className="soft clip">{(each.description ?? "").split("\n", 1)[0]}</bdi>
          </li>
        ))}
      </ul>
    </details>
  ));
}

interface NearProperties {
  readonly urns: readonly string[];
  readonly urn: string;
  /** How many things within reach are not known; that it is one hop only is no gap. */
  readonly gaps: number;
  readonly none: string;
  readonly unknown: string;
}

function Near({ urns, urn, gaps, none, unknown }: NearProperties) {
  if (urns.length === 0) return <p className="soft">{gaps === 0 ? none : unknown}</p>;
  return (
    <>
      <ul className="values">
        {urns.slice(0, FEW).map((each) => (
          <li key={each}>
            <Thing urn={each} />
          </li>
        ))}
      </ul>
      <p className="soft">
        {urns.length > FEW && `${urns.length - FEW} more are one hop away. `}
        {gaps > 0 && `There may be others: ${plural(gaps, "thing")} within reach ${gaps === 1 ? "is" : "are"} not known. `}
        <Link to="/lineage/$urn" params={{ urn }}>
          Lineage
        </Link>
      </p>
    </>
  );
}
