/** What can be asked, as the API itself says it: types and fields by introspection, relations with their columns. */
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { send } from "../../data/client";
import { plural } from "../../data/moment";
import { Problem } from "../../data/problem";
import { Failed, Loading } from "../../parts/States";
import type { Language } from "./words";

const RELATIONS = [
  "entities", "columns", "edges", "claims", "commits", "changes", "owners", "tags", "terms", "runs", "parameters", "metrics", "profiles", "usage", "quality", "objects",
] as const;
const SHOWN = 200;

interface Type {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType?: Type | null;
}

interface Field {
  readonly name: string;
  readonly description?: string | null;
  readonly args?: readonly { readonly name: string; readonly type: Type }[];
  readonly type: Type;
}

interface Schema {
  readonly __schema: {
    readonly types: readonly {
      readonly name: string;
      readonly kind: string;
      readonly fields: readonly Field[] | null;
      readonly inputFields: readonly Field[] | null;
      readonly enumValues: readonly { readonly name: string; readonly description?: string | null }[] | null;
    }[];
  };
}

const INTROSPECTION = `{ __schema { types { name kind
  fields { name description args { name type { ...T } } type { ...T } }
  inputFields { name description type { ...T } }
  enumValues { name description } } } }
  fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

/** One line of the reference: what it is of, what it is, and what that means. */
interface Entry {
  readonly of: string;
  readonly text: string;
  readonly about: string;
}

async function entriesOf(language: Language, signal: AbortSignal): Promise<readonly Entry[]> {
  const query =
    language === "graphql" ? INTROSPECTION : `{ ${RELATIONS.map((each) => `${each}: sql(query: "SELECT * FROM ${each}", limit: 1) { columns }`).join(" ")} }`;
  const said = await send<{ readonly data?: unknown; readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly hint?: string } }[] }>("POST", "/graphql", { query }, signal);
  const first = said.errors?.[0];
  if (first !== undefined) throw new Problem("graphql", first.message, "/graphql", first.extensions?.hint, 200);
  return language === "graphql" ? fieldsOf(said.data as Schema) : relationsOf(said.data as Readonly<Record<string, { readonly columns: readonly string[] }>>);
}

function relationsOf(said: Readonly<Record<string, { readonly columns: readonly string[] }>>): readonly Entry[] {
  return Object.entries(said).map(([of, { columns }]) => ({ of, text: columns.join(", "), about: "" }));
}

/** What can be asked first, then what can be changed, then all types by name. */
const FIRST: Readonly<Record<string, number>> = { Query: 0, Mutation: 1 };

function fieldsOf({ __schema }: Schema): readonly Entry[] {
  const types = __schema.types.filter((each) => !each.name.startsWith("__")).sort((a, b) => (FIRST[a.name] ?? 2) - (FIRST[b.name] ?? 2) || a.name.localeCompare(b.name));
  return types.flatMap((type) => [
    ...[...(type.fields ?? []), ...(type.inputFields ?? [])].map((field) => ({ of: type.name, text: signature(field), about: field.description ?? "" })),
    ...(type.enumValues ?? []).map((value) => ({ of: type.name, text: value.name, about: value.description ?? "" })),
  ]);
}

function signature(field: Field): string {
  const given = (field.args ?? []).map((each) => `${each.name}: ${typeText(each.type)}`).join(", ");
  return `${field.name}${given === "" ? "" : `(${given})`}: ${typeText(field.type)}`;
}

function typeText(type: Type): string {
  if (type.kind === "NON_NULL") return `${type.ofType ? typeText(type.ofType) : "?"}!`;
  if (type.kind === "LIST") return `[${type.ofType ? typeText(type.ofType) : "?"}]`;
  return type.name ?? "?";
}

export function Reference({ language }: { readonly language: Language }) {
  const asked = useQuery({ queryKey: ["reference", language], queryFn: ({ signal }) => entriesOf(language, signal), staleTime: 600_000 });
  const [words, setWords] = useState("");
  const wanted = useDeferredValue(words);
  const fitting = useMemo(() => {
    const all = asked.data ?? [];
    const each = wanted.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (each.length === 0) return language === "graphql" ? all.filter((entry) => entry.of === "Query") : all;
    return all.filter((entry) => each.every((word) => `${entry.of} ${entry.text} ${entry.about}`.toLowerCase().includes(word)));
  }, [asked.data, wanted, language]);
  const groups = [...Map.groupBy(fitting.slice(0, SHOWN), (entry) => entry.of)];
  return (
    <aside className="panel reference" aria-label="What can be asked">
      <h2>{language === "sql" ? "Relations" : "Schema"}</h2>
      <label>
        <span className="sr">Filter what can be asked</span>
        <input type="text" value={words} maxLength={200} placeholder={language === "sql" ? "Filter by name" : "All types: filter by name or text"} spellCheck={false} onChange={(event) => setWords(event.target.value)} />
      </label>
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && !asked.isError && <Loading what="what can be asked" />}
      {asked.data !== undefined && (
        <>
          <p className="soft" role="status">
            {fitting.length > SHOWN ? `The first ${SHOWN} of ${plural(fitting.length, "line")}` : plural(fitting.length, language === "sql" ? "relation" : "field")}
            {language === "graphql" && wanted.trim() === "" && " of Query"}
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <div className="reference-list" tabIndex={0} role="group" aria-label="Names and meanings">
            {groups.map(([of, entries]) => (
              <section key={of} aria-label={of}>
                <h3>{of}</h3>
                <ul>
                  {entries.map((entry) => (
                    <li key={entry.text}>
                      <code className="wrap">{entry.text}</code>
                      {entry.about !== "" && <p className="soft wrap">{entry.about}</p>}
                    </li>
                  ))}
                </ul>
              </section>
            ))}
          </div>
        </>
      )}
    </aside>
  );
}
