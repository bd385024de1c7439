/** Query: SQL over the relations and GraphQL, with what can be asked beside it. Nothing runs before somebody says so. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { one, type Words } from "../../address";
import { useAsOf } from "../../data/asking";
import { problemOf } from "../../data/problem";
import { Icon } from "../../parts/Icon";
import { Failed, Nothing } from "../../parts/States";
import { useTitle } from "../../parts/title";
import { run } from "./asking";
import { Editor } from "./Editor";
import { Reference } from "./Reference";
import { GraphqlResult, SqlResult } from "./Results";
import { EXAMPLES, type Language, LIMIT, LIMITS, LINKED, placeIn, positionOf, type Result } from "./words";
import "./query.css";

const NAMES: Readonly<Record<Language, string>> = { sql: "SQL", graphql: "GraphQL" };
/** Milliseconds of rest after which the address holds what was typed. */
const REST = 300;

function languageOf(words: Words): Language {
  return one(words.lang) === "graphql" ? "graphql" : "sql";
}

export function QueryPage() {
  const words = useSearch({ strict: false }) as Words;
  const language = languageOf(words);
  const asOf = useAsOf();
  useTitle("query", NAMES[language]);
  return (
    <div className="page query">
      <h1>Query</h1>
      <nav className="tabs" aria-label="Languages">
        {(["sql", "graphql"] as const).map((each) => (
          <Link
            key={each}
            to="/query"
            search={(before) => (each === language ? before : { asOf: before.asOf, lang: each === "sql" ? undefined : each }) as never}
            className="tab"
            aria-current={each === language ? "page" : undefined}
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {NAMES[each]}
          </Link>
        ))}
      </nav>
      {asOf !== undefined && (
        <p className="notice warn">
          <span>
            <Icon name="warn" /> <strong>{language === "sql" ? "These relations are of now." : "Say the moment in the query."}</strong>{" "}
            {language === "sql" ? "SQL knows what stands, not what stood." : "Fields that can look back take asOf as an argument."}
          </span>
        </p>
      )}
      <Asking key={language} language={language} words={words} />
    </div>
  );
}

function Asking({ language, words }: { readonly language: Language; readonly words: Words }) {
  const navigate = useNavigate();
  const example = EXAMPLES[language][0]?.[1] ?? "";
  const [text, setText] = useState(one(words.text) ?? example);
  const [variables, setVariables] = useState(one(words.variables) ?? "");
  const [written, setWritten] = useState({ text: one(words.text), variables: one(words.variables) });
  const said = Number(one(words.limit));
  const limit = LIMITS.find((each) => each === said) ?? LIMIT;
  const [result, setResult] = useState<Result | undefined>();
  const [failed, setFailed] = useState<unknown>();
  const [running, setRunning] = useState<AbortController | undefined>();
  const [shownReference, setShownReference] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const isLinked = text.length + variables.length <= LINKED;

  // Somebody went back, or opened another link: the address is right.
  if (one(words.text) !== written.text || one(words.variables) !== written.variables) {
    setWritten({ text: one(words.text), variables: one(words.variables) });
    setText(one(words.text) ?? example);
    setVariables(one(words.variables) ?? "");
  }

  useEffect(() => {
    const linked = { text: isLinked && text !== example && text !== "" ? text : undefined, variables: isLinked && variables !== "" ? variables : undefined };
    if (linked.text === written.text && linked.variables === written.variables) return;
    const timer = setTimeout(() => {
      setWritten(linked);
      void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, ...linked }) as never, replace: true, resetScroll: false });
    }, REST);
    return () => clearTimeout(timer);
  }, [text, variables, isLinked, written, example, navigate]);

  useEffect(() => () => running?.abort(), [running]);

  async function start(): Promise<void> {
    running?.abort();
    const ending = new AbortController();
    setRunning(ending);
    setFailed(undefined);
    try {
      setResult(await run(language, text, variables, limit, ending.signal));
    } catch (error) {
      if (ending.signal.aborted) return;
      setResult(undefined);
      setFailed(error);
    } finally {
      setRunning((now) => (now === ending ? undefined : now));
    }
  }

  function goTo(place: { readonly line: number; readonly column: number }): void {
    const at = positionOf(text, place);
    field.current?.focus();
    field.current?.setSelectionRange(at, at);
  }

  const problem = failed === undefined ? undefined : problemOf(failed);
  const place = placeIn(problem?.where);
  const marked = place?.line ?? (result?.language === "graphql" ? result.told.errors[0]?.locations?.[0]?.line : undefined);
  const changes = language === "graphql" && /^\s*mutation\b/m.test(text);

  return (
    <div className="query-body">
      <div className="grid-gap wide">
        <div className="row" role="group" aria-label="Examples">
          <span className="soft">Examples:</span>
          {EXAMPLES[language].map(([name, example_]) => (
            <button key={name} type="button" className="button small" onClick={() => setText(example_)}>
              {name}
            </button>
          ))}
        </div>
        <Editor label={NAMES[language]} text={text} change={setText} run={() => void start()} marked={marked} field={field} lines={10} />
        <details open={variables !== ""}>
          <summary>{language === "sql" ? "Parameters, for :name in the query" : "Variables"}</summary>
          <textarea
            className="query-variables"
            aria-label={language === "sql" ? "Parameters" : "Variables"}
            value={variables}
            rows={3}
            spellCheck={false}
            placeholder={'{"name": "value"}'}
            onChange={(event) => setVariables(event.target.value)}
          />
        </details>
        <div className="row">
          <button type="button" className="button primary" disabled={text.trim() === "" || running !== undefined} onClick={() => void start()}>
            Run
          </button>
          {running !== undefined && (
            <button type="button" className="button" onClick={() => { running.abort(); setRunning(undefined); }}>
              Stop
            </button>
          )}
          <span className="soft">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </span>
          {language === "sql" && (
            <label className="choice">
              <span>at most</span>
              <select aria-label="Rows at most" value={limit} onChange={(event) => void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, limit: Number(event.target.value) === LIMIT ? undefined : event.target.value }) as never, replace: true, resetScroll: false })}>
                {LIMITS.map((each) => (
                  <option key={each} value={each}>
                    {each.toLocaleString("en-GB")} rows
                  </option>
                ))}
              </select>
            </label>
          )}
          <button type="button" className="button" aria-expanded={shownReference} onClick={() => setShownReference(!shownReference)}>
            {language === "sql" ? "Relations" : "Schema"}
          </button>
          <span role="status" className="soft">
            {running !== undefined ? "Running …" : ""}
          </span>
        </div>
        {changes && (
          <p className="notice warn">
            <span>
              <Icon name="warn" /> <strong>This changes what is catalogued.</strong> It runs as whoever is signed in here.
            </span>
          </p>
        )}
        {!isLinked && <p className="soft">The address holds queries of up to {LINKED.toLocaleString("en-GB")} characters; this one is longer, and is kept on this page only.</p>}
        {failed !== undefined && (
          <Failed error={failed}>
            {place !== undefined && (
              <button type="button" className="button small" onClick={() => goTo(place)}>
                Go to line {place.line}, column {place.column}
              </button>
            )}
          </Failed>
        )}
        {result === undefined && failed === undefined && (
          <Nothing what="Not run yet." why={language === "sql" ? "One SELECT over the relations, read-only; Run answers it." : "A query, or a mutation; Run answers it."} />
        )}
        {result?.language === "sql" && <SqlResult said={result.rows} />}
        {result?.language === "graphql" && <GraphqlResult told={result.told} goTo={goTo} />}
      </div>
      {shownReference && <Reference language={language} />}
    </div>
  );
}
