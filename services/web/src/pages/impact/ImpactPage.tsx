/** Impact: what a change breaks, a sentence first, then each affected asset with the path that proves it. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { one } from "../../address";
import { useAsOf, useGet } from "../../data/asking";
import { plural } from "../../data/moment";
import { kindsText, kindText, nameOf } from "../../data/urn";
import { said } from "../../graph/names";
import { endText, howText } from "../../graph/rows";
import { Icon } from "../../parts/Icon";
import { Failed, Incomplete, Loading, Nothing, Refreshing } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { useTitle } from "../../parts/title";
import { type Asset, CHANGES, CHECK, commandOf, DOING, endOf, type Impact, type Line, linesOf, NOBODY, ownerText, sentence, type Step, VERDICT_TEXT, type Verdict } from "./telling";
import "./impact.css";

/** Assets that are named with their path; all are counted. */
const NAMED = 2_000;

export function ImpactPage() {
  const { urn } = useParams({ from: "/impact/$urn" });
  const words = useSearch({ from: "/impact/$urn" });
  const navigate = useNavigate({ from: "/impact/$urn" });
  const asOf = useAsOf();
  const change = CHANGES.find((each) => each === one(words.change)) ?? "drop";
  const kind = one(words.kind);
  useTitle(said(urn).label, "impact");
  const answer = useGet<Impact>("/v1/impact", { of: urn, change, asOf, named: NAMED });
  const told = answer.data?.start === undefined ? undefined : answer.data;
  const choose = (words_: Record<string, string | undefined>): void =>
    void navigate({ search: (before) => ({ ...before, ...words_ }), replace: true, resetScroll: false });
  return (
    <div className="page impact">
      <h1 className="impact-title" aria-live="polite">
        {DOING[change]} <Thing urn={urn} place={false} /> {told !== undefined && told.change === change ? sentence(told) : "…"}
      </h1>
      <div className="row impact-tools">
        <fieldset className="impact-changes">
          <legend>What is to be done to it</legend>
          {CHANGES.map((each) => (
            <label key={each} className={each === change ? "button small on" : "button small"}>
              <input type="radio" name="change" value={each} checked={each === change} onChange={() => choose({ change: each === "drop" ? undefined : each })} />
              {each[0]?.toUpperCase()}
              {each.slice(1)}
            </label>
          ))}
        </fieldset>
        {told !== undefined && told.total > 0 && <KindFilter byKind={told.byKind} kind={kind} choose={(next) => choose({ kind: next })} />}
        <Link to="/lineage/$urn" params={{ urn }} search={{ trace: urn, up: "0" }} className="button small">
          <Icon name="lineage" /> In the graph
        </Link>
      </div>
      <Refreshing active={answer.isFetching} />
      {answer.error !== null && <Failed error={answer.error} retry={() => void answer.refetch()} />}
      {told === undefined && answer.error === null && <Loading what="impact" />}
      {told !== undefined && <Told said={told} kind={kind} urn={urn} />}
      <Command title="The same on the command line" text={commandOf(urn, change, asOf)} />
      <Command title="In CI, of whatever a branch changes in SQL, dbt models and schemas" text={CHECK} />
    </div>
  );
}

