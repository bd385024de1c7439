/** Lineage: what a thing comes from and what it flows into, as a graph and as a list of the same edges. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAsOf, useGet } from "../../data/asking";
import { momentText, plural } from "../../data/moment";
import { kindText } from "../../data/urn";
import type { Neighbourhood } from "../../graph/answer";
import { collapse, GROUP_PREFIX, type Grouping } from "../../graph/groups";
import { type Card, type Column, type Graph, graphOf, restrict } from "../../graph/model";
import { cardUrn, partUrn, said } from "../../graph/names";
import { countStates, rowsOf } from "../../graph/rows";
import { cardClosure } from "../../graph/walks";
import { Icon } from "../../parts/Icon";
import { Failed, Incomplete, Loading, Nothing, Refreshing } from "../../parts/States";
import { Name, Thing } from "../../parts/Thing";
import { useTitle } from "../../parts/title";
import { FindBox } from "./FindBox";
import { paletteOf, saveJson, savePicture, saveRows } from "./files";
import { GraphView, type Handle, type Hidden } from "./GraphView";
import { ListView } from "./ListView";
import { MoreDialog } from "./MoreDialog";
import { ALL, MOST_CARDS, readState, type State, TOP, writeState } from "./state";
import { pathOf, useScene } from "./useScene";
import "./lineage.css";

export function LineagePage() {
  const { urn } = useParams({ from: "/lineage/$urn" });
  const words = useSearch({ from: "/lineage/$urn" });
  const state = useMemo(() => readState(words), [words]);
  const asOf = useAsOf();
  useTitle(said(urn).label, "lineage");
  const traced = state.trace === undefined && said(urn).kind === "column" ? urn : (state.trace ?? null);
  const answer = useGet<Neighbourhood>("/v1/neighbourhood", {
    of: urn,
    up: state.up,
    down: state.down,
    top: TOP,
    most: state.most,
    trace: traced,
    show: state.show,
    expand: state.more,
    since: state.since,
    indirect: state.indirect,
    tests: state.tests,
    asOf,
  });
  if (answer.data !== undefined && answer.data.start !== undefined)
    return (
      <Told answer={answer.data} refreshing={answer.isFetching} error={answer.error} retry={() => void answer.refetch()} urn={urn} state={state} traced={traced} asOf={asOf} />
    );
  return (
    <div className="page">
      <h1>
        Lineage of <Name text={said(urn).name} />
      </h1>
      {answer.error !== null ? <Failed error={answer.error} retry={() => void answer.refetch()} /> : <Loading what="lineage" />}
    </div>
  );
}

interface Shown {
  readonly answer: Neighbourhood;
  readonly refreshing: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly urn: string;
  readonly state: State;
  readonly traced: string | null;
  readonly asOf: string | undefined;
}

/** Return of each card how many neighbours do not show. */
function hiddenOf(graph: Graph): Map<string, Hidden> {
  const [above, below] = [graph.cards.map(() => 0), graph.cards.map(() => 0)];
  for (const link of graph.links) {
    if (link.state === "removed") continue;
    above[link.dst] = (above[link.dst] ?? 0) + 1;
    below[link.src] = (below[link.src] ?? 0) + 1;
  }
  return new Map(
    graph.cards.map((card) => [card.urn, { up: Math.max(0, card.upstream - (above[card.at] ?? 0)), down: Math.max(0, card.downstream - (below[card.at] ?? 0)) }]),
  );
}

