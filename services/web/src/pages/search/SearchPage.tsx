/** Search: hits with the column that fits, how fresh and how good they are; facets with counts; views kept by name. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useMemo, useState } from "react";
import { writeWords } from "../../address";
import { useAsOf } from "../../data/asking";
import { ask } from "../../data/client";
import { plural } from "../../data/moment";
import { Find } from "../../data/operations";
import { nameOf } from "../../data/urn";
import { Icon } from "../../parts/Icon";
import { Failed, Incomplete, Loading, Nothing, Refreshing } from "../../parts/States";
import { useTitle } from "../../parts/title";
import { Facets } from "./Facets";
import { Hits } from "./Hits";
import { type Asked, FACETS, narrowings, readAsked, writeAsked } from "./query";
import { SavedViews } from "./SavedViews";
import "./search.css";

/** Hits fetched at a time. */
const PAGE = 50;
/** Hits that the API pages through. */
const DEEPEST = 10_000;

export function SearchPage() {
  const words = useSearch({ strict: false });
  const asked = useMemo(() => readAsked(words), [words]);
  const asOf = useAsOf();
  const navigate = useNavigate();
  useTitle(asked.text, "search");

  const found = useInfiniteQuery({
    queryKey: ["Find", asked],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) =>
      ask(
        Find,
        {
          text: asked.text,
          filters: asked.filters,
          facets: pageParam === undefined ? [...FACETS] : [],
          first: PAGE,
          after: pageParam,
          where: asked.where,
          downstreamOf: asked.downstreamOf,
          upstreamOf: asked.upstreamOf,
        },
        signal,
      ),
    getNextPageParam: (last, all) =>
      last.search.pageInfo.hasNextPage && all.length * PAGE < DEEPEST ? (last.search.pageInfo.endCursor ?? undefined) : undefined,
  });
  const first = found.data?.pages[0]?.search;
  const hits = useMemo(() => (found.data?.pages ?? []).flatMap((page) => page.search.edges), [found.data]);

  function change(next: Asked, replace = false): void {
    void navigate({ to: "/search", search: (before) => ({ asOf: before.asOf, ...writeAsked(next) }) as never, replace });
  }

  return (
    <div className="page">
      <Refreshing active={found.isFetching} />
      <div className="page-head">
        <h1>Search</h1>
        <p className="soft" role="status">
          {first === undefined ? "" : `${plural(first.totalCount, "hit")}${asked.text === "" ? "" : ` for “${asked.text}”`}`}
        </p>
      </div>
      <div className="search-tools">
        <WordsField asked={asked} change={change} />
        <SavedViews address={writeWords(writeAsked(asked))} />
      </div>
      <Narrowed asked={asked} change={change} />
      {asOf !== undefined && (
        <p className="notice warn">
          <span>
            <Icon name="warn" /> <strong>These hits are of now.</strong> The index knows what is, not what was; a thing that you open is shown as of the
            moment chosen.
          </span>
        </p>
      )}
      {first !== undefined && <Incomplete envelope={first.envelope} />}
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && !found.isError && <Loading what="hits" />}
      {first !== undefined && !found.isError && (
        <div className="search-body">
          <Facets counts={first.facets} asked={asked} change={change} />
          {hits.length === 0 ? (
            <Empty asked={asked} change={change} />
          ) : (
            <Hits
              edges={hits}
              total={first.totalCount}
              text={asked.text}
              more={found.hasNextPage ? () => void (found.isFetchingNextPage || found.fetchNextPage()) : undefined}
            />
          )}
        </div>
      )}
    </div>
  );
}

interface Changing {
  readonly asked: Asked;
  readonly change: (next: Asked, replace?: boolean) => void;
}

function WordsField({ asked, change }: Changing) {
  const [typed, setTyped] = useState(asked.text);
  const [own, setOwn] = useState(asked.text);
  if (own !== asked.text) {
    setOwn(asked.text);
    if (typed.trim() !== asked.text) setTyped(asked.text);
  }
  useEffect(() => {
    const timer = setTimeout(() => {
      if (typed.trim() !== asked.text) change({ ...asked, text: typed.trim() }, true);
    }, 120);
    return () => clearTimeout(timer);
  });
  return (
    <label className="words-field">
      <span className="sr">Words</span>
      <input type="text" value={typed} maxLength={1000} placeholder="Words; empty means all" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
    </label>
  );
}

function Narrowed({ asked, change }: Changing) {
  const [typed, setTyped] = useState("");

  function add(event: FormEvent): void {
    event.preventDefault();
    if (typed.trim() === "") return;
    change({ ...asked, where: [...new Set([...asked.where, typed.trim()])] });
    setTyped("");
  }

  return (
    <div className="row">
      {FACETS.flatMap((facet) =>
        (asked.filters[facet] ?? []).map((value) => (
          <Drop
            key={`${facet} ${value}`}
            text={`${facet}: ${value}`}
            drop={() => change({ ...asked, filters: { ...asked.filters, [facet]: (asked.filters[facet] ?? []).filter((each) => each !== value) } })}
          />
        )),
      )}
      {asked.where.map((each) => (
        <Drop key={each} text={each} drop={() => change({ ...asked, where: asked.where.filter((other) => other !== each) })} />
      ))}
      {asked.downstreamOf !== undefined && (
        <Drop text={`downstream of ${nameOf(asked.downstreamOf)}`} drop={() => change({ ...asked, downstreamOf: undefined })} />
      )}
      {asked.upstreamOf !== undefined && (
        <Drop text={`upstream of ${nameOf(asked.upstreamOf)}`} drop={() => change({ ...asked, upstreamOf: undefined })} />
      )}
      <form className="condition" onSubmit={add}>
        <label>
          <span className="sr">Condition on a measure</span>
          <input type="text" value={typed} maxLength={500} placeholder="Condition, such as rmse < 40" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
        </label>
        <button type="submit" className="button small">
          Add condition
        </button>
      </form>
      {narrowings(asked) > 1 && (
        <button type="button" className="button small" onClick={() => change({ text: asked.text, filters: {}, where: [], downstreamOf: undefined, upstreamOf: undefined })}>
          Clear all
        </button>
      )}
    </div>
  );
}

function Drop({ text, drop }: { readonly text: string; readonly drop: () => void }) {
  return (
    <button type="button" className="chip drop" onClick={drop} aria-label={`Remove ${text}`}>
      <bdi>{text}</bdi>
      <Icon name="close" />
    </button>
  );
}

function Empty({ asked, change }: Changing) {
  const narrowed = narrowings(asked) > 0;
  return (
    <div className="grid-gap">
      <Nothing
        what="Nothing fits."
        why={
          narrowed
            ? "Words, filters and conditions must all fit. With fewer of them there may be something."
            : asked.text === ""
              ? "Nothing is catalogued yet. Connect a source:"
              : "No name, column, description or SQL holds these words, not even as a beginning or with a typo. What is not catalogued can't be found; connect a source:"
        }
        {...(narrowed ? {} : { command: "clew ingest recipe.yml" })}
      />
      {narrowed && (
        <button type="button" className="button" onClick={() => change({ text: asked.text, filters: {}, where: [], downstreamOf: undefined, upstreamOf: undefined })}>
          Keep the words only
        </button>
      )}
    </div>
  );
}
