/** The page of any thing: what it is for, whose it is, how fresh and good it is, who uses it; then all that is said. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { one } from "../../address";
import { useAsOf } from "../../data/asking";
import { describeCommand } from "../../data/command";
import { touching } from "../../data/commits";
import { agoText, timeText } from "../../data/moment";
import { Problem } from "../../data/problem";
import { objects } from "../../data/rows";
import { type TestRow, verdictOf } from "../../data/tests";
import { datasetOf, kindText, labelOf, nameOf, namespaceOf, placeOf } from "../../data/urn";
import { useLanded } from "../../data/writing";
import { typing } from "../../frame/keys";
import { Icon } from "../../parts/Icon";
import { News } from "../../parts/News";
import { Prose } from "../../parts/Prose";
import { Failed, Incomplete, Loading, Refreshing } from "../../parts/States";
import { KindIcon, Thing } from "../../parts/Thing";
import { useTitle } from "../../parts/title";
import { APART, type Listed, useAround } from "./around";
import { Columns } from "./Columns";
import { Compare } from "./Compare";
import { type Described, lastSaid, toldPoints, useDescribed } from "./describe";
import { type Part, partsOf, useEditable } from "./edit/parts";
import { History } from "./History";
import { aspectsOf, columnFacts, leadOf } from "./leads";
import { Neighbours } from "./Neighbours";
import { Said } from "./Said";
import { TRAINED, Trained } from "./Trained";
import { Value, wordOf } from "./Value";
import "./entity.css";

const EditDialog = lazy(() => import("./edit/EditDialog").then((module) => ({ default: module.EditDialog })));

const TABS = [
  ["overview", "Overview"],
  ["said", "Who says what"],
  ["history", "History"],
  ["compare", "Compare"],
] as const;

type Tab = (typeof TABS)[number][0];

export function EntityPage() {
  const { urn: name = "" } = useParams({ strict: false });
  const asOf = useAsOf();
  const asked = useDescribed(name, asOf);
  useTitle(labelOf(asked.data?.urn ?? name), asked.data === undefined ? undefined : kindText(asked.data.kind));
  if (asked.isError && asked.data === undefined) return <NotDescribed name={name} error={asked.error} retry={() => void asked.refetch()} />;
  if (asked.data === undefined)
    return (
      <div className="page">
        <h1>
          <bdi>{labelOf(name)}</bdi>
        </h1>
        <Loading what={nameOf(name)} />
      </div>
    );
  return (
    <div className="page">
      <Refreshing active={asked.isFetching} />
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      <Body said={asked.data} asOf={asOf} />
    </div>
  );
}

function Body({ said, asOf }: { readonly said: Described; readonly asOf: string | undefined }) {
  const words = useSearch({ strict: false });
  const navigate = useNavigate();
  const tab: Tab = TABS.find((each) => each[0] === one(words.tab))?.[0] ?? "overview";
  const around = useAround(tab === "overview" ? said.urn : undefined, asOf);

  const own = useMemo(() => touching(said.urn), [said.urn]);
  const may = useEditable(said.urn, asOf, tab === "overview", around.data);
  const [editing, setEditing] = useState<Part>();
  const first = partsOf(may)[0]?.[0];
  useSaidAnew(said, tab === "said");

  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]") !== null) return;
      const at = TABS.findIndex((each) => each[0] === tab);
      const next = event.key === "]" ? TABS[at + 1] : event.key === "[" ? TABS[at - 1] : undefined;
      if (next !== undefined) void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, tab: next[0] }) as never });
      else if (event.key === "l") void navigate({ to: "/lineage/$urn", params: { urn: said.urn } });
      else if (event.key === "i") void navigate({ to: "/impact/$urn", params: { urn: said.urn } });
      else if (event.key === "e" && first !== undefined) {
        event.preventDefault();
        setEditing(first);
      }
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [tab, navigate, said.urn, first]);

  return (
    <>
      <Head said={said} around={around.data === undefined ? undefined : objects<TestRow>(around.data.tests)} asOf={asOf} may={may} edit={setEditing} />
      <Suspense>{editing !== undefined && <EditDialog key={said.urn} said={said} may={may} part={editing} close={() => setEditing(undefined)} />}</Suspense>
      <Incomplete envelope={said} name={(urn) => <Thing urn={urn} />} />
      <News shown={said.asOf} concerns={own} />
      <nav className="tabs" aria-label="Parts of this page">
        {TABS.map(([key, text]) => (
          <Link
            key={key}
            to="."
            search={(before: Record<string, unknown>) => (key === tab ? before : { asOf: before.asOf, tab: key === "overview" ? undefined : key }) as never}
            className="tab"
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {text}
          </Link>
        ))}
      </nav>
      {tab === "overview" && (
        <div className="overview">
          <div className="grid-gap wide">
            <Overview said={said} asOf={asOf} listed={around.data === undefined ? undefined : objects<Listed>(around.data.column)[0]} />
          </div>
          <aside className="grid-gap wide" aria-label="Around it">
            <Neighbours urn={said.urn} kind={said.kind} asOf={asOf} around={around} />
          </aside>
        </div>
      )}
      {tab === "said" && <Said said={said} />}
      {tab === "history" && <History said={said} />}
      {tab === "compare" && <Compare said={said} />}
    </>
  );
}

/** What sources say is told anew once an edit of this tab has changed it: the page itself shows it already. */
function useSaidAnew(said: Described, shown: boolean): void {
  const queries = useQueryClient();
  const token = useLanded()?.token;
  useEffect(() => {
    if (shown && token !== undefined && token !== said.asOf.token) void queries.refetchQueries({ queryKey: ["describe"], type: "active", stale: true });
  }, [queries, shown, token, said.asOf.token]);
}

