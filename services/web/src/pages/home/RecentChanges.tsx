import { Link } from "@tanstack/react-router";
import { reasonOf } from "../../data/commits";
import { agoText, timeText } from "../../data/moment";
import { Thing } from "../../parts/Thing";

export interface Commit {
  readonly seq: number;
  readonly time: string;
  readonly source: string;
  readonly author: string | null;
  readonly message: string | null;
  readonly things: number;
  readonly first: string | null;
  readonly aspect: string | null;
  readonly aspects: number;
}

/** The newest commits: who said something of what. */
export function RecentChanges({ commits }: { readonly commits: readonly Commit[] }) {
  return (
    <section className="panel" aria-label="Recent changes">
      <div className="section-head">
        <h2>Recent changes</h2>
        <Link to="/changes">All changes</Link>
      </div>
      <ol className="values">
        {commits.map((each) => (
          <li key={each.seq} className="recent">
            <span className="recent-what">
              {each.first === null ? <span className="soft">measured points</span> : <Thing urn={each.first} />}
              {each.things > 1 && <span className="soft"> and {(each.things - 1).toLocaleString("en-GB")} more</span>}
              {reasonOf(each) !== undefined && <bdi className="clip">“{reasonOf(each)}”</bdi>}
            </span>
            <span className="soft">
              {each.aspect !== null && `${each.aspect.replaceAll("_", " ")}${each.aspects > 1 ? " and others" : ""}, `}
              <bdi>{each.author ?? each.source}</bdi>,{" "}
              {each.first === null ? (
                <time title={timeText(each.time)}>{agoText(each.time)}</time>
              ) : (
                <Link to="/entity/$urn" params={{ urn: each.first }} search={{ tab: "history" } as never}>
                  <time title={timeText(each.time)}>{agoText(each.time)}</time>
                </Link>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
