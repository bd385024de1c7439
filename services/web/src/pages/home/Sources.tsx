import { Link } from "@tanstack/react-router";
import type { Json } from "../../data/json";
import { agoText, plural, timeText } from "../../data/moment";
import type { HomeResult } from "../../data/operations";
import { Icon } from "../../parts/Icon";

export interface Last {
  readonly source: string;
  readonly time: string;
  readonly commits: number;
}

interface Properties {
  readonly sources: HomeResult["sources"];
  readonly last: readonly Last[];
  readonly health: Json;
}

/** How the sources stand, those in need first; and the views that are behind the ledger. */
export function Sources({ sources, last, health }: Properties) {
  const times = new Map(last.map((each) => [each.source, each.time]));
  const need = (each: Properties["sources"][number]): number => (each.parked > 0 || each.crawl?.state === "parked" ? 0 : each.crawl?.state === "open" ? 1 : 2);
  const shown = sources
    .filter((each) => !each.retired)
    .sort((a, b) => need(a) - need(b) || (times.get(a.name) ?? "~").localeCompare(times.get(b.name) ?? "~"));
  const lag = Object.entries((health.lag ?? {}) as Record<string, number>).filter(([, behind]) => behind > 0);
  const failing = Object.entries((health.failing ?? {}) as Record<string, string>);
  return (
    <section className="panel" aria-label="Sources">
      <div className="section-head">
        <h2>Sources</h2>
        <Link to="/sources">All sources</Link>
      </div>
      {failing.map(([name, why]) => (
        <p key={name} className="notice bad">
          <span>
            <Icon name="bad" /> <strong>{name} stands still:</strong> {why}
          </span>
        </p>
      ))}
      {lag.map(([name, behind]) => (
        <p key={name} className="notice warn">
          <span>
            <Icon name="warn" /> <strong>{name}</strong> is {plural(behind, "commit")} behind the ledger.
          </span>
        </p>
      ))}
      <ul className="values">
        {shown.map((each) => {
          const time = times.get(each.name);
          return (
            <li key={each.name} className="source">
              <strong>
                <bdi>{each.name}</bdi>
              </strong>
              {each.parked > 0 && (
                <span className="chip bad">
                  <Icon name="bad" /> {plural(each.parked, "group")} parked
                </span>
              )}
              {each.crawl !== null && each.crawl.state !== "closed" && (
                <span className="chip warn">
                  <Icon name="warn" /> crawl {each.crawl.state}
                </span>
              )}
              <span className="soft">{time === undefined ? "said nothing of late" : <time title={timeText(time)}>last said something {agoText(time)}</time>}</span>
            </li>
          );
        })}
      </ul>
      {lag.length === 0 && failing.length === 0 && (
        <p className="soft">
          <Icon name="ok" /> All views hold all commits, up to seq {Number(health.head).toLocaleString("en-GB")}.
        </p>
      )}
    </section>
  );
}
