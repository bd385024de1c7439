/** Two values of one thing side by side: what stands, and what the reader has. */
import type { Json } from "../data/json";
import { Prose } from "./Prose";

function Shown({ value }: { readonly value: Json }) {
  if (value === null || value === undefined) return <p className="soft">Nothing.</p>;
  if (typeof value.text === "string") return <Prose text={value.text} markdown={value.format !== "plain"} />;
  return (
    <dl className="members inner">
      {Object.entries(value as Record<string, Json>).map(([name, each]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="wrap">{typeof each === "string" ? each : JSON.stringify(each)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Both({ yours, now }: { readonly yours: Json; readonly now: Json }) {
  return (
    <div className="both">
      <section aria-label="What stands now">
        <h3>What stands now</h3>
        <Shown value={now} />
      </section>
      <section aria-label="Yours">
        <h3>Yours</h3>
        <Shown value={yours} />
      </section>
    </div>
  );
}