function Told({ answer, refreshing, error, retry, urn, state, traced, asOf }: Shown) {
  const navigate = useNavigate({ from: "/lineage/$urn" });
  const [anchor, setAnchor] = useState(cardUrn(urn));
  const [asking, setAsking] = useState<{ card: Card; way: "up" | "down" } | null>(null);
  const handle = useRef<Handle | null>(null);
  /** Whether a key changed the form: then the focus goes along. */
  const byKey = useRef(false);
  const page = useRef<HTMLDivElement>(null);
  const change = useCallback(
    (changed: Partial<State>, replace = false) => {
      void navigate({ search: (before) => ({ ...before, ...writeState(changed) }), replace, resetScroll: false });
    },
    [navigate],
  );

  const start = answer.cards.urn[0] ?? cardUrn(urn);
  const whole = useMemo(() => graphOf(answer), [answer]);
  const hidden = useMemo(() => hiddenOf(whole), [whole]);
  const graph = useMemo(
    () => collapse(state.only ? onlyPath(whole, traced, state.to, start, state.indirect) : whole, state.group, new Set(state.groups), start),
    [whole, state.only, state.group, state.groups, state.indirect, state.to, traced, start],
  );
  const open = useMemo(() => new Set(state.open.includes(ALL) ? graph.cards.map((card) => card.urn) : state.open), [state.open, graph]);
  const drawn = useScene(graph, open, traced, state.to, state.indirect, state.group, `${start} ${state.only} ${state.group} ${state.since ?? ""}`, anchor);
  const rows = useMemo(() => rowsOf(graph, traced === null ? null : drawn.path), [graph, traced, drawn.path]);

  const toggle = useCallback(
    (card: Card) => {
      setAnchor(card.urn);
      if (card.urn.startsWith(GROUP_PREFIX)) change({ groups: [...state.groups, card.urn.slice(GROUP_PREFIX.length)] });
      else if (card.columnCount > 0) change({ open: open.has(card.urn) ? [...open].filter((each) => each !== card.urn) : [...state.open, card.urn] });
    },
    [change, open, state.open, state.groups],
  );
  const trace = useCallback(
    (card: Card, column: Column | null) => {
      if (card.members > 0) return;
      setAnchor(card.urn);
      const thing = column === null ? card.urn : partUrn(card.urn, "column", column.path);
      change({ trace: thing === traced ? null : thing, to: undefined, ...(thing === traced ? { only: false } : {}) });
    },
    [change, traced],
  );
  const expand = useCallback(
    (card: Card, way: "up" | "down") => {
      setAnchor(card.urn);
      change({ more: [...state.more, `${way}:${card.urn}`] });
    },
    [change, state.more],
  );
  const more = useCallback(
    (card: Card, way: "up" | "down", count: number) => (count > TOP ? setAsking({ card, way }) : expand(card, way)),
    [expand],
  );
  const acts = useMemo(() => ({ toggle, trace, more }), [toggle, trace, more]);

  function key(pressed: string, card: Card | undefined, column: Column | undefined): boolean {
    if (pressed === "Escape") {
      if (state.only) change({ only: false });
      else if (traced !== null) change({ trace: null, to: undefined });
      else return false;
      return true;
    }
    if (pressed === "o") change({ only: !state.only });
    else if (pressed === "t") {
      byKey.current = true;
      change({ list: true });
    }
    else if (card === undefined) return false;
    else if (pressed === "Enter") toggle(card);
    else if (pressed === " ") trace(card, column ?? null);
    else if ((pressed === "e" || pressed === "E") && (hidden.get(card.urn)?.[pressed === "e" ? "down" : "up"] ?? 0) > 0) expand(card, pressed === "e" ? "down" : "up");
    else if (pressed === "m" || pressed === "M") setAsking({ card, way: pressed === "m" ? "down" : "up" });
    else return false;
    return true;
  }

  // In the list, the key that leads back to the graph.
  useEffect(() => {
    if (!state.list) return;
    const pressed = (event: globalThis.KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "t" && !event.defaultPrevented && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        byKey.current = true;
        change({ list: false });
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [state.list, change]);

  const parameters = { indirect: state.indirect, tests: state.tests, asOf };
  const left = [...hidden.values()].reduce((sum, each) => sum + each.up + each.down, 0);
  const name = `lineage-${said(urn).name}`;
  return (
    <div className="page lineage" ref={page}>
      <header className="page-head">
        <h1 className="lineage-title">
          <span>Lineage of</span> <Thing urn={urn} title={answer.start === urn ? null : said(answer.start).label} />
        </h1>
        <p className="soft lineage-counts" role="status">
          {plural(whole.cards.length, "card")}, {plural(whole.edges.length, "edge")}
          {left > 0 && `; ${plural(left, "neighbour")} not shown`}
          {traced !== null && `; tracing ${said(traced).label} through ${plural(drawn.path?.cards.size ?? 0, "card")}`}
          {answer.trace !== null && answer.trace.left > 0 && ` (${answer.trace.left} more do not fit)`}
        </p>
      </header>
      <Toolbar
        state={state}
        change={change}
        traced={traced}
        graph={graph}
        choose={(match) => {
          if (state.list) change({ list: false });
          handle.current?.show(match.card, match.column);
          page.current?.querySelector<HTMLElement>(".react-flow")?.focus();
        }}
        save={(as) => {
          if (as === "csv") saveRows(rows, name);
          else if (as === "json") saveJson(answer, name);
          else if (page.current !== null)
            void savePicture(drawn.scene, handle.current?.lit() ?? { strokes: drawn.pathStrokes, cards: drawn.path?.cards ?? null, stroke: -1, card: -1, start: graph.cardAt.get(start) ?? -1 }, paletteOf(page.current), name);
        }}
      />
      <Refreshing active={refreshing} />
      {error !== null && <Failed error={error} retry={retry} />}
      <Incomplete envelope={answer} name={(each) => <Thing urn={each} />} />
      {answer.frontier.some((cut) => cut.reason.endsWith(" cards")) && state.most < MOST_CARDS && (
        <p className="row">
          <button type="button" className="button small" onClick={() => change({ most: MOST_CARDS })}>
            Show up to {MOST_CARDS} cards
          </button>
        </p>
      )}
      {state.since !== undefined && <Compared graph={whole} since={state.since} end={() => change({ since: undefined })} />}
      {whole.edges.length === 0 && left === 0 && whole.cards.length <= 1 ? (
        <Nothing
          what={`No lineage of ${said(urn).name} is known${asOf === undefined ? "" : " as of then"}.`}
          why={`No source says that anything flows into this ${kindText(said(urn).kind)} or out of it. Let a connector read the system that builds it, or send an event:`}
          command="clew emit event.json"
        />
      ) : state.list ? (
        <ListView rows={rows} compared={state.since !== undefined} byKey={byKey} />
      ) : (
        <GraphView drawn={drawn} open={open} start={start} trace={traced} indirect={state.indirect} hidden={hidden} acts={acts} key_={key} handle={handle} byKey={byKey} />
      )}
      {asking !== null && (
        <MoreDialog
          card={asking.card}
          way={asking.way}
          parameters={parameters}
          shown={whole.cardAt}
          add={(urns) => {
            setAnchor(asking.card.urn);
            change({ show: [...state.show, ...urns] });
          }}
          expand={() => {
            expand(asking.card, asking.way);
            setAsking(null);
          }}
          close={() => setAsking(null)}
        />
      )}
    </div>
  );
}

/** The part of a graph that a traced thing runs through, or (without a trace) what is above and below the start. */
function onlyPath(graph: Graph, traced: string | null, to: string | undefined, start: string, indirect: boolean): Graph {
  if (traced === null) {
    const kept = cardClosure(graph, graph.cardAt.get(start) ?? 0);
    return restrict(graph, (card) => kept.has(card.at));
  }
  const path = pathOf(graph, traced, to, indirect);
  const edges = new Set(path.edges);
  return restrict(graph, (card) => path.cards.has(card.at), (edge) => edges.has(edge.at));
}

interface Tools {
  readonly state: State;
  readonly change: (changed: Partial<State>) => void;
  readonly traced: string | null;
  readonly graph: Graph;
  readonly choose: Parameters<typeof FindBox>[0]["choose"];
  readonly save: (as: "png" | "csv" | "json") => void;
}

function Toolbar({ state, change, traced, graph, choose, save }: Tools) {
  return (
    <div className="tools" role="toolbar" aria-label="Lineage view">
      <div className="switch" role="group" aria-label="Form">
        <button type="button" className="button small" aria-pressed={!state.list} onClick={() => change({ list: false })}>
          Graph
        </button>
        <button type="button" className="button small" aria-pressed={state.list} onClick={() => change({ list: true })}>
          List
        </button>
      </div>
      <FindBox graph={graph} choose={choose} />
      <Hops label="Up" value={state.up} set={(up) => change({ up })} />
      <Hops label="Down" value={state.down} set={(down) => change({ down })} />
      <label className="tool">
        Group{" "}
        <select value={state.group} onChange={(event) => change({ group: event.target.value as Grouping, groups: [] })}>
          <option value="none">not at all</option>
          <option value="schema">by schema</option>
          <option value="domain">by domain</option>
          <option value="kind">by kind</option>
        </select>
      </label>
      <Toggle on={state.open.includes(ALL)} set={(all) => change({ open: all ? [ALL] : [] })} title="The columns of every card">
        Columns
      </Toggle>
      <Toggle on={state.indirect} set={(indirect) => change({ indirect })} title="Also joins, filters, grouping and sorting">
        Indirect
      </Toggle>
      <Toggle on={state.tests} set={(tests) => change({ tests })} title="Tests as cards">
        Tests
      </Toggle>
      <Toggle on={state.only} set={(only) => change({ only })} title="Hide everything off the path (o)">
        Only this path
      </Toggle>
      {traced !== null && (
        <button type="button" className="button small traced" onClick={() => change({ trace: null, to: undefined, only: false })} aria-label={`Stop tracing ${said(traced).label}`}>
          <bdi>
            {said(traced).label}
            {state.to !== undefined && ` → ${said(state.to).label}`}
          </bdi>{" "}
          <Icon name="close" />
        </button>
      )}
      <Compare state={state} change={change} />
      <details className="tool menu">
        <summary className="button small">Export</summary>
        <div className="menu-items">
          <button type="button" className="button small" onClick={() => save("png")}>
            Picture (PNG)
          </button>
          <button type="button" className="button small" onClick={() => save("csv")}>
            Edges (CSV)
          </button>
          <button type="button" className="button small" onClick={() => save("json")}>
            Answer (JSON)
          </button>
        </div>
      </details>
    </div>
  );
}

function Hops({ label, value, set }: { readonly label: string; readonly value: number; readonly set: (value: number) => void }) {
  return (
    <label className="tool">
      {label}{" "}
      <select value={value} onChange={(event) => set(Number(event.target.value))} aria-label={`Hops ${label.toLowerCase()}stream`}>
        {Array.from({ length: 11 }, (_, hops) => (
          <option key={hops} value={hops}>
            {hops}
          </option>
        ))}
      </select>
    </label>
  );
}

function Toggle({ on, set, title, children }: { readonly on: boolean; readonly set: (on: boolean) => void; readonly title: string; readonly children: string }) {
  return (
    <button type="button" className="button small" aria-pressed={on} title={title} onClick={() => set(!on)}>
      {children}
    </button>
  );
}

const MOMENTS = ["yesterday", "7d", "30d"];

function Compare({ state, change }: Pick<Tools, "state" | "change">) {
  const [moment, setMoment] = useState(state.since ?? "");
  useEffect(() => setMoment(state.since ?? ""), [state.since]);
  return (
    <details className="tool menu">
      <summary className="button small">{state.since === undefined ? "Compare" : `Since ${momentText(state.since)}`}</summary>
      <form
        className="menu-items"
        onSubmit={(event) => {
          event.preventDefault();
          change({ since: moment.trim() === "" ? undefined : moment.trim() });
        }}
      >
        <label>
          Compare with
          <input type="text" value={moment} placeholder="2026-11-01, 2h, a seq" onChange={(event) => setMoment(event.target.value)} />
        </label>
        <div className="row">
          {MOMENTS.map((each) => (
            <button key={each} type="button" className="button small" onClick={() => change({ since: each })}>
              {momentText(each)}
            </button>
          ))}
        </div>
        <button type="submit" className="button small primary">
          Compare
        </button>
      </form>
    </details>
  );
}

function Compared({ graph, since, end }: { readonly graph: Graph; readonly since: string; readonly end: () => void }) {
  const counts = countStates(graph);
  return (
    <p className="compared-band row" role="status">
      <strong>Since {momentText(since)}:</strong>
      <span className="ok-text">+ {plural(counts.added, "edge")} added</span>
      <span className="bad-text">− {counts.removed.toLocaleString("en-GB")} removed</span>
      <span className="warn-text">~ {counts.changed.toLocaleString("en-GB")} changed</span>
      <span className="soft">{counts.same.toLocaleString("en-GB")} the same</span>
      <button type="button" className="button small" onClick={end}>
        End comparison
      </button>
    </p>
  );
}
