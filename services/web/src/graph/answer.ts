/** The answer of `/v1/neighbourhood` as it comes over the wire: parallel arrays. */
import type { Envelope } from "../data/envelope";

export interface EdgeArrays {
  readonly src: readonly number[];
  readonly dst: readonly number[];
  readonly type: readonly string[];
  readonly subtype: readonly string[];
  readonly confidence: readonly number[];
  readonly carrier: readonly number[];
  readonly source: readonly number[];
}

export interface Neighbourhood extends Envelope {
  readonly start: string;
  readonly indirect: boolean;
  readonly tests: boolean;
  readonly top: number;
  readonly most: number;
  readonly trace: { readonly urn: string; readonly cards: number; readonly left: number; readonly unvisited: number } | null;
  readonly cards: {
    readonly urn: readonly string[];
    readonly kind: readonly string[];
    readonly title: readonly string[];
    readonly domain: readonly (string | null)[];
    readonly upstream: readonly number[];
    readonly downstream: readonly number[];
    readonly tests: readonly number[];
    readonly columns: readonly number[];
    readonly listed: readonly (readonly (readonly [string, string | null])[])[];
  };
  readonly nodes: {
    readonly card: readonly number[];
    readonly kind: readonly string[];
    readonly path: readonly (string | null)[];
  };
  readonly carriers: readonly string[];
  readonly sources: readonly string[];
  readonly edges: EdgeArrays;
  readonly before: EdgeArrays | null;
}
