/** What the users of each kind ask first, and from which aspect it is told. A kind that is not here gets all its aspects. */
import type { ReactNode } from "react";
import type { Json } from "../../data/json";
import { agoText, plural, timeText } from "../../data/moment";
import { datasetOf } from "../../data/urn";
import { Thing } from "../../parts/Thing";
import type { Listed } from "./around";
import type { Described } from "./describe";
import { numberText, Value } from "./Value";

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** Aspects that the head of a page shows; they are not told a second time below. */
export const IN_HEAD: ReadonlySet<string> = new Set(["documentation", "ownership", "tags", "terms", "domain", "tier", "certification", "deprecation", "lifecycle", "containment"]);

type Lead = (said: Described) => readonly (Fact | undefined)[];

function fact(label: string, value: Json, text?: (value: Json) => ReactNode): Fact | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return { label, value: text === undefined ? <Value value={value} depth={1} /> : text(value) };
}

const when = (value: Json): ReactNode => <time dateTime={String(value)} title={timeText(value)}>{agoText(value)}</time>;
const thing = (value: Json): ReactNode => <Thing urn={String(value)} />;

/** Write a length of time given in milliseconds. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  if (milliseconds < 7_200_000) return `${Math.round(milliseconds / 60_000)} min`;
  return `${(milliseconds / 3_600_000).toFixed(1)} h`;
}

/** Write a number of bytes. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const at = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${numberText(Number((bytes / 1_000 ** at).toPrecision(3)))} ${units[at]}`;
}

const dataset: Lead = (said) => {
  const profile = said.series.profile?.[0];
  const usage = said.aspects.usage ?? said.series.usage?.[0];
  return [
    fact("Columns", said.columns.length || undefined, (count) => numberText(Number(count))),
    fact("Rows", profile?.rows, (rows) => numberText(Number(rows))),
    fact("Size", profile?.bytes, (bytes) => bytesText(Number(bytes))),
    fact("Measured", profile?.time, when),
    fact("Written", usage?.lastWritten, when),
    fact("Read", usage?.lastRead, when),
    fact("Type", said.aspects.properties?.subtype),
    fact("Platform", said.aspects.properties?.platform),
  ];
};

const column: Lead = (said) => [fact("In", datasetOf(said.urn), thing)];

const feature: Lead = (said) => {
  const how = said.aspects.feature ?? {};
  return [
    fact("Type", how.type),
    fact("Made by", how.transformation),
    fact("Missing values", how.imputation?.strategy, () => [how.imputation.strategy, how.imputation.value].filter((each) => each !== undefined).map(String).join(": ")),
    fact("Scaling", how.scaling?.method),
    fact("Encoding", how.encoding?.method),
    fact("In", said.aspects.containment?.parent, thing),
  ];
};

const run: Lead = (said) => {
  const how = said.aspects.run ?? {};
  return [
    fact("Status", how.status, (status) => <Status status={String(status)} />),
    fact("Started", how.started, when),
    fact("Took", how.durationMs, (took) => durationText(Number(took))),
    fact("Job", how.job, thing),
    fact("Experiment", how.experiment, thing),
    fact("By", how.user),
    fact("Commit", said.aspects.code?.commit ?? how.code?.commit, (commit) => <code>{String(commit).slice(0, 12)}</code>),
  ];
};

const version: Lead = (said) => {
  const how = said.aspects.model_version ?? {};
  return [
    fact("Algorithm", how.algorithm),
    fact("Framework", how.framework),
    fact("Trained", how.created, when),
    fact("Run", how.run, thing),
    fact("Features", how.features?.length, (count) => numberText(Number(count))),
    ...Object.entries((said.aspects.metrics?.values ?? {}) as Record<string, Json>).slice(0, 4).map(([name, value]) => fact(name, value)),
  ];
};

const dashboard: Lead = (said) => {
  const how = said.aspects.exposure ?? {};
  return [
    fact("Open", how.url ?? said.aspects.properties?.url),
    fact("Maturity", how.maturity),
    fact("Reads from", how.dependsOn?.length, (count) => plural(Number(count), "thing")),
    fact("Type", how.type ?? said.aspects.properties?.subtype),
  ];
};

const object: Lead = (said) => {
  const how = said.aspects.stored_object ?? {};
  return [
    fact("Size", how.size, (size) => bytesText(Number(size))),
    fact("Modified", how.modified, when),
    fact("Checksum", how.checksum, (sum) => <code className="wrap">{String(sum)}</code>),
    fact("Media type", how.mediaType),
    fact("Where", how.uri),
  ];
};

const deployed: Lead = (said) => {
  const how = said.aspects.deployment ?? said.aspects.endpoint ?? {};
  return [
    fact("Health", how.health, (status) => <Status status={String(status)} />),
    fact("Checked", how.checked, when),
    fact("Alias", how.alias),
    fact("Versions", how.versions),
    fact("Deployments", how.deployments),
    fact("Address", how.url),
  ];
};

const step: Lead = (said) => [
  fact("Type", said.aspects.properties?.subtype),
  fact("Platform", said.aspects.properties?.platform),
  fact("Part of", said.aspects.containment?.parent, thing),
];

const LEADS: Readonly<Record<string, Lead>> = {
  dataset,
  column,
  feature,
  run,
  model_version: version,
  dashboard,
  notebook: dashboard,
  application: dashboard,
  model: dashboard,
  object,
  deployment: deployed,
  endpoint: deployed,
  job: step,
  task: step,
  pipeline: step,
};

/** Return what a dataset's schema says of a column; it is of now, and said to be so when another moment is shown. */
export function columnFacts(listed: Listed | undefined, asOf: string | undefined): readonly Fact[] {
  if (listed === undefined) return [];
  const now = asOf === undefined ? "" : " (now)";
  return [
    { label: `Type${now}`, value: listed.type ?? "not said" },
    ...(listed.nullable === null ? [] : [{ label: `Empty values${now}`, value: listed.nullable === 1 ? "allowed" : "not allowed" }]),
    { label: `Place${now}`, value: `column ${listed.position}` },
  ];
}

/** Aspects told first, in this order; the others follow by name. */
const FIRST = ["model_version", "feature", "feature_set", "metrics", "parameters", "importances", "run", "exposure", "deployment", "endpoint", "query", "stored_object", "assertion", "lineage"];

/** Return the facts that lead the page of a thing; those that nobody said are left out. */
export function leadOf(said: Described): readonly Fact[] {
  const lead = LEADS[said.kind] ?? ((): readonly undefined[] => []);
  return lead(said).filter((each): each is Fact => each !== undefined);
}

/** Return the aspects that the page tells in full, in order. */
export function aspectsOf(said: Described): readonly string[] {
  const place = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return Object.keys(said.aspects)
    .filter((name) => !IN_HEAD.has(name) && !(said.kind === "dataset" && name === "schema"))
    .sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

const TONES: Readonly<Record<string, string>> = { success: "ok", pass: "ok", healthy: "ok", fail: "bad", failed: "bad", error: "bad", unhealthy: "bad", warn: "warn", running: "warn" };

/** A status as a word, with its tone where it is known. */
export function Status({ status }: { readonly status: string }) {
  return <span className={`chip ${TONES[status] ?? ""}`}>{status}</span>;
}