function Overview({ said, asOf, listed }: { readonly said: Described; readonly asOf: string | undefined; readonly listed: Listed | undefined }) {
  const facts = [...columnFacts(listed, asOf), ...leadOf(said)];
  const aspects = aspectsOf(said);
  return (
    <>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map((each) => (
            <div key={each.label}>
              <dt>{each.label}</dt>
              <dd>{each.value}</dd>
            </div>
          ))}
        </dl>
      )}
      {said.kind === "dataset" && <Columns columns={said.columns} name={said.name} />}
      {TRAINED.has(said.kind) && <Trained urn={said.urn} asOf={asOf} />}
      {aspects.map((name) => (
        <section key={name} className="panel" aria-label={wordOf(name)}>
          <h2>{wordOf(name)}</h2>
          <p className="said-by">
            said by {(said.claims[name] ?? []).map((each) => each.source).join(", ")}
          </p>
          <Value value={said.aspects[name]} />
        </section>
      ))}
      {Object.entries(said.series).map(([name, points]) => (
        <section key={name} className="panel" aria-label={wordOf(name)}>
          <h2>
            {wordOf(name)} <span className="soft">newest {points.length}</span>
          </h2>
          <Value value={toldPoints(points)} />
        </section>
      ))}
      {aspects.length === 0 && facts.length === 0 && said.columns.length === 0 && <p className="soft">Nothing else is said of it.</p>}
    </>
  );
}

interface Told {
  readonly said: Described;
  readonly around: readonly TestRow[] | undefined;
  readonly asOf: string | undefined;
  readonly may: ReadonlySet<string>;
  readonly edit: (part: Part) => void;
}

/** Kinds that own others. */
const OWNING: ReadonlySet<string> = new Set(["person", "group"]);