function KindFilter({ byKind, kind, choose }: { readonly byKind: Impact["byKind"]; readonly kind: string | undefined; readonly choose: (kind: string | undefined) => void }) {
  const kinds = Object.entries(byKind).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <label className="tool">
      Show{" "}
      <select aria-label="Kinds to show" value={kind ?? ""} onChange={(event) => choose(event.target.value || undefined)}>
        <option value="">all kinds</option>
        {kinds.map(([name, count]) => (
          <option key={name} value={name}>
            {kindsText(name, count)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Told({ said: answer, kind, urn }: { readonly said: Impact; readonly kind: string | undefined; readonly urn: string }) {
  const lines = useMemo(() => linesOf(answer, kind), [answer, kind]);
  if (answer.total === 0)
    return (
      <>
        <Incomplete envelope={answer} name={(each) => <Thing urn={each} />} />
        <Nothing
          what={answer.complete ? `Nothing uses ${said(urn).name}.` : `Nothing is known to use ${said(urn).name}.`}
          why={answer.complete ? "All sources that know of uses were heard, and nothing within reach is unknown." : "What is listed above may hide a use."}
        />
      </>
    );
  return (
    <>
      <Incomplete envelope={answer} name={(each) => <Thing urn={each} />} />
      {answer.assets.length < answer.total && (
        <p className="soft">
          {answer.assets.length.toLocaleString("en-GB")} of {answer.total.toLocaleString("en-GB")} are listed, the strongest first; all are counted.
        </p>
      )}
      <Lines lines={lines} urn={urn} />
    </>
  );
}

function Lines({ lines, urn }: { readonly lines: readonly Line[]; readonly urn: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const seen = useVirtualizer({
    count: lines.length,
    getScrollElement: () => place.current,
    estimateSize: () => 40,
    getItemKey: (at) => keyOf(lines[at]),
    overscan: 12,
  });
  const toggle = (asset: Asset): void => {
    const next = new Set(open);
    if (!next.delete(asset.urn)) next.add(asset.urn);
    setOpen(next);
  };
  const assets = lines.filter((line) => line.form === "asset").length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
    <section className="impact-list" ref={place} tabIndex={0} aria-label={`${plural(assets, "affected asset")}, by severity and owner`}>
      <div className="impact-lines" style={{ height: seen.getTotalSize() }}>
        {seen.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div key={item.key} data-index={item.index} ref={seen.measureElement} className="impact-line" style={{ transform: `translateY(${item.start}px)` }}>
              {line.form === "verdict" ? (
                <h2 className={`verdict ${line.verdict}`}>
                  <VerdictIcon verdict={line.verdict} /> {VERDICT_TEXT[line.verdict]} <span className="count">{line.count.toLocaleString("en-GB")}</span>
                </h2>
              ) : line.form === "owner" ? (
                <h3 className="impact-owner">
                  {line.owner === NOBODY ? <span className="warn-text">{ownerText(line.owner)}</span> : <Thing urn={line.owner} title={nameOf(line.owner)} place={false} />} <span className="count">{line.count}</span>
                </h3>
              ) : (
                <Affected asset={line.asset} open={open.has(line.asset.urn)} toggle={() => toggle(line.asset)} urn={urn} />
              )}
            </div>
          );
        })}
      </div>
    </section>
  );
}

function keyOf(line: Line | undefined): string {
  if (line === undefined) return "";
  return line.form === "asset" ? line.asset.urn : line.form === "owner" ? line.key : line.verdict;
}

const ICONS: Readonly<Record<Verdict, string>> = { breaks: "bad", may_break: "warn", changes: "impact", informed: "help" };

function VerdictIcon({ verdict }: { readonly verdict: Verdict }) {
  return <Icon name={ICONS[verdict]} />;
}

function Affected({ asset, open, toggle, urn }: { readonly asset: Asset; readonly open: boolean; readonly toggle: () => void; readonly urn: string }) {
  const name = said(asset.urn).label;
  return (
    <div className="affected">
      <div className="affected-head">
        <button type="button" className="icon-button" aria-expanded={open} aria-label={`${open ? "Hide" : "Show"} the path to ${name}`} onClick={toggle}>
          <Icon name={open ? "down" : "right"} />
        </button>
        <Thing urn={asset.urn} title={asset.name === said(asset.urn).name ? null : asset.name} />
        <span className="affected-facts soft">
          {asset.tier !== null && <span className="tier">tier {asset.tier}</span>}
          <span>{asset.use === "direct" ? "values" : "indirect only"}</span>
          <span>{plural(asset.hops, "step")}</span>
          <span>{kindText(asset.kind)}</span>
        </span>
      </div>
      {open && (
        <div className="proof">
          <ol>
            {asset.path.map((step, at) => (
              <StepLine key={at} step={step} first={at === 0} />
            ))}
          </ol>
          <Link to="/lineage/$urn" params={{ urn }} search={{ trace: urn, to: endOf(asset), only: "1", ...(asset.use === "direct" ? {} : { indirect: "1" }) }} className="button small">
            <Icon name="lineage" /> This path in the graph
          </Link>
        </div>
      )}
    </div>
  );
}

function StepLine({ step, first }: { readonly step: Step; readonly first: boolean }) {
  return (
    <li>
      {first && <End urn={step.from} />}
      <span className="step-how">
        <span aria-hidden="true">↳ </span>
        {howText(step.type, step.subtype)}
        {step.confidence < 1 && <em className="warn-text"> {Math.round(step.confidence * 100)}% sure</em>}
        <span className="soft">
          {step.carrier !== "" && (
            <>
              , by <bdi>{said(step.carrier).label}</bdi>
            </>
          )}
          , says {step.source}
        </span>
      </span>
      <End urn={step.to} />
    </li>
  );
}

function End({ urn }: { readonly urn: string }) {
  const { kind } = said(urn);
  return kind === "any" || kind === "rows" ? <Thing urn={urn} title={endText(urn)} place={false} /> : <Thing urn={urn} />;
}

/** Text to copy. */
function Command({ title, text }: { readonly title: string; readonly text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <section className="impact-command" aria-label={title}>
      <h2>{title}</h2>
      <div className="row">
        <pre className="command">
          <code>{text}</code>
        </pre>
        <button
          type="button"
          className="button small"
          aria-label={`Copy: ${text}`}
          onClick={() => {
            void navigator.clipboard.writeText(text).then(() => setCopied(true));
          }}
        >
          <Icon name="copy" /> {copied ? "Copied" : "Copy"}
        </button>
      </div>
    </section>
  );
}
