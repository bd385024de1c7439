/** Changes: who said what and when, of everything; and what stood before and after, of one thing and what is around it. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useId, useMemo, useState } from "react";
import { useAsk, useAsOf } from "../../data/asking";
import { ask } from "../../data/client";
import { momentText, plural } from "../../data/moment";
import { ChangeFacets, Changes, Named } from "../../data/operations";
import { Problem } from "../../data/problem";
import { objects } from "../../data/rows";
import { kindText, nameOf } from "../../data/urn";
import { News } from "../../parts/News";
import { Failed, Incomplete, Loading, Nothing, Refreshing } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { useTitle } from "../../parts/title";
import { type Commit, Commits } from "./Commits";
import { DiffView } from "./DiffView";
import { commitsAsked, concerns, facetsAsked, PAGE, readState, type State, spanOf, writeState } from "./state";
import "./changes.css";

/** Commits that are shown at most: who needs more narrows the question. */
const MOST = 1_000;
const SPANS = [
  ["1h", "1 hour"],
  ["1d", "1 day"],
  ["1w", "1 week"],
  ["0", "all"],
] as const;

export function ChangesPage() {
  const words = useSearch({ strict: false });
  const state = useMemo(() => readState(words), [words]);
  const asOf = useAsOf();
  const navigate = useNavigate();
  const isUrn = state.of?.startsWith("urn:clew:") ?? false;
  const named = useAsk(Named, { name: state.of ?? "" }, { when: state.of !== undefined && !isUrn && !state.diff, keep: false });
  const urn = isUrn ? state.of : (named.data?.entity?.urn ?? undefined);
  const unknown = !isUrn && named.data !== undefined && named.data.entity === null;
  useTitle(state.of === undefined ? undefined : nameOf(state.of), "changes");

  function change(next: Partial<State>): void {
    void navigate({ to: "/changes", search: (before) => ({ asOf: before.asOf, ...writeState({ ...state, ...next }) }) as never });
  }

  return (
    <div className="page">
      <h1>Changes</h1>
      <Asking key={`${state.of} ${state.since}`} state={state} change={change} />
      <nav className="tabs" aria-label="Ways to look at changes">
        {[false, true].map((diff) => (
          <Link
            key={String(diff)}
            to="/changes"
            search={(before) => ({ asOf: before.asOf, ...writeState({ ...state, diff }) }) as never}
            className="tab"
            aria-current={state.diff === diff ? "page" : undefined}
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {diff ? "Before and after" : "Who said what"}
          </Link>
        ))}
      </nav>
      {state.diff ? (
        <DiffView state={state} asOf={asOf} />
      ) : named.isError || unknown ? (
        <NotNamed error={named.error ?? new Problem("not_found", `Nothing is called ${state.of}`, "of", "Search for it: names are those that hits show", 404)} choose={(of) => change({ of })} />
      ) : state.of !== undefined && urn === undefined ? (
        <Loading what="changes" />
      ) : (
        <Listed state={state} urn={urn} asOf={asOf} change={change} />
      )}
    </div>
  );
}

interface Changing {
  readonly state: State;
  readonly change: (next: Partial<State>) => void;
}

function Asking({ state, change }: Changing) {
  const id = useId();
  const [of, setOf] = useState(state.of === undefined ? "" : state.of);
  const [since, setSince] = useState(state.since);

  function asked(event: FormEvent): void {
    event.preventDefault();
    change({ of: of.trim() || undefined, since: since.trim() || "1d", open: [] });
  }

  return (
    <form className="changes-form" onSubmit={asked}>
      <div className="form">
        <label htmlFor={`${id}o`}>Of</label>
        <input id={`${id}o`} type="text" value={of} maxLength={4096} placeholder="everything; or a name, such as flights.dep_delay" spellCheck={false} onChange={(event) => setOf(event.target.value)} />
      </div>
      <div className="form">
        <label htmlFor={`${id}s`}>Since</label>
        <input id={`${id}s`} type="text" value={since} maxLength={100} placeholder="1d, 2026-11-01, a seq" spellCheck={false} onChange={(event) => setSince(event.target.value)} />
      </div>
      <button type="submit" className="button primary">
        Show
      </button>
      <div className="row spans" role="group" aria-label="Since when">
        {SPANS.map(([span, text]) => (
          <button key={span} type="button" className="button small" aria-pressed={state.since === span} onClick={() => change({ since: span, open: [] })}>
            {text}
          </button>
        ))}
      </div>
    </form>
  );
}

interface Shown extends Changing {
  readonly urn: string | undefined;
  readonly asOf: string | undefined;
}

function Listed({ state, urn, asOf, change }: Shown) {
  // A moment such as `1d` is a time only when it is asked: one for all pages of an answer, a new one for each question.
  const [now, setNow] = useState(() => Date.now());
  const span = useMemo(() => spanOf(state.since, asOf, now), [state.since, asOf, now]);
  if ("bad" in span)
    return (
      <Failed
        error={new Problem("bad_input", `“${span.bad}” is no moment`, span.bad === asOf ? "asOf" : "since", "A date (its end, in UTC), a time, a seq, a token, or so long ago, such as 2h or 1d12h", 400)}
      />
    );
  return <Found state={state} urn={urn} asOf={asOf} span={span} change={change} again={() => setNow(Date.now())} />;
}

interface Within extends Shown {
  readonly span: Exclude<ReturnType<typeof spanOf>, { readonly bad: string }>;
  readonly again: () => void;
}

