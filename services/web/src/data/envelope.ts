/** What every answer says about itself, and what that means in a sentence. */
import { plural } from "./moment";

export interface Envelope {
  readonly asOf: { readonly seq: number; readonly time: string | null; readonly epoch: string; readonly token: string };
  readonly complete: boolean;
  readonly behind: number;
  readonly frontier: readonly { readonly reason: string; readonly count: number; readonly urns: readonly string[] }[];
  readonly gaps: readonly { readonly code: string; readonly urn: string; readonly detail: string }[];
}

/** Return why an answer may lack something, one reason a line; none when it is complete. */
export function reasons(said: Envelope): readonly string[] {
  if (said.complete) return [];
  const late = said.behind > 0 ? [`It is ${plural(said.behind, "commit")} behind the ledger.`] : [];
  const cuts = said.frontier.map((each) => `Cut: ${each.reason}${each.count > 0 ? ` (at least ${each.count.toLocaleString("en-GB")} more)` : ""}.`);
  const gaps = said.gaps.length > 0 ? [`${plural(said.gaps.length, "gap")}: something within reach is not known.`] : [];
  return [...late, ...cuts, ...gaps];
}
