/** What an impact says, in a sentence; and its assets in the order in which people act on them. */
import { plural } from "../../data/moment";
import { kindsText, nameOf } from "../../data/urn";
import type { Envelope } from "../../data/envelope";

export const CHANGES = ["drop", "rename", "retype"] as const;
export type Change = (typeof CHANGES)[number];
export const VERDICTS = ["breaks", "may_break", "changes", "informed"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Step {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly subtype: string;
  readonly carrier: string;
  readonly source: string;
  readonly confidence: number;
}

export interface Asset {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly use: string;
  readonly hops: number;
  readonly owners: readonly { readonly owner: string; readonly role: string }[];
  readonly tier: string | null;
  readonly path: readonly Step[];
}

export interface Impact extends Envelope {
  readonly start: string;
  readonly change: Change;
  readonly total: number;
  readonly byVerdict: Readonly<Partial<Record<Verdict, number>>>;
  readonly byKind: Readonly<Record<string, number>>;
  readonly assets: readonly Asset[];
}

export const DOING: Readonly<Record<Change, string>> = { drop: "Dropping", rename: "Renaming", retype: "Retyping" };
export const VERDICT_TEXT: Readonly<Record<Verdict, string>> = {
  breaks: "Breaks",
  may_break: "May break",
  changes: "Content changes",
  informed: "To be told",
};

/** Kinds that people look at, before what computes and what is computed. */
const FIRST = ["model", "model_version", "deployment", "endpoint", "prediction_set", "dashboard", "chart", "application", "notebook", "feature", "dataset", "job", "task", "pipeline", "assertion", "column"];
/** Kinds that a sentence names; the others are counted together. */
const NAMED = 3;

/**
 * Say what a change does: `breaks 3 models and 2 dashboards; 4 uncertain`.
 *
 * The counts of verdicts are over all assets. Kinds are those of the assets that are named, which are all of them unless
 * the answer says otherwise; then no kinds are told.
 */
export function sentence(said: Impact): string {
  const breaks = said.byVerdict.breaks ?? 0;
  const uncertain = said.byVerdict.may_break ?? 0;
  if (said.total === 0) return said.complete ? "affects nothing" : "affects nothing that is known";
  const what = breaks === 0 ? "breaks nothing for certain" : `breaks ${kindsOf(said, breaks)}`;
  const rest = [
    uncertain > 0 ? `${uncertain.toLocaleString("en-GB")} uncertain` : "",
    (said.byVerdict.changes ?? 0) > 0 ? `${said.byVerdict.changes?.toLocaleString("en-GB")} with other content` : "",
    (said.byVerdict.informed ?? 0) > 0 ? `${said.byVerdict.informed?.toLocaleString("en-GB")} to be told` : "",
  ];
  return [what, ...rest.filter((each) => each !== "")].join("; ");
}

function kindsOf(said: Impact, breaks: number): string {
  const counts = new Map<string, number>();
  for (const asset of said.assets) if (asset.verdict === "breaks") counts.set(asset.kind, (counts.get(asset.kind) ?? 0) + 1);
  if ([...counts.values()].reduce((sum, each) => sum + each, 0) < breaks) return plural(breaks, "asset");
  const place = (kind: string): number => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);
  const kinds = [...counts].sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
  const told = kinds.slice(0, kinds.length === NAMED + 1 ? NAMED + 1 : NAMED).map(([kind, count]) => kindsText(kind, count));
  const others = kinds.slice(told.length).reduce((sum, [, count]) => sum + count, 0);
  const parts = others > 0 ? [...told, `${others.toLocaleString("en-GB")} ${others === 1 ? "other" : "others"}`] : told;
  return parts.length === 1 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export const NOBODY = "Nobody";

export type Line =
  | { readonly form: "verdict"; readonly verdict: Verdict; readonly count: number; readonly listed: number }
  | { readonly form: "owner"; readonly owner: string; readonly count: number; readonly key: string }
  | { readonly form: "asset"; readonly asset: Asset };

/** Return the lines of the list: by verdict, then by owner (those without one last), then as the answer has them. */
export function linesOf(said: Impact, kind: string | undefined): Line[] {
  const lines: Line[] = [];
  for (const verdict of VERDICTS) {
    const assets = said.assets.filter((asset) => asset.verdict === verdict && (kind === undefined || asset.kind === kind));
    if (assets.length === 0) continue;
    const count = kind === undefined ? (said.byVerdict[verdict] ?? assets.length) : assets.length;
    lines.push({ form: "verdict", verdict, count, listed: assets.length });
    const owners = new Map<string, Asset[]>();
    for (const asset of assets) {
      const owner = asset.owners[0]?.owner ?? NOBODY;
      owners.set(owner, [...(owners.get(owner) ?? []), asset]);
    }
    const order = [...owners].sort(([a, x], [b, y]) => Number(a === NOBODY) - Number(b === NOBODY) || y.length - x.length || (a < b ? -1 : 1));
    for (const [owner, owned] of order) {
      lines.push({ form: "owner", owner, count: owned.length, key: `${verdict} ${owner}` });
      lines.push(...owned.map((asset) => ({ form: "asset" as const, asset })));
    }
  }
  return lines;
}

/** Return the command that asks the same on a command line. */
export function commandOf(urn: string, change: Change, asOf: string | undefined): string {
  const past = asOf === undefined ? "" : ` --as-of ${quoted(asOf)}`;
  return `clew impact ${quoted(urn)} --change ${change}${past}`;
}

/** The command that asks it of everything that a branch changes, and fails by the rules of `clew.yml`. */
export const CHECK = "clew check --base main";

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Return what to trace in the graph so that an asset's path is seen: where its path ends. */
export function endOf(asset: Asset): string {
  const last = asset.path.at(-1);
  return last === undefined ? asset.urn : /^urn:clew:(any|rows):/.test(last.to) ? last.from : last.to;
}

export function ownerText(owner: string): string {
  return owner === NOBODY ? "no owner is known" : nameOf(owner);
}
