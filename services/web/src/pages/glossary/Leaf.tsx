/** One term, domain or tag: its place, what it means, what uses it, and what may be done with it. */
import { Link } from "@tanstack/react-router";
import { useAsk } from "../../data/asking";
import { plural } from "../../data/moment";
import { Rows } from "../../data/operations";
import { objects } from "../../data/rows";
import { Prose } from "../../parts/Prose";
import { Failed, Incomplete, Loading } from "../../parts/States";
import { KindIcon, Thing } from "../../parts/Thing";
import type { Doing } from "./Change";
import type { Form, Node } from "./trees";

const SHOWN = 200;
const USERS = `SELECT DISTINCT n.urn AS urn, n.title AS title, n.kind AS kind
  FROM edges e JOIN entities n ON n.urn = e.src WHERE e.dst = :urn AND e.type = :type ORDER BY 3, 1`;

interface User {
  readonly urn: string;
  readonly title: string | null;
  readonly kind: string;
}

interface Shown {
  readonly form: Form;
  readonly node: Node;
  readonly way: readonly Node[];
  readonly may: boolean;
  readonly begin: (doing: Doing) => void;
  readonly choose: (urn: string) => void;
}

export function Leaf({ form, node, way, may, begin, choose }: Shown) {
  return (
    <article className="grid-gap wide" aria-label={node.name}>
      <p className="crumbs">
        <span className="kind">
          <KindIcon kind={form.kind} /> {form.noun}
        </span>
        {way.map((each) => (
          <button key={each.urn} type="button" className="link-button" onClick={() => choose(each.urn)}>
            <bdi>{each.name}</bdi>
          </button>
        ))}
      </p>
      <h2 className="leaf-name">
        <bdi className="wrap">{node.name}</bdi>
      </h2>
      {node.text === null || node.text === "" ? (
        <p className="soft">Nobody has said yet what it means.</p>
      ) : (
        <div className="purpose">
          <Prose text={node.text} markdown />
        </div>
      )}
      <div className="row">
        {may && (
          <>
            <button type="button" className="button small" onClick={() => begin({ what: "explain", node })}>
              Explain
            </button>
            <button type="button" className="button small" onClick={() => begin({ what: "rename", node })}>
              Rename
            </button>
            <button type="button" className="button small" onClick={() => begin({ what: "move", node })}>
              Move
            </button>
            <button type="button" className="button small" onClick={() => begin({ what: "make", node })}>
              Make one below
            </button>
            <button type="button" className="button small" onClick={() => begin({ what: "delete", node })}>
              Delete
            </button>
          </>
        )}
        <Link to="/entity/$urn" params={{ urn: node.urn }} className="button small">
          Who says what, history
        </Link>
      </div>
      <Users form={form} node={node} />
    </article>
  );
}

function Users({ form, node }: { readonly form: Form; readonly node: Node }) {
  const asked = useAsk(Rows, { query: USERS, parameters: { urn: node.urn, type: form.edge }, limit: SHOWN }, { when: node.uses > 0, keep: false });
  const found = asked.data === undefined ? [] : objects<User>(asked.data.sql);
  return (
    <section className="panel" aria-label={form.uses}>
      <h3>
        {form.uses}: {plural(node.uses, "thing")}
        {node.usesBelow > node.uses && `, ${node.usesBelow.toLocaleString("en-GB")} with what is below`}
      </h3>
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      {node.uses > 0 && asked.data === undefined && !asked.isError && <Loading what="what uses it" />}
      {asked.data !== undefined && !asked.data.sql.truncated && <Incomplete envelope={asked.data.sql} />}
      {found.length > 0 && (
        <ul className="values">
          {found.map((each) => (
            <li key={each.urn}>
              <Thing urn={each.urn} title={each.title} />
            </li>
          ))}
        </ul>
      )}
      {asked.data?.sql.truncated === true && (
        <p className="soft">
          The first {SHOWN} are shown; <Link to="/search">search</Link> narrows them.
        </p>
      )}
    </section>
  );
}