function Found({ state, urn, asOf, span, change, again }: Within) {
  const { source, kind, aspect } = state;
  const found = useInfiniteQuery({
    queryKey: ["Changes", span, urn, source, kind, aspect],
    initialPageParam: undefined as number | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => {
      const asked = commitsAsked(state, span, urn, pageParam);
      return ask(Changes, { commits: asked.text, parameters: asked.parameters, limit: PAGE }, signal);
    },
    getNextPageParam: (last, all) => (last.commits.truncated && all.length * PAGE < MOST ? objects<Commit>(last.commits).at(-1)?.seq : undefined),
  });
  const facets = useAsk(ChangeFacets, facetsAsked(span));
  const commits = useMemo(() => (found.data?.pages ?? []).flatMap((page) => objects<Commit>(page.commits)), [found.data]);
  const first = found.data?.pages[0]?.commits;
  const matters = useMemo(() => concerns({ since: "", of: undefined, diff: false, open: [], source, kind, aspect }, urn), [source, kind, aspect, urn]);
  const narrowed = urn !== undefined || source !== undefined || kind !== undefined || aspect !== undefined;
  const cut = found.data?.pages.at(-1)?.commits.truncated ?? false;
  const names = (answer: { readonly columns: readonly string[]; readonly rows: unknown } | undefined) =>
    answer === undefined ? [] : objects<{ readonly name: string; readonly commits?: number }>(answer);

  return (
    <>
      <Refreshing active={found.isFetching} />
      <div className="row changes-choices">
        <Choice label="Source" value={source} options={names(facets.data?.sources)} choose={(next) => change({ source: next, open: [] })} />
        <Choice label="Kind" value={kind} options={names(facets.data?.kinds)} text={kindText} choose={(next) => change({ kind: next, open: [] })} />
        <Choice label="Aspect" value={aspect} options={names(facets.data?.aspects)} text={kindText} choose={(next) => change({ aspect: next, open: [] })} />
        {narrowed && (
          <button type="button" className="button small" onClick={() => change({ of: undefined, source: undefined, kind: undefined, aspect: undefined, open: [] })}>
            Clear all
          </button>
        )}
      </div>
      <p className="changes-sum" role="status">
        {first === undefined ? (
          ""
        ) : (
          <>
            <strong>
              {cut ? "More than " : ""}
              {plural(commits.length, "change")}
            </strong>{" "}
            {state.since === "0" ? "since the beginning" : `since ${momentText(state.since)}`}
            {asOf !== undefined && `, up to ${momentText(asOf)}`}
            {urn !== undefined && (
              <>
                , of <Thing urn={urn} /> {urn.startsWith("urn:clew:dataset:") && "and its columns"}
              </>
            )}
          </>
        )}
      </p>
      {first !== undefined && <Incomplete envelope={{ ...first, complete: first.complete || first.behind === 0, frontier: [] }} />}
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {facets.isError && !found.isError && <Failed error={facets.error} retry={() => void facets.refetch()} />}
      {found.isPending && !found.isError && <Loading what="changes" />}
      {first !== undefined && !found.isError && commits.length === 0 && (
        <Nothing
          what={narrowed ? "No change fits." : state.since === "0" ? "Nothing was ever said." : `Nothing changed since ${momentText(state.since)}.`}
          why={narrowed ? "Name, source, kind and aspect must all fit, within the time chosen." : "Look further back, or have a source crawled:"}
          {...(narrowed ? {} : { command: "clew ingest recipe.yml" })}
        />
      )}
      {commits.length > 0 && (
        <Commits
          commits={commits}
          open={state.open}
          toggle={(seq) => change({ open: state.open.includes(String(seq)) ? state.open.filter((each) => each !== String(seq)) : [...state.open, String(seq)] })}
        />
      )}
      {found.hasNextPage && (
        <button type="button" className="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {found.isFetchingNextPage ? "Fetching older changes …" : "Older changes"}
        </button>
      )}
      {cut && !found.hasNextPage && <p className="soft">Older changes are left out: {MOST.toLocaleString("en-GB")} are shown. Narrow the time, or ask in SQL.</p>}
      <News shown={first?.asOf} concerns={matters} {...(asOf === undefined ? { asked: again } : {})} />
    </>
  );
}

interface Chosen {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly name: string; readonly commits?: number }[];
  readonly text?: (name: string) => string;
  readonly choose: (next: string | undefined) => void;
}

function Choice({ label, value, options, text = (name) => name, choose }: Chosen) {
  const all = value === undefined || options.some((each) => each.name === value) ? options : [{ name: value }, ...options];
  return (
    <label className="choice">
      <span>{label}</span>
      <select aria-label={label} value={value ?? ""} onChange={(event) => choose(event.target.value || undefined)}>
        <option value="">all</option>
        {all.map((each) => (
          <option key={each.name} value={each.name}>
            {text(each.name)}
            {each.commits === undefined ? "" : ` (${each.commits.toLocaleString("en-GB")})`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A name that means nothing, or several things: those can be chosen. */
export function NotNamed({ error, choose }: { readonly error: unknown; readonly choose: (urn: string) => void }) {
  const candidates = error instanceof Problem && Array.isArray(error.details.candidates) ? error.details.candidates : [];
  const urns = candidates.map((each) => (typeof each === "string" ? each : String((each as { urn?: unknown }).urn ?? "")));
  return (
    <Failed error={error}>
      {urns.length > 0 && (
        <ul className="values">
          {urns.map((urn) => (
            <li key={urn}>
              <button type="button" className="link-button" onClick={() => choose(urn)}>
                <bdi>{nameOf(urn)}</bdi>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Failed>
  );
}