function Head({ said, around, asOf, may, edit }: Told) {
  const text: string | undefined = said.aspects.documentation?.text ?? said.aspects.term?.definition;
  const owners = (said.aspects.ownership?.owners ?? []) as readonly { readonly owner: string; readonly role: string }[];
  const last = lastSaid(said);
  const verdict = around === undefined ? undefined : verdictOf(around);
  const title: string | undefined = said.aspects.properties?.name;
  return (
    <header className="entity-head">
      <div className="entity-title">
        <p className="crumbs">
          <span className="kind">
            <KindIcon kind={said.kind} /> {kindText(said.kind)}
          </span>
          <bdi className="place">{namespaceOf(said.urn)}</bdi>
          {datasetOf(said.urn) === undefined ? <bdi className="place">{placeOf(said.urn)}</bdi> : <Thing urn={datasetOf(said.urn) ?? ""} />}
        </p>
        <h1>
          <bdi title={said.name}>{title ?? labelOf(said.urn)}</bdi>
        </h1>
        {title !== undefined && title !== labelOf(said.urn) && <bdi className="place">{said.name}</bdi>}
      </div>
      <div className="row entity-actions">
        {!APART.has(said.kind) && (
          <>
            <Link to="/lineage/$urn" params={{ urn: said.urn }} className="button primary">
              <Icon name="lineage" /> Lineage
            </Link>
            <Link to="/impact/$urn" params={{ urn: said.urn }} className="button">
              <Icon name="impact" /> What breaks
            </Link>
          </>
        )}
        {OWNING.has(said.kind) && (
          <Link to="/search" search={{ owner: nameOf(said.urn) } as never} className="button primary">
            <Icon name="user" /> What they own
          </Link>
        )}
        <CopyName name={said.urn} />
        {partsOf(may)[0] !== undefined && (
          <button type="button" className="button" aria-keyshortcuts="e" onClick={() => edit(partsOf(may)[0]?.[0] ?? "documentation")}>
            <Icon name="pencil" /> Edit
          </button>
        )}
      </div>
      {text === undefined ? (
        <p className="soft purpose">
          Nobody has said what this is for.{" "}
          {may.has("documentation") ? (
            <button type="button" className="link-button" onClick={() => edit("documentation")}>
              Say it
            </button>
          ) : (
            <>
              Say it: <code className="wrap">{describeCommand(said.urn)}</code>
            </>
          )}
        </p>
      ) : (
        <div className="purpose">
          <Prose text={text} markdown={said.aspects.documentation?.format !== "plain"} />
        </div>
      )}
      <div className="row signs">
        {(owners.length > 0 || !OWNING.has(said.kind) || may.has("ownership")) && (
          <span className="owned">
            <Icon name="user" />
            {owners.length === 0 && <span className="soft">no owner</span>}
            {owners.map((each) => (
              <span key={`${each.owner} ${each.role}`} title={each.role}>
                <Thing urn={each.owner} place={false} />
              </span>
            ))}
            {may.has("ownership") && <Pencil text="Edit owners" edit={() => edit("ownership")} />}
          </span>
        )}
        {last !== undefined && (
          <span className="chip" title={timeText(last)}>
            <Icon name="clock" /> described {agoText(last)}
          </span>
        )}
        {verdict !== undefined && (
          <span className={`chip ${verdict.tone}`} title={asOf === undefined ? undefined : "As of now"}>
            <Icon name={verdict.tone} /> {verdict.text}
            {asOf !== undefined && " (now)"}
          </span>
        )}
        {said.aspects.certification?.status !== undefined && (
          <span className="chip ok">
            <Icon name="ok" /> {String(said.aspects.certification.status)}
          </span>
        )}
        {said.aspects.deprecation?.status !== undefined && (
          <span className="chip warn">
            <Icon name="warn" /> {String(said.aspects.deprecation.status)}
          </span>
        )}
        {said.aspects.lifecycle?.state !== undefined && <span className="chip">{String(said.aspects.lifecycle.state)}</span>}
        {(said.aspects.tier?.tier ?? said.aspects.properties?.tier) !== undefined && <span className="chip">tier {String(said.aspects.tier?.tier ?? said.aspects.properties?.tier)}</span>}
        {said.aspects.domain?.domain !== undefined && <Labelled urn={said.aspects.domain.domain} />}
        {(said.aspects.tags?.tags ?? []).map((each: { tag: string }) => (
          <Labelled key={each.tag} urn={each.tag} />
        ))}
        {(said.aspects.terms?.terms ?? []).map((each: { term: string }) => (
          <Labelled key={each.term} urn={each.term} />
        ))}
        {may.has("tags") && <Pencil text="Edit tags" edit={() => edit("tags")} />}
      </div>
    </header>
  );
}

function Pencil({ text, edit }: { readonly text: string; readonly edit: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={text} title={text} onClick={edit}>
      <Icon name="pencil" />
    </button>
  );
}

function Labelled({ urn }: { readonly urn: string }) {
  return (
    <span className="chip">
      <Thing urn={urn} place={false} />
    </span>
  );
}

function CopyName({ name }: { readonly name: string }) {
  const [copied, setCopied] = useState<"yes" | "no" | undefined>();
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(name);
      setCopied("yes");
    } catch {
      setCopied("no");
    }
  }
  return (
    <>
      <button type="button" className="button" onClick={() => void copy()}>
        <Icon name="copy" /> Copy URN
      </button>
      <span role="status" className="soft">
        {copied === "yes" ? "Copied" : copied === "no" ? `The browser refused; it is ${name}` : ""}
      </span>
    </>
  );
}

function NotDescribed({ name, error, retry }: { readonly name: string; readonly error: unknown; readonly retry: () => void }) {
  const candidates = error instanceof Problem && Array.isArray(error.details.candidates) ? error.details.candidates : [];
  const unknown = error instanceof Problem && error.status === 404;
  return (
    <div className="page">
      <h1>
        <bdi className="wrap">{nameOf(name)}</bdi>
      </h1>
      <Failed error={error} {...(unknown ? {} : { retry })}>
        {candidates.length > 0 && (
          <ul className="values">
            {candidates.map((each) => {
              const urn = typeof each === "string" ? each : String((each as { urn?: unknown }).urn ?? "");
              return (
                <li key={urn}>
                  <Thing urn={urn} />
                </li>
              );
            })}
          </ul>
        )}
        {unknown && (
          <Link to="/search" search={{ q: labelOf(name) }} className="button">
            Search for it
          </Link>
        )}
      </Failed>
    </div>
  );
}
