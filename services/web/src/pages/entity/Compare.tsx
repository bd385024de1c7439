/** A thing held against another of its kind, or against itself at another time. The choice is in the address. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { one } from "../../address";
import { useAsk } from "../../data/asking";
import type { Json } from "../../data/json";
import { momentText, plural } from "../../data/moment";
import { Differences, Find } from "../../data/operations";
import { kindText, labelOf, nameOf } from "../../data/urn";
import { Failed, Incomplete, Loading, Nothing } from "../../parts/States";
import type { Described } from "./describe";
import { Value, wordOf } from "./Value";

interface Difference {
  readonly part: string;
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  readonly a: Json;
  readonly b: Json;
  readonly difference?: number;
}

const SIGNS: Readonly<Record<string, string>> = { added: "+", removed: "−", changed: "~" };

export function Compare({ said }: { readonly said: Described }) {
  const words = useSearch({ strict: false });
  const b = one(words.with);
  const aAt = one(words.aAt);
  const bAt = one(words.bAt);
  const asked = b !== undefined || aAt !== undefined || bAt !== undefined;
  const answer = useAsk(Differences, { a: said.urn, b, aAt: aAt ?? (b === undefined ? undefined : one(words.asOf)), bAt }, { when: asked });
  return (
    <div className="grid-gap wide">
      <Choice key={`${b} ${aAt} ${bAt}`} said={said} b={b} aAt={aAt} bAt={bAt} />
      {!asked && (
        <Nothing what="Choose what to compare with." why={`Another ${kindText(said.kind)}, or this one at another time: give a moment, such as 1d, yesterday, 2026-11-01 or a seq.`} />
      )}
      {answer.isError && <Failed error={answer.error} retry={() => void answer.refetch()} />}
      {asked && answer.isPending && !answer.isError && <Loading what="differences" />}
      {answer.data !== undefined && !answer.isError && asked && (
        <>
          <Incomplete envelope={answer.data.compare} />
          <Table differences={answer.data.compare.differences} equal={answer.data.compare.equal} a={sideText(answer.data.compare.a, aAt)} b={sideText(answer.data.compare.b, bAt)} />
        </>
      )}
    </div>
  );
}

function sideText(side: { readonly urn: string; readonly seq: number }, at: string | undefined): string {
  return at === undefined ? labelOf(side.urn) : `${labelOf(side.urn)}, ${momentText(at)}`;
}

interface Chosen {
  readonly said: Described;
  readonly b: string | undefined;
  readonly aAt: string | undefined;
  readonly bAt: string | undefined;
}

function Choice({ said, b, aAt, bAt }: Chosen) {
  const navigate = useNavigate();
  const id = useId();
  const chosen = b === undefined ? "" : nameOf(b);
  const [other, setOther] = useState(chosen);
  const [from, setFrom] = useState(aAt ?? "");
  const [to, setTo] = useState(bAt ?? "");
  const found = useAsk(Find, { text: other, filters: { kind: [said.kind] }, facets: [], first: 10 }, { when: other.length > 1 && other !== chosen });
  const names = (found.data?.search.edges ?? []).flatMap((each) => (each.node === null || each.node.urn === said.urn ? [] : [each.node.name]));

  function compare(event: FormEvent): void {
    event.preventDefault();
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, with: other.trim() || undefined, aAt: from.trim() || undefined, bAt: to.trim() || undefined }) as never,
    });
  }

  return (
    <form className="compare-form" onSubmit={compare}>
      <div className="form">
        <label htmlFor={`${id}a`}>
          <bdi>{labelOf(said.urn)}</bdi> as of
        </label>
        <input id={`${id}a`} value={from} maxLength={100} placeholder="now" spellCheck={false} onChange={(event) => setFrom(event.target.value)} />
      </div>
      <div className="form">
        <label htmlFor={`${id}w`}>with</label>
        <input id={`${id}w`} list={`${id}l`} value={other} maxLength={2048} placeholder="itself" spellCheck={false} onChange={(event) => setOther(event.target.value)} />
        <datalist id={`${id}l`}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <div className="form">
        <label htmlFor={`${id}b`}>as of</label>
        <input id={`${id}b`} value={to} maxLength={100} placeholder="now" spellCheck={false} onChange={(event) => setTo(event.target.value)} />
      </div>
      <button type="submit" className="button primary">
        Compare
      </button>
    </form>
  );
}

interface Compared {
  readonly differences: readonly Difference[];
  readonly equal: Readonly<Record<string, number>>;
  readonly a: string;
  readonly b: string;
}

function Table({ differences, equal, a, b }: Compared) {
  const same = Object.values(equal).reduce((sum, each) => sum + each, 0);
  if (differences.length === 0) return <Nothing what="No difference." why={`${plural(same, "field")} are equal.`} />;
  const parts = [...Map.groupBy(differences, (each) => each.part)];
  return (
    <>
      <p>
        <strong>{plural(differences.length, "difference")}</strong>, {plural(same, "field")} equal.
      </p>
      {parts.map(([part, of]) => (
        <section key={part} className="panel" aria-label={wordOf(part)}>
          <h2>
            {wordOf(part)} <span className="soft">{of.length}</span>
          </h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <div className="scroll-x" tabIndex={0} role="group" aria-label={`Differences of ${wordOf(part)}`}>
            <table className="plain compare">
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">
                    <bdi>{a}</bdi>
                  </th>
                  <th scope="col">
                    <bdi>{b}</bdi>
                  </th>
                </tr>
              </thead>
              <tbody>
                {of.slice(0, 300).map((each) => (
                  <tr key={each.path}>
                    <th scope="row">
                      <span className={`sign ${each.change}`} title={each.change}>
                        {SIGNS[each.change]}
                      </span>
                      <span className="sr">{each.change}: </span>
                      <bdi className="wrap">{each.path}</bdi>
                    </th>
                    <td>
                      {each.change === "added" ? "" : <Value value={each.a} depth={2} />}
                    </td>
                    <td>
                      {each.change === "removed" ? "" : <Value value={each.b} depth={2} />}
                      {each.difference !== undefined && each.difference !== null && (
                        <span className="soft"> ({each.difference > 0 ? "+" : ""}{each.difference.toLocaleString("en-GB", { maximumSignificantDigits: 4 })})</span>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {of.length > 300 && <p className="soft">{of.length - 300} more are not shown; clew compare lists all.</p>}
        </section>
      ))}
    </>
  );
}
