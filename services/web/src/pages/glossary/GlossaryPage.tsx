/** The words of the business as trees: terms, domains and tags, with what each means and what uses it. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { one } from "../../address";
import { useAsk, useAsOf } from "../../data/asking";
import { plural } from "../../data/moment";
import { objects } from "../../data/rows";
import { useLanded } from "../../data/writing";
import { Failed, Loading, Nothing, Refreshing } from "../../parts/States";
import { useTitle } from "../../parts/title";
import type { Doing } from "./Change";
import { Leaf } from "./Leaf";
import { TreeView } from "./TreeView";
import { above, below, FORMS, type Form, openAtFirst, type Used, usedSql, withUsed } from "./trees";
import "../entity/entity.css";
import "./glossary.css";

const Change = lazy(() => import("./Change").then((module) => ({ default: module.Change })));

export function GlossaryPage() {
  const words = useSearch({ strict: false });
  const form = FORMS.find((each) => each.key === one(words.of)) ?? FORMS[0];
  return <Grown key={form.key} form={form} />;
}

function Grown({ form }: { readonly form: Form }) {
  const words = useSearch({ strict: false });
  const navigate = useNavigate();
  const asOf = useAsOf();
  const landed = useLanded();
  // Who has just changed a tree sees it so.
  const asked = useAsk(form.ask, { atLeast: landed?.token, used: usedSql(form.edge) });
  const nodes = useMemo(() => (asked.data === undefined ? [] : withUsed(asked.data.tree, objects<Used>(asked.data.used), form.kind)), [asked.data, form.kind]);
  const chosen = nodes.find((each) => each.urn === one(words.at));
  const [opened, setOpened] = useState<ReadonlySet<string>>();
  const [doing, setDoing] = useState<Doing>();
  const may = asked.data?.mayEdit === true && asOf === undefined;
  useTitle(chosen?.name, form.title);

  const way = useMemo(() => (chosen === undefined ? [] : above(nodes, chosen.urn)), [nodes, chosen]);
  const atFirst = useMemo(() => new Set([...openAtFirst(nodes), ...way]), [nodes, way]);
  const open = opened ?? atFirst;

  // A link to a node opens the way to it.
  const target = chosen?.urn;
  const known = nodes.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new target opens its way, not every change of the tree
  useEffect(() => {
    if (target !== undefined && known) setOpened((before) => (before === undefined ? before : new Set([...before, ...way])));
  }, [target, known]);

  function choose(urn: string | undefined): void {
    void navigate({ to: ".", replace: true, resetScroll: false, search: (before: Record<string, unknown>) => ({ ...before, at: urn }) as never });
  }

  function toggle(urn: string, is: boolean): void {
    const next = new Set(open);
    if (is) next.add(urn);
    else next.delete(urn);
    setOpened(next);
  }

  function changed(urn: string | undefined): void {
    setDoing(undefined);
    if (urn !== undefined) choose(urn);
  }

  return (
    <div className="page glossary">
      <Refreshing active={asked.isFetching} />
      <div className="page-head">
        <h1>Glossary</h1>
        <span className="soft" role="status">
          {asked.data === undefined ? "" : plural(nodes.length, form.noun)}
        </span>
        {may && (
          <button type="button" className="button primary glossary-make" onClick={() => setDoing({ what: "make", node: undefined })}>
            Make a {form.noun}
          </button>
        )}
      </div>
      <nav className="tabs" aria-label="Trees">
        {FORMS.map((each) => (
          <Link
            key={each.key}
            to="/glossary"
            search={(before: Record<string, unknown>) => ({ asOf: before.asOf, of: each === FORMS[0] ? undefined : each.key }) as never}
            className="tab"
            activeOptions={{ exact: true, includeSearch: true }}
            aria-current={each === form ? "page" : undefined}
          >
            {each.title}
          </Link>
        ))}
      </nav>
      {asOf !== undefined && <p className="notice warn">The trees are those of now: they are not kept for the past.</p>}
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data === undefined && !asked.isError && <Loading what={form.title.toLowerCase()} />}
      {asked.data !== undefined && nodes.length === 0 && (
        <Nothing what={form.none} {...(may ? {} : { why: "Whoever may write as steward makes one:", command: form.command })} />
      )}
      {nodes.length > 0 && (
        <div className="glossary-body">
          <TreeView form={form} nodes={nodes} open={open} chosen={chosen?.urn} choose={choose} toggle={toggle} may={may} begin={setDoing} />
          <div className="glossary-leaf">
            {chosen === undefined ? (
              <p className="soft">{one(words.at) === undefined ? `Choose a ${form.noun}: what it means and what uses it is told here.` : `There is no such ${form.noun} any more.`}</p>
            ) : (
              <Leaf key={chosen.urn} form={form} node={chosen} way={way.map((urn) => nodes.find((each) => each.urn === urn)).filter((each) => each !== undefined)} may={may} begin={setDoing} choose={choose} />
            )}
          </div>
        </div>
      )}
      <Suspense>
        {doing !== undefined && (
          <Change
            key={`${doing.what} ${doing.node?.urn ?? ""}`}
            form={form}
            doing={doing}
            without={doing.node === undefined ? [] : below(nodes, doing.node.urn)}
            close={() => setDoing(undefined)}
            changed={changed}
          />
        )}
      </Suspense>
    </div>
  );
}
