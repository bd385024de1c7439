/** What trained a model: run, data as logged, and of each feature the columns that it comes from, by evidence. */
import { useAsk } from "../../data/asking";
import type { Json } from "../../data/json";
import { agoText, plural } from "../../data/moment";
import { Trained as Question } from "../../data/operations";
import { Failed, Incomplete, Loading } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { durationText, Status } from "./leads";
import { Value } from "./Value";

/** Kinds of which it can be asked what trained them. */
export const TRAINED: ReadonlySet<string> = new Set(["model", "model_version", "deployment", "endpoint", "prediction_set"]);

export function Trained({ urn, asOf }: { readonly urn: string; readonly asOf: string | undefined }) {
  const asked = useAsk(Question, { of: urn, asOf }, { keep: false });
  return (
    <section className="panel" aria-label="What trained it">
      <h2>What trained it</h2>
      {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
      {asked.isPending && !asked.isError && <Loading what="training" />}
      {asked.data !== undefined && (
        <>
          <Incomplete envelope={asked.data.whatTrained} />
          {asked.data.whatTrained.total === 0 && <p className="soft">No version is known.</p>}
          {(asked.data.whatTrained.versions as readonly Json[]).map((version) => (
            <Version key={version.urn} version={version} alone={asked.data.whatTrained.total === 1 && version.urn === urn} />
          ))}
        </>
      )}
    </section>
  );
}

function Version({ version, alone }: { readonly version: Json; readonly alone: boolean }) {
  const run = version.run ?? undefined;
  return (
    <article className="grid-gap wide">
      {!alone && (
        <h3>
          <Thing urn={version.urn} place={false} />
        </h3>
      )}
      <p className="row">
        {run === undefined ? (
          <span className="soft">The run that made it is not known.</span>
        ) : (
          <>
            <span className="soft">Run</span> <Thing urn={run.urn} place={false} />
            {run.status && <Status status={run.status} />}
            {run.ended && <span className="soft">ended {agoText(run.ended)}</span>}
            {typeof run.durationMs === "number" && <span className="soft">took {durationText(run.durationMs)}</span>}
            {run.code?.commit && <code>{String(run.code.commit).slice(0, 12)}</code>}
          </>
        )}
      </p>
      <div>
        <h3>Trained on</h3>
        <ul className="values">
          {(version.sources ?? []).map((source: Json) => (
            <li key={source.urn ?? source.dataset}>
              <Thing urn={source.urn ?? source.dataset} /> {source.evidence?.length > 0 && <span className="soft">known by {[...new Set(source.evidence.map((each: Json) => each.by ?? each.kind ?? each))].map(String).join(", ")}</span>}
            </li>
          ))}
          {(version.sources ?? []).length === 0 && <li className="soft">No catalogued dataset is known.</li>}
        </ul>
      </div>
      {(version.features ?? []).length > 0 && (
        <div>
          <h3>{plural(version.features.length, "feature")}, and the columns that they come from</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <div className="scroll-x" tabIndex={0} role="group" aria-label="Features and their columns">
            <table className="plain">
              <thead>
                <tr>
                  <th scope="col">Feature</th>
                  <th scope="col">Importance</th>
                  <th scope="col">Columns</th>
                </tr>
              </thead>
              <tbody>
                {version.features.map((feature: Json) => (
                  <tr key={feature.urn ?? feature.name}>
                    <td>{feature.urn ? <Thing urn={feature.urn} place={false} /> : feature.name}</td>
                    <td>{feature.importance === null || feature.importance === undefined ? <span className="soft">not known</span> : <Value value={feature.importance} />}</td>
                    <td>
                      <ul className="values">
                        {(feature.sources ?? []).map((source: Json) => (
                          <li key={source.urn}>
                            <Thing urn={source.urn} />
                          </li>
                        ))}
                        {(feature.sources ?? []).length === 0 && <li className="soft">not known</li>}
                      </ul>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </article>
  );
}
