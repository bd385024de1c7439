/** The honest states of a page: under way, failed, nothing, incomplete. */
import { type ReactNode, useEffect, useState } from "react";
import { type Envelope, reasons } from "../data/envelope";
import { problemOf } from "../data/problem";
import { Icon } from "./Icon";

/** Milliseconds before a page says that it waits: what is faster needs no word. */
export const LATE = 150;

/** Say whether `waiting` has been true for long enough to be worth a word. */
export function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) return setLate(false);
    const timer = setTimeout(() => setLate(true), LATE);
    return () => clearTimeout(timer);
  }, [waiting]);
  return late && waiting;
}

/** Shown while nothing can be shown yet; nothing at all before 150 ms. */
export function Loading({ what }: { readonly what: string }) {
  const late = useLate(true);
  return (
    <p className="loading" role="status">
      {late ? `Loading ${what} …` : ""}
    </p>
  );
}

/** A thin bar over old data while new data comes. */
export function Refreshing({ active }: { readonly active: boolean }) {
  const late = useLate(active);
  return <div className={late ? "refreshing on" : "refreshing"} aria-hidden="true" />;
}

/** What failed, where, what to do; and a button to try again. */
export function Failed({ error, retry, children }: { readonly error: unknown; readonly retry?: () => void; readonly children?: ReactNode }) {
  const problem = problemOf(error);
  return (
    <div className="notice bad" role="alert">
      <p className="notice-head">
        <Icon name="bad" /> <strong>{problem.what}</strong>
      </p>
      {problem.where !== undefined && (
        <p>
          Where: <code>{readable(problem.where)}</code>
        </p>
      )}
      {problem.hint !== undefined && <p>What to do: {problem.hint}</p>}
      {children}
      {retry !== undefined && !problem.isTheAskers && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Return an address as people read it: a name in it as it was said. */
function readable(where: string): string {
  try {
    return decodeURIComponent(where);
  } catch {
    return where;
  }
}

/** Nothing there: what is missing, why, and the next step. */
export function Nothing({ what, why, command }: { readonly what: string; readonly why?: ReactNode; readonly command?: string }) {
  return (
    <div className="nothing">
      <p>
        <strong>{what}</strong>
      </p>
      {why !== undefined && <p>{why}</p>}
      {command !== undefined && (
        <pre className="command">
          <code>{command}</code>
        </pre>
      )}
    </div>
  );
}

/** What an answer says about itself when it is not complete: why, with gaps and cuts listed. Nothing when complete. */
export function Incomplete({ envelope, name }: { readonly envelope: Envelope; readonly name?: (urn: string) => ReactNode }) {
  const why = reasons(envelope);
  if (why.length === 0) return null;
  const shown = envelope.gaps.slice(0, 50);
  return (
    <details className="notice warn">
      <summary>
        <Icon name="warn" /> <strong>Not everything is known.</strong> {why.join(" ")}
      </summary>
      <ul className="gaps">
        {shown.map((gap) => (
          <li key={`${gap.code} ${gap.urn} ${gap.detail}`}>
            <code>{gap.code}</code> {gap.urn !== "" && (name?.(gap.urn) ?? <bdi>{gap.urn}</bdi>)} {gap.detail}
          </li>
        ))}
        {envelope.gaps.length > shown.length && <li>and {envelope.gaps.length - shown.length} more gaps</li>}
      </ul>
    </details>
  );
}
