/** Commits, newest first: when, who, of what, why; the things of one are listed when it is opened. */
import { Link } from "@tanstack/react-router";
import { useAsk } from "../../data/asking";
import { reasonOf } from "../../data/commits";
import { agoText, plural, timeText } from "../../data/moment";
import { Rows } from "../../data/operations";
import { objects } from "../../data/rows";
import { kindText, pageOf } from "../../data/urn";
import { Icon } from "../../parts/Icon";
import { Failed, Loading } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { LISTED } from "./state";

export interface Commit {
  readonly seq: number;
  readonly time: string;
  readonly source: string;
  readonly author: string | null;
  readonly message: string | null;
  readonly cause: number | null;
  readonly things: number;
  readonly first: string | null;
  readonly aspect: string | null;
  readonly aspects: number;
}

interface Shown {
  readonly commits: readonly Commit[];
  readonly open: readonly string[];
  readonly toggle: (seq: number) => void;
}

export function Commits({ commits, open, toggle }: Shown) {
  const days = [...Map.groupBy(commits, (each) => new Date(each.time).toLocaleDateString("en-GB", { dateStyle: "full" }))];
  return (
    <div className="grid-gap wide">
      {days.map(([day, of]) => (
        <section key={day} aria-label={day}>
          <h2 className="day">{day}</h2>
          <ol className="changes">
            {of.map((each) => (
              <One key={each.seq} commit={each} open={open.includes(String(each.seq))} toggle={() => toggle(each.seq)} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function One({ commit, open, toggle }: { readonly commit: Commit; readonly open: boolean; readonly toggle: () => void }) {
  const { seq, first, things } = commit;
  return (
    <li className="change">
      <button type="button" className="icon-button" aria-expanded={open} aria-label={`What commit ${seq} changed`} onClick={toggle}>
        <Icon name={open ? "down" : "right"} />
      </button>
      <div className="change-what">
        <span className="change-things">
          {first === null ? <span className="soft">measured points only</span> : <Thing urn={first} />}
          {things > 1 && <span className="soft"> and {plural(things - 1, "more thing")}</span>}
        </span>
        {commit.aspect !== null && (
          <span className="soft">
            {kindText(commit.aspect)}
            {commit.aspects > 1 && ` and ${plural(commit.aspects - 1, "other aspect")}`}
          </span>
        )}
        {reasonOf(commit) !== undefined && (
          <p className="change-why">
            “<bdi>{reasonOf(commit)}</bdi>”
          </p>
        )}
      </div>
      <div className="change-who">
        <span>
          <strong>
            <bdi>{commit.author ?? commit.source}</bdi>
          </strong>
          {commit.author !== null && (
            <span className="soft">
              {" "}
              by <bdi>{commit.source}</bdi>
            </span>
          )}
        </span>
        <span className="soft">
          <time dateTime={commit.time} title={timeText(commit.time)}>
            {agoText(commit.time)}
          </time>
          , seq {seq}
          {commit.cause !== null && `, follows from seq ${commit.cause}`}
        </span>
      </div>
      {open && <Things seq={seq} />}
    </li>
  );
}

const THINGS = `SELECT urn, aspect FROM changes WHERE seq = :seq ORDER BY urn, aspect LIMIT ${LISTED + 1}`;

function Things({ seq }: { readonly seq: number }) {
  const asked = useAsk(Rows, { query: THINGS, parameters: { seq }, limit: LISTED });
  if (asked.isError) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.data === undefined) return <Loading what="what changed" />;
  const rows = objects<{ readonly urn: string; readonly aspect: string }>(asked.data.sql);
  if (rows.length === 0) return <p className="soft change-list">It changed no aspect: points of series were measured.</p>;
  return (
    <div className="change-list">
      <ul className="values">
        {[...Map.groupBy(rows, (row) => row.urn)].map(([urn, of]) => (
          <li key={urn}>
            <Thing urn={urn} />
            <span className="soft">{of.map((row) => kindText(row.aspect)).join(", ")}</span>
            <Link to="/changes" search={() => ({ of: pageOf(urn), since: String(Math.max(0, seq - 1)), asOf: String(seq), view: "diff" }) as never}>
              before and after
            </Link>
          </li>
        ))}
      </ul>
      {asked.data.sql.truncated && <p className="soft">The first {LISTED} are listed; clew sql lists all.</p>}
    </div>
  );
}
