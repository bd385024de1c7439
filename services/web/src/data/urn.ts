/** URNs in words for pages; `graph/names` reads them. */
import { cardUrn, said } from "../graph/names";

/** Return the whole dotted name, as people read it; what is no URN is returned as it is. */
export function nameOf(urn: string): string {
  return said(urn).name;
}

/** Kinds whose last segment alone says nothing: a version is `2`, a deployment `champion`. */
const WHOLE: ReadonlySet<string> = new Set(["model_version", "deployment", "feature_set", "prediction_set"]);

/** Return the short name: the last segment, or the whole of a name that says nothing without the rest. */
export function labelOf(urn: string): string {
  const { kind, name, label } = said(urn);
  return WHOLE.has(kind) ? name : label;
}

/** Return what stands before the short name: `nyc.main.flights` of a column, `nyc.main` of a dataset. */
export function placeOf(urn: string): string {
  const { name } = said(urn);
  const label = labelOf(urn);
  return name === label ? "" : name.slice(0, name.length - label.length - 1);
}

/** Return the kind; empty for what is no URN. */
export function kindOf(urn: string): string {
  return said(urn).kind;
}

export function namespaceOf(urn: string): string {
  return said(urn).namespace;
}

/** Return the thing whose page tells of a URN: of the two derived nodes of a dataset, the dataset. */
export function pageOf(urn: string): string {
  const { kind } = said(urn);
  return kind === "any" || kind === "rows" ? urn.replace(`urn:clew:${kind}:`, "urn:clew:dataset:") : urn;
}

/** Return the dataset of a column; undefined for anything else. */
export function datasetOf(urn: string): string | undefined {
  return kindOf(urn) === "column" ? cardUrn(urn) : undefined;
}

/** Return a kind as a word: `model version`. */
export function kindText(kind: string): string {
  return kind.replaceAll("_", " ");
}

/** Return a count of things of a kind: `2 model versions`, `1 query`. */
export function kindsText(kind: string, count: number): string {
  return `${count.toLocaleString("en-GB")} ${kindWord(kind, count)}`;
}

/** Return a kind as a word in the number that a count asks for. */
export function kindWord(kind: string, count: number): string {
  const word = kindText(kind);
  if (count === 1) return word;
  if (word === "person") return "people";
  return word.endsWith("y") ? `${word.slice(0, -1)}ies` : word.endsWith("x") ? `${word}es` : `${word}s`;
}
