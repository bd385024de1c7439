/** All commits that touched a thing or its columns, newest first: who, when, what, why. */
import { Link } from "@tanstack/react-router";
import { useAsk } from "../../data/asking";
import { reasonOf } from "../../data/commits";
import { agoText, timeText } from "../../data/moment";
import { Rows } from "../../data/operations";
import { objects } from "../../data/rows";
import { labelOf } from "../../data/urn";
import { Failed, Incomplete, Loading, Nothing } from "../../parts/States";
import type { Described } from "./describe";
import { AsOfLink, wordOf } from "./Value";

const MOST = 1_000;
const QUERY = `WITH parts (urn) AS (SELECT urn FROM entities WHERE urn = :urn UNION SELECT urn FROM columns WHERE dataset = :urn)
  SELECT k.seq AS seq, k.time AS time, k.source AS source, k.author AS author, k.message AS message, h.aspect AS aspect, h.urn AS urn
  FROM parts p JOIN changes h ON h.urn = p.urn JOIN commits k ON k.seq = h.seq
  WHERE k.seq <= :until ORDER BY k.seq DESC, h.urn, h.aspect LIMIT 1001`;

interface Row {
  readonly seq: number;
  readonly time: string;
  readonly source: string;
  readonly author: string | null;
  readonly message: string | null;
  readonly aspect: string;
  readonly urn: string;
}

export function History({ said }: { readonly said: Described }) {
  const asked = useAsk(Rows, { query: QUERY, parameters: { urn: said.urn, until: said.asOf.seq }, limit: MOST });
  if (asked.isError) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.data === undefined) return <Loading what="history" />;
  const rows = objects<Row>(asked.data.sql);
  if (rows.length === 0) return <Nothing what="Nothing was ever said of it." why="It is only named by others." />;
  const commits = [...Map.groupBy(rows, (row) => row.seq)];
  return (
    <div className="grid-gap wide">
      <Incomplete envelope={asked.data.sql} />
      <ol className="commits">
        {commits.map(([seq, of]) => (
          <Commit key={seq} seq={seq} of={of} self={said.urn} />
        ))}
      </ol>
      {asked.data.sql.truncated && <p className="soft">Older changes are left out: {MOST.toLocaleString("en-GB")} are shown.</p>}
    </div>
  );
}

function Commit({ seq, of, self }: { readonly seq: number; readonly of: readonly Row[]; readonly self: string }) {
  const first = of[0];
  if (first === undefined) return null;
  const own = of.filter((row) => row.urn === self).map((row) => wordOf(row.aspect));
  const columns = [...new Set(of.filter((row) => row.urn !== self).map((row) => labelOf(row.urn)))];
  return (
    <li className="commit">
      <p>
        <time dateTime={first.time} title={timeText(first.time)}>
          {agoText(first.time)}
        </time>{" "}
        <strong>
          <bdi>{first.author ?? first.source}</bdi>
        </strong>{" "}
        {first.author !== null && <span className="soft">by {first.source}</span>}
      </p>
      <p>
        {own.length > 0 && own.join(", ")}
        {own.length > 0 && columns.length > 0 && "; "}
        {columns.length > 0 && (
          <span>
            {columns.length === 1 ? "column" : "columns"} <bdi>{columns.slice(0, 8).join(", ")}</bdi>
            {columns.length > 8 && ` and ${columns.length - 8} more`}
          </span>
        )}
      </p>
      {reasonOf(first) !== undefined && (
        <p>
          “<bdi>{reasonOf(first)}</bdi>”
        </p>
      )}
      <p className="row soft">
        seq {seq}
        <AsOfLink seq={seq}>as of then</AsOfLink>
        <Link to="." search={(before: Record<string, unknown>) => ({ ...before, tab: "compare", aAt: String(Math.max(0, seq - 1)), bAt: String(seq) }) as never}>
          what it changed
        </Link>
      </p>
    </li>
  );
}
