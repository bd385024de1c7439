/** Home: what is here, what of mine needs action, what changed of late, and how the sources stand. */
import { Link } from "@tanstack/react-router";
import { useAsOf, useAsk } from "../../data/asking";
import { plural } from "../../data/moment";
import { Home, type HomeResult } from "../../data/operations";
import { objects } from "../../data/rows";
import { kindWord } from "../../data/urn";
import { Icon } from "../../parts/Icon";
import { News } from "../../parts/News";
import { Failed, Incomplete, Loading, Nothing, Refreshing } from "../../parts/States";
import { KindIcon } from "../../parts/Thing";
import { useTitle } from "../../parts/title";
import { Mine, type Owner } from "./Mine";
import { type Commit, RecentChanges } from "./RecentChanges";
import { type Last, Sources } from "./Sources";
import "./home.css";

/** Commits back from the newest among which recent changes and last words are looked for. */
export const BACK = 20_000;

const COMMITS = `SELECT k.seq AS seq, k.time AS time, k.source AS source, k.author AS author, k.message AS message,
  (SELECT count(DISTINCT h.urn) FROM changes h WHERE h.seq = k.seq) AS things, (SELECT min(h.urn) FROM changes h WHERE h.seq = k.seq) AS first,
  (SELECT min(h.aspect) FROM changes h WHERE h.seq = k.seq) AS aspect,
  (SELECT count(DISTINCT h.aspect) FROM changes h WHERE h.seq = k.seq) AS aspects
  FROM commits k ORDER BY k.seq DESC LIMIT 15`;
const LAST = `SELECT source, max(time) AS time, count(*) AS commits FROM commits WHERE seq > (SELECT max(seq) FROM commits) - ${BACK} GROUP BY source ORDER BY source`;
const OWNERS = "SELECT owner, count(*) AS things FROM owners GROUP BY owner ORDER BY things DESC, owner LIMIT 500";

export function HomePage() {
  const asked = useAsk(Home, { commits: COMMITS, last: LAST, owners: OWNERS });
  const asOf = useAsOf();
  useTitle();
  return (
    <div className="page">
      <Refreshing active={asked.isFetching} />
      <h1>Home</h1>
      {asOf !== undefined && (
        <p className="notice warn">
          <span>
            <Icon name="warn" /> <strong>This page is of now.</strong> A thing that you open is shown as of the moment chosen.
          </span>
        </p>
      )}
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && !asked.isError && <Loading what="what is here" />}
      {asked.data !== undefined && <Body said={asked.data} />}
    </div>
  );
}

function Body({ said }: { readonly said: HomeResult }) {
  if (said.search.totalCount === 0)
    return <Nothing what="Nothing is catalogued yet." why="Connect a first source, or look at a sample: make demo" command="clew ingest recipe.yml" />;
  const owners = objects<Owner>(said.owners);
  return (
    <>
      <Incomplete envelope={said.search.envelope} />
      <News shown={said.commits.asOf} />
      <Kinds counts={said.search.facets.kind ?? {}} total={said.search.totalCount} />
      <div className="home">
        <div className="home-column">
          {owners.length > 0 && <Mine owners={owners} />}
          <RecentChanges commits={objects<Commit>(said.commits)} />
        </div>
        <div className="home-column">
          <Sources sources={said.sources} last={objects<Last>(said.last)} health={said.health} />
        </div>
      </div>
    </>
  );
}

function Kinds({ counts, total }: { readonly counts: Readonly<Record<string, number>>; readonly total: number }) {
  const kinds = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return (
    <section aria-label="What is here">
      <p className="soft">{plural(total, "thing")} that somebody told of:</p>
      <ul className="kinds">
        {kinds.map(([kind, count]) => (
          <li key={kind}>
            <Link to="/search" search={{ kind }} className="kind-link">
              <KindIcon kind={kind} />
              <strong>{count.toLocaleString("en-GB")}</strong> {kindWord(kind, count)}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
