/** Any document, readable: names as links, times in words, lists as tables where their parts are alike. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Json } from "../../data/json";
import { timeText } from "../../data/moment";
import { Thing } from "../../parts/Thing";
import { safeAddress } from "../../parts/address";

/** Parts of a list, and characters of a text, that are shown before somebody asks for all. */
const FEW = 12;
const LONG = 400;
const DEEPEST = 6;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

export function Value({ value, depth = 0 }: { readonly value: Json; readonly depth?: number }): ReactNode {
  if (value === null || value === undefined) return <span className="soft">none</span>;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return <span className="number">{numberText(value)}</span>;
  if (typeof value === "string") return <Text text={value} />;
  if (depth >= DEEPEST) return <code className="wrap">{JSON.stringify(value).slice(0, LONG)}</code>;
  if (Array.isArray(value)) return <List values={value} depth={depth} />;
  return <Members members={value} depth={depth} />;
}

/** Write a number so that it is read easily and nothing that matters is lost. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 10_000 ? String(value) : value.toLocaleString("en-GB");
  return value.toLocaleString("en-GB", { maximumSignificantDigits: 6 });
}

function Text({ text }: { readonly text: string }): ReactNode {
  const [all, setAll] = useState(false);
  if (text.startsWith("urn:clew:")) return <Thing urn={text} />;
  if (TIME.test(text) && !Number.isNaN(Date.parse(text))) return <time dateTime={text}>{timeText(text)}</time>;
  const address = safeAddress(text);
  if (address !== undefined)
    return (
      <a href={address} rel="noreferrer noopener" target="_blank" className="wrap">
        {text}
      </a>
    );
  const told = text.includes("\n") ? text.replace(/^(?:[ \t]*\n)+/, "").trimEnd() : text;
  const shown = all || told.length <= LONG ? told : `${told.slice(0, LONG)}…`;
  const said = text.includes("\n") ? (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre className="command" tabIndex={0}>
      <code>{shown}</code>
    </pre>
  ) : (
    <bdi className="wrap">{shown}</bdi>
  );
  return (
    <>
      {said}
      {told.length > LONG && (
        <button type="button" className="link-button" onClick={() => setAll(!all)}>
          {all ? "Less" : `All ${told.length.toLocaleString("en-GB")} characters`}
        </button>
      )}
    </>
  );
}

function List({ values, depth }: { readonly values: readonly Json[]; readonly depth: number }): ReactNode {
  const [all, setAll] = useState(false);
  if (values.length === 0) return <span className="soft">none</span>;
  const shown = all ? values : values.slice(0, FEW);
  const more = values.length - shown.length;
  return (
    <>
      {isTable(values) ? <Table rows={shown} depth={depth} /> : <ul className="values">{shown.map((each, at) => <li key={keyOf(each, at)}><Value value={each} depth={depth + 1} /></li>)}</ul>}
      {more > 0 && (
        <button type="button" className="link-button" onClick={() => setAll(true)}>
          {more.toLocaleString("en-GB")} more
        </button>
      )}
    </>
  );
}

function Table({ rows, depth }: { readonly rows: readonly Json[]; readonly depth: number }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className="scroll-x" tabIndex={0} role="group" aria-label={names.map(wordOf).join(", ")}>
      <table className="plain">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {wordOf(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={keyOf(row, at)}>
              {names.map((name) => (
                <td key={name}>{row[name] === undefined ? "" : <Value value={row[name]} depth={depth + 1} />}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Members({ members, depth }: { readonly members: Readonly<Record<string, Json>>; readonly depth: number }) {
  const [all, setAll] = useState(false);
  const entries = Object.entries(members);
  if (entries.length === 0) return <span className="soft">nothing</span>;
  const shown = all ? entries : entries.slice(0, 24);
  return (
    <>
      <dl className={depth === 0 ? "members" : "members inner"}>
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>
              <bdi>{depth === 0 ? wordOf(name) : name}</bdi>
            </dt>
            <dd>
              <Value value={value} depth={depth + 1} />
            </dd>
          </div>
        ))}
      </dl>
      {entries.length > shown.length && (
        <button type="button" className="link-button" onClick={() => setAll(true)}>
          {entries.length - shown.length} more
        </button>
      )}
    </>
  );
}

/** Return a member's name as words: `durationMs` is `duration ms`. */
export function wordOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();
}

function isTable(values: readonly Json[]): boolean {
  const flat = (each: Json): boolean => typeof each === "object" && each !== null && !Array.isArray(each);
  return values.every(flat) && new Set(values.flatMap((each) => Object.keys(each))).size <= 8;
}

function keyOf(value: Json, at: number): string {
  return `${at} ${typeof value === "string" ? value : ""}`;
}

/** A link that keeps the page and shows it as of a commit. */
export function AsOfLink({ seq, children }: { readonly seq: number; readonly children: ReactNode }) {
  return (
    <Link to="." search={(before: Record<string, unknown>) => ({ ...before, asOf: String(seq) }) as never}>
      {children}
    </Link>
  );
}
