/** What of mine needs action. Whose things these are the reader says once; it is kept in this browser. */
import { useState } from "react";
import { useAsk } from "../../data/asking";
import { plural } from "../../data/moment";
import { Mine as Question } from "../../data/operations";
import { objects } from "../../data/rows";
import { nameOf } from "../../data/urn";
import { Icon } from "../../parts/Icon";
import { Failed, Incomplete, Loading } from "../../parts/States";
import { Thing } from "../../parts/Thing";

const KEY = "clew.me";

export interface Owner {
  readonly owner: string;
  readonly things: number;
}

interface Todo {
  readonly urn: string;
  readonly title: string | null;
  readonly need: "fails" | "expired" | "removal" | "undescribed";
  readonly detail: string | null;
}

const NEEDS: Readonly<Record<Todo["need"], { readonly text: string; readonly tone: string }>> = {
  fails: { text: "tests fail", tone: "bad" },
  removal: { text: "to be removed", tone: "bad" },
  expired: { text: "certificate ran out", tone: "warn" },
  undescribed: { text: "nobody has said what it is for", tone: "warn" },
};

const TODO = `WITH mine (urn) AS (SELECT DISTINCT urn FROM owners WHERE owner = :owner),
  tested (urn, src) AS (
    SELECT urn, urn FROM mine
    UNION SELECT c.dataset, c.urn FROM columns c JOIN mine m ON m.urn = c.dataset
    UNION SELECT urn, replace(urn, 'urn:clew:dataset:', 'urn:clew:any:') FROM mine)
  SELECT DISTINCT t.urn AS urn, n.title AS title, 'fails' AS need, a.title AS detail
  FROM tested t JOIN edges e ON e.src = t.src AND e.type = 'asserts' JOIN quality q ON q.urn = e.dst JOIN entities n ON n.urn = t.urn JOIN entities a ON a.urn = e.dst
  WHERE q.status IN ('fail', 'error') AND q.time = (SELECT max(l.time) FROM quality l WHERE l.urn = e.dst)
  UNION ALL SELECT n.urn, n.title, 'removal', n.removal FROM entities n JOIN mine m ON m.urn = n.urn WHERE n.removal IS NOT NULL
  UNION ALL SELECT n.urn, n.title, 'expired', n.certified_until FROM entities n JOIN mine m ON m.urn = n.urn WHERE n.certified_until < :today
  UNION ALL SELECT n.urn, n.title, 'undescribed', NULL FROM entities n JOIN mine m ON m.urn = n.urn WHERE n.description IS NULL
  ORDER BY 3, 1`;

export function Mine({ owners }: { readonly owners: readonly Owner[] }) {
  const [me, setMe] = useState(() => localStorage.getItem(KEY) ?? "");
  const chosen = owners.some((each) => each.owner === me) ? me : "";

  function choose(owner: string): void {
    if (owner === "") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, owner);
    setMe(owner);
  }

  return (
    <section className="panel" aria-label="Mine, in need of action">
      <div className="section-head">
        <h2>Mine, in need of action</h2>
        <label className="row me">
          <span className="soft">I am</span>
          <select value={chosen} onChange={(event) => choose(event.target.value)}>
            <option value="">not said</option>
            {owners.map((each) => (
              <option key={each.owner} value={each.owner}>
                {nameOf(each.owner)} ({each.things})
              </option>
            ))}
          </select>
        </label>
      </div>
      {chosen === "" ? <p className="soft">Say who you are to see what of yours needs you. It is kept in this browser only.</p> : <Todos owner={chosen} />}
    </section>
  );
}

function Todos({ owner }: { readonly owner: string }) {
  const today = new Date().toISOString().slice(0, 10);
  const asked = useAsk(Question, { todo: TODO, owner: { owner, today } }, { keep: false });
  if (asked.isError) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.data === undefined) return <Loading what="what needs you" />;
  const todo = objects<Todo>(asked.data.todo);
  const order = Object.keys(NEEDS);
  const sorted = [...todo].sort((a, b) => order.indexOf(a.need) - order.indexOf(b.need));
  return (
    <>
      <Incomplete envelope={asked.data.todo} />
      {todo.length === 0 ? (
        <p>
          <Icon name="ok" /> Nothing of yours needs action.
        </p>
      ) : (
        <>
          <p className="soft">{plural(new Set(todo.map((each) => each.urn)).size, "thing")} of yours:</p>
          <ul className="values">
            {sorted.slice(0, 30).map((each) => (
              <li key={`${each.urn} ${each.need} ${each.detail}`}>
                <span className={`chip ${NEEDS[each.need].tone}`}>
                  <Icon name={NEEDS[each.need].tone} /> {NEEDS[each.need].text}
                </span>
                <Thing urn={each.urn} title={each.title} />
                {each.detail !== null && <bdi className="soft clip">{each.detail}</bdi>}
              </li>
            ))}
          </ul>
          {sorted.length > 30 && <p className="soft">{sorted.length - 30} more</p>}
        </>
      )}
    </>
  );
}
