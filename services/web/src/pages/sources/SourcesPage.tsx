/** Sources: who speaks to the house, how much each is trusted, when it last spoke, what was kept aside, and how far the views are. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { one } from "../../address";
import { useAsk, useAsOf, useGet } from "../../data/asking";
import type { Json } from "../../data/json";
import { agoText, plural, timeText } from "../../data/moment";
import { Standing, type StandingResult } from "../../data/operations";
import { objects } from "../../data/rows";
import { Icon } from "../../parts/Icon";
import { Failed, Loading, Nothing, Refreshing } from "../../parts/States";
import { useTitle } from "../../parts/title";
import { Parked, type ParkedGroup } from "./Parked";
import "./sources.css";

type Source = StandingResult["sources"][number];

interface Last {
  readonly source: string;
  readonly time: string;
  readonly commits: number;
}

/** Commits back from the newest in which the last word of each source is looked for. */
const BACK = 20_000;
const LAST = `SELECT source, max(time) AS time, count(*) AS commits FROM commits WHERE seq > (SELECT max(seq) FROM commits) - ${BACK} GROUP BY source ORDER BY source`;
/** Whose words they are, by the door through which they come. */
const DOORS: Readonly<Record<string, string>> = {
  connector: "connector",
  direct: "people, with a token",
  token: "program, with a token",
  loopback: "program on this machine",
  reactor: "derived by Clew",
};

export function SourcesPage() {
  const asked = useAsk(Standing, { last: LAST });
  const parked = useGet<{ readonly parked: readonly ParkedGroup[] }>("/v1/parked");
  const asOf = useAsOf();
  useTitle("sources");
  return (
    <div className="page">
      <Refreshing active={asked.isFetching || parked.isFetching} />
      <h1>Sources</h1>
      {asOf !== undefined && (
        <p className="notice warn">
          <span>
            <Icon name="warn" /> <strong>This page is of now.</strong> How sources stood at another time is not kept; what they said then is.
          </span>
        </p>
      )}
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && !asked.isError && <Loading what="sources" />}
      {asked.data !== undefined && (
        <>
          <Views health={asked.data.health} />
          <Table sources={asked.data.sources} last={objects<Last>(asked.data.last)} />
        </>
      )}
      {parked.isError && !asked.isError && <Failed error={parked.error} retry={() => void parked.refetch()} />}
      {asked.data !== undefined && parked.data !== undefined && <Parked groups={parked.data.parked} may={asked.data.mayAdminister} />}
    </div>
  );
}

function Views({ health }: { readonly health: Json }) {
  const lag = Object.entries((health.lag ?? {}) as Record<string, number>).sort(([a], [b]) => a.localeCompare(b));
  const failing = (health.failing ?? {}) as Record<string, string>;
  const others = Object.entries(failing).filter(([name]) => !lag.some((each) => each[0] === name));
  return (
    <section className="panel" aria-label="Views">
      <h2>Views of the ledger</h2>
      <p className="soft">
        The ledger holds {plural(Number(health.head), "commit")}. What answers questions follows it:
      </p>
      <ul className="followers">
        {lag.map(([name, behind]) => (
          <li key={name}>
            <strong>{name.replaceAll("_", " ")}</strong>{" "}
            {failing[name] !== undefined ? (
              <span className="chip bad">
                <Icon name="bad" /> stands still
              </span>
            ) : behind > 0 ? (
              <span className="chip warn">
                <Icon name="warn" /> {plural(behind, "commit")} behind
              </span>
            ) : (
              <span className="chip ok">
                <Icon name="ok" /> up to date
              </span>
            )}
            {failing[name] !== undefined && <p className="bad-text wrap">{failing[name]}</p>}
          </li>
        ))}
      </ul>
      {others.map(([name, why]) => (
        <p key={name} className="notice bad">
          <span>
            <Icon name="bad" /> <strong>{name} stands still:</strong> {why}
          </span>
        </p>
      ))}
      {Object.keys(failing).length > 0 && (
        <p>
          What to do: look into the log, then <code>clew doctor</code> compares and mends, <code>clew rebuild</code> draws anew.
        </p>
      )}
    </section>
  );
}

/** What of a source needs somebody: parked groups and closes first, then crawls that did not end. */
function need(each: Source): number {
  if (each.parked > 0 || each.crawl?.state === "parked") return 0;
  return each.crawl?.state === "open" || each.crawl?.state === "cancelled" ? 1 : 2;
}

