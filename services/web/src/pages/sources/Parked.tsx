/** Groups and closes of crawls that were kept aside: why, what they tell of; who looks after the house replays or drops them. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../data/client";
import { agoText, plural, timeText } from "../../data/moment";
import { Dialog } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { Failed } from "../../parts/States";
import { Thing } from "../../parts/Thing";

export interface ParkedGroup {
  readonly id: number;
  readonly source: string;
  readonly group: string;
  readonly crawl: number | null;
  /** Microseconds since 1970. */
  readonly time: number;
  readonly reasons: readonly { readonly code?: string; readonly what?: string; readonly where?: string; readonly hint?: string }[];
  readonly urns: readonly string[];
}

interface Receipt {
  readonly receipt: { readonly status: string; readonly errors?: readonly { readonly what?: string; readonly hint?: string }[] };
}

const SHOWN = 100;
const URNS = 10;

export function Parked({ groups, may }: { readonly groups: readonly ParkedGroup[]; readonly may: boolean }) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState<number | undefined>();
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState<unknown>();
  const [dropping, setDropping] = useState<ParkedGroup | undefined>();

  async function act(group: ParkedGroup, doing: () => Promise<string>): Promise<void> {
    setBusy(group.id);
    setFailed(undefined);
    setSaid("");
    try {
      setSaid(await doing());
    } catch (error) {
      setFailed(error);
    }
    await queries.invalidateQueries();
    setBusy(undefined);
  }

  const replay = (group: ParkedGroup): Promise<void> =>
    act(group, async () => {
      const { receipt } = await send<Receipt>("POST", `/v1/parked/${group.id}/replay`);
      const first = receipt.errors?.[0];
      return receipt.status === "accepted" || receipt.status === "unchanged" || receipt.status === "closed"
        ? `Number ${group.id} was replayed: ${receipt.status}.`
        : `Number ${group.id} was ${receipt.status} again${first?.what === undefined ? "" : `: ${first.what}`}.${first?.hint === undefined ? "" : ` ${first.hint}.`}`;
    });
  const drop = (group: ParkedGroup): Promise<void> =>
    act(group, async () => {
      await send("DELETE", `/v1/parked/${group.id}`);
      return `Number ${group.id} was dropped.`;
    });

  return (
    <section className="panel" aria-label="Parked">
      <h2>
        Parked <span className="soft">{groups.length.toLocaleString("en-GB")}</span>
      </h2>
      <p role="status" className={said === "" ? "sr" : "parked-said"}>
        {said}
      </p>
      {failed !== undefined && <Failed error={failed} />}
      {groups.length === 0 ? (
        <p className="soft">
          <Icon name="ok" /> Nothing is kept aside: whatever was sent was taken, or refused to who sent it.
        </p>
      ) : (
        <>
          <p className="soft">What could not be taken, and nobody waited for the answer. Mend the reason, then replay.</p>
          <ul className="parked-list">
            {groups.slice(0, SHOWN).map((group, at) => (
              <li key={group.id} className="parked-one" id={groups.findIndex((each) => each.source === group.source) === at ? `parked-${group.source}` : undefined}>
                <div className="section-head">
                  <h3>
                    <bdi className="wrap">{group.group === "" ? "Close of a crawl" : group.group}</bdi> <span className="soft">number {group.id}</span>
                  </h3>
                  {may && (
                    <span className="row">
                      <button type="button" className="button small" disabled={busy !== undefined} onClick={() => void replay(group)}>
                        {busy === group.id ? "Working …" : "Replay"}
                        <span className="sr"> number {group.id}</span>
                      </button>
                      <button type="button" className="button small" disabled={busy !== undefined} onClick={() => setDropping(group)}>
                        Drop<span className="sr"> number {group.id}</span>
                      </button>
                    </span>
                  )}
                </div>
                <p className="soft">
                  of <bdi>{group.source}</bdi>, <time title={timeText(group.time)}>{agoText(group.time)}</time>
                  {group.crawl !== null && `, in crawl ${group.crawl}`}
                </p>
                {group.reasons.map((reason) => (
                  <Reason key={`${reason.where} ${reason.what}`} reason={reason} />
                ))}
                {group.urns.length > 0 && (
                  <details>
                    <summary>What it tells of: {plural(group.urns.length, "thing")}</summary>
                    <ul className="values">
                      {group.urns.slice(0, URNS).map((urn) => (
                        <li key={urn}>
                          <Thing urn={urn} />
                        </li>
                      ))}
                      {group.urns.length > URNS && <li className="soft">and {plural(group.urns.length - URNS, "more thing")}</li>}
                    </ul>
                  </details>
                )}
              </li>
            ))}
          </ul>
          {groups.length > SHOWN && <p className="soft">The oldest {SHOWN} are shown; clew parked list tells of all.</p>}
          {!may && (
            <p className="soft">
              To replay or drop them here, sign in with a token that may: <code>clew token create me --scope admin</code>
            </p>
          )}
        </>
      )}
      {dropping !== undefined && (
        <Dialog title="Drop for good?" close={() => setDropping(undefined)}>
          <p className="wrap">
            <bdi>{dropping.group === "" ? "The close of a crawl" : dropping.group}</bdi> of <bdi>{dropping.source}</bdi>, number {dropping.id}: what it says is lost here, and can't be had back. Its
            source may send it again.
          </p>
          <div className="row">
            <button
              type="button"
              className="button primary"
              onClick={() => {
                setDropping(undefined);
                void drop(dropping);
              }}
            >
              Drop it
            </button>
            <button type="button" className="button" onClick={() => setDropping(undefined)}>
              Keep it
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Reason({ reason }: { readonly reason: ParkedGroup["reasons"][number] }) {
  return (
    <div className="reason">
      <p>
        <Icon name="bad" /> {reason.what ?? reason.code ?? "no reason was given"}
      </p>
      {reason.where !== undefined && (
        <p>
          Where: <code className="wrap">{reason.where}</code>
        </p>
      )}
      {reason.hint !== undefined && <p>What to do: {reason.hint}</p>}
    </div>
  );
}
