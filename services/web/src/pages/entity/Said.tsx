/** Who says what: every aspect, source by source, and what stands when they are taken together. */
import { describeCommand } from "../../data/command";
import { agoText, timeText } from "../../data/moment";
import { Nothing } from "../../parts/States";
import type { Claim, Described } from "./describe";
import { AsOfLink, Value, wordOf } from "./Value";

export function Said({ said }: { readonly said: Described }) {
  const names = Object.keys(said.claims).sort();
  if (names.length === 0)
    return (
      <Nothing
        what="Nobody says anything about this."
        why="It is only named by others, or listed in a schema. Connect its system, or say something yourself:"
        command={describeCommand(said.urn)}
      />
    );
  return (
    <div className="grid-gap wide">
      {names.map((name) => (
        <section key={name} className="panel" aria-label={wordOf(name)}>
          <h2>{wordOf(name)}</h2>
          {(said.claims[name] ?? []).map((claim) => (
            <One key={claim.source} claim={claim} />
          ))}
          {(said.claims[name] ?? []).length > 1 && (
            <details>
              <summary>What stands, taken together</summary>
              <Value value={said.aspects[name]} />
            </details>
          )}
        </section>
      ))}
    </div>
  );
}

function One({ claim }: { readonly claim: Claim }) {
  return (
    <article className="claim">
      <p className="claim-head">
        <strong>
          <bdi>{claim.source}</bdi>
        </strong>
        <span className="soft">
          said this <time dateTime={claim.observed} title={timeText(claim.observed)}>{agoText(claim.observed)}</time>, rank {claim.rank},{" "}
          <AsOfLink seq={claim.seq}>seq {claim.seq}</AsOfLink>
        </span>
      </p>
      {claim.says !== null && <Value value={claim.says} />}
      {claim.denies === "all" ? (
        <p className="warn-text">denies all that others say of it</p>
      ) : (
        claim.denies.length > 0 && <p className="warn-text">denies {claim.denies.join(", ")}</p>
      )}
    </article>
  );
}