function Table({ sources, last }: { readonly sources: readonly Source[]; readonly last: readonly Last[] }) {
  const words = useSearch({ strict: false });
  const navigate = useNavigate();
  const wanted = one(words.q) ?? "";
  const [typed, setTyped] = useState(wanted);
  const times = useMemo(() => new Map(last.map((each) => [each.source, each])), [last]);
  const shown = useMemo(
    () =>
      sources
        .filter((each) => each.name.toLowerCase().includes(wanted.toLowerCase()))
        .sort((a, b) => Number(a.retired) - Number(b.retired) || need(a) - need(b) || b.rank - a.rank || a.name.localeCompare(b.name)),
    [sources, wanted],
  );
  if (sources.length === 0) return <Nothing what="No source has spoken yet." why="Connect one:" command="clew ingest recipe.yml" />;

  function change(text: string): void {
    setTyped(text);
    void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, q: text.trim() || undefined }) as never, replace: true, resetScroll: false });
  }

  return (
    <section className="grid-gap wide" aria-label="All sources">
      <div className="section-head">
        <h2>All sources</h2>
        <span className="soft" role="status">
          {shown.length === sources.length ? plural(sources.length, "source") : `${shown.length} of ${plural(sources.length, "source")}`}
        </span>
        <label>
          <span className="sr">Filter sources</span>
          <input type="text" value={typed} maxLength={200} placeholder="Filter by name" spellCheck={false} onChange={(event) => change(event.target.value)} />
        </label>
      </div>
      {shown.length === 0 ? (
        <Nothing what="No source is called so." why="Names are compared regardless of case." />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Sources">
          <table className="plain sources">
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col">State</th>
                <th scope="col">Rank</th>
                <th scope="col">Last word</th>
                <th scope="col">Last crawl</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={each.name}>
                  <th scope="row">
                    <bdi className="wrap">
                      <strong>{each.name}</strong>
                    </bdi>
                    <div className="soft">{DOORS[each.door] ?? each.door}</div>
                  </th>
                  <td>
                    <State source={each} />
                  </td>
                  <td className="number">{each.rank}</td>
                  <td>
                    <LastWord said={times.get(each.name)} source={each.name} />
                  </td>
                  <td>{each.crawl === null ? <span className="soft">{each.order === "crawl" ? "none yet" : "does not crawl"}</span> : <Crawl crawl={each.crawl} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="soft">
        Where two sources say different things, the one of higher rank stands; people have 100. The last word is looked for in the newest{" "}
        {BACK.toLocaleString("en-GB")} commits.
      </p>
    </section>
  );
}

function LastWord({ said, source }: { readonly said: Last | undefined; readonly source: string }) {
  if (said === undefined) return <span className="soft">nothing of late</span>;
  return (
    <>
      <time dateTime={said.time} title={timeText(said.time)}>
        {agoText(said.time)}
      </time>
      <div>
        <Link to="/changes" search={(before) => ({ asOf: before.asOf, source, since: "0" }) as never}>
          {plural(said.commits, "commit")}
        </Link>
      </div>
    </>
  );
}

/** Numbers of crawls are times in microseconds, as connectors give them; another client may count otherwise. */
const FIRST_TIME = 1_000_000_000_000_000;

function Crawl({ crawl }: { readonly crawl: NonNullable<Source["crawl"]> }) {
  if (crawl.number < FIRST_TIME) return <span>number {crawl.number}</span>;
  return <time title={timeText(crawl.number)}>{agoText(crawl.number)}</time>;
}

function State({ source }: { readonly source: Source }) {
  const { crawl, parked, retired } = source;
  if (retired) return <span className="chip">retired</span>;
  const well = parked === 0 && (crawl === null || crawl.state === "closed");
  return (
    <span className="states">
      {parked > 0 && (
        <a href={`#parked-${source.name}`} className="chip bad">
          <Icon name="bad" /> {parked} parked
        </a>
      )}
      {crawl !== null && crawl.state !== "closed" && (
        <span className={crawl.state === "parked" ? "chip bad" : "chip warn"}>
          <Icon name="warn" /> crawl {crawl.state}
        </span>
      )}
      {well && (
        <span className="chip ok">
          <Icon name="ok" /> {crawl === null ? "well" : "crawl closed"}
        </span>
      )}
    </span>
  );
}
