/** What a thing's page lets people edit, and who may. */
import { useAsk } from "../../../data/asking";
import { type AroundResult, Editable } from "../../../data/operations";

const PARTS = [
  ["documentation", "Description"],
  ["ownership", "Owners"],
  ["tags", "Tags"],
  ["terms", "Terms"],
  ["certification", "Certification"],
  ["deprecation", "Deprecation"],
  ["lineage", "Lineage"],
] as const;

export type Part = (typeof PARTS)[number][0];

/** Return the parts that may be edited, with their names, in order. */
export function partsOf(may: ReadonlySet<string>): readonly (readonly [Part, string])[] {
  return PARTS.filter((each) => may.has(each[0]));
}

const NONE: ReadonlySet<string> = new Set();

/** Return the aspects that the reader may edit: none of the past. `around` knows already where it was asked. */
export function useEditable(urn: string, asOf: string | undefined, asked: boolean, around: AroundResult | undefined): ReadonlySet<string> {
  const own = useAsk(Editable, { of: urn }, { when: !asked && asOf === undefined, keep: false });
  if (asOf !== undefined) return NONE;
  const said = asked ? around?.editable : own.data?.editable;
  return said === undefined ? NONE : new Set(said);
}
