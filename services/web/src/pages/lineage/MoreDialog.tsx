/** All neighbours of a card on one side: to be looked through, and shown one by one or the next most used. */
import { useState } from "react";
import { useGet } from "../../data/asking";
import type { Envelope } from "../../data/envelope";
import type { Card } from "../../graph/model";
import { Dialog } from "../../parts/Dialog";
import { Failed, Incomplete, Loading } from "../../parts/States";
import { Thing } from "../../parts/Thing";
import { TOP } from "./state";

interface Neighbours extends Envelope {
  readonly total: number;
  readonly matching: number;
  readonly neighbours: readonly { readonly urn: string; readonly kind: string; readonly name: string; readonly uses: number }[];
}

const PAGE = 100;

interface Asked {
  readonly card: Card;
  readonly way: "up" | "down";
  readonly parameters: Readonly<Record<string, string | boolean | undefined>>;
  readonly shown: ReadonlyMap<string, number>;
  readonly add: (urns: readonly string[]) => void;
  readonly expand: () => void;
  readonly close: () => void;
}

export function MoreDialog({ card, way, parameters, shown, add, expand, close }: Asked) {
  const [words, setWords] = useState("");
  const [page, setPage] = useState(0);
  const answer = useGet<Neighbours>("/v1/neighbours", { ...parameters, of: card.urn, direction: way, q: words, limit: PAGE, offset: page * PAGE });
  const said = answer.data;
  return (
    <Dialog title={`${way === "up" ? "Upstream" : "Downstream"} of ${card.title}`} close={close}>
      <div className="more">
        <div className="row">
          <label className="more-find">
            <span className="sr">Find among them</span>
            <input
              type="text"
              placeholder="Find among them"
              value={words}
              onChange={(event) => {
                setWords(event.target.value);
                setPage(0);
              }}
            />
          </label>
          <button type="button" className="button primary" onClick={expand}>
            {said !== undefined && said.total <= TOP ? "Show all" : `Show the next ${TOP}`}
          </button>
        </div>
        {answer.error !== null && <Failed error={answer.error} retry={() => void answer.refetch()} />}
        {answer.isPending && <Loading what="neighbours" />}
        {said !== undefined && (
          <>
            <p className="soft" role="status">
              {said.matching === said.total ? `${said.total.toLocaleString("en-GB")} in all` : `${said.matching.toLocaleString("en-GB")} of ${said.total.toLocaleString("en-GB")} fit`}, those that most hangs on first
            </p>
            <Incomplete envelope={said} />
            <ul className="more-list">
              {said.neighbours.map((each) => (
                <li key={each.urn}>
                  <Thing urn={each.urn} />
                  <span className="soft more-uses">{each.uses > 0 ? `feeds ${each.uses}` : ""}</span>
                  {shown.has(each.urn) ? (
                    <span className="soft">shown</span>
                  ) : (
                    <button type="button" className="button small" onClick={() => add([each.urn])} aria-label={`Show ${each.name}`}>
                      Show
                    </button>
                  )}
                </li>
              ))}
            </ul>
            {said.matching > PAGE && (
              <div className="row">
                <button type="button" className="button small" disabled={page === 0} onClick={() => setPage(page - 1)}>
                  Before
                </button>
                <span>
                  {page * PAGE + 1} to {Math.min(said.matching, (page + 1) * PAGE)}
                </span>
                <button type="button" className="button small" disabled={(page + 1) * PAGE >= said.matching} onClick={() => setPage(page + 1)}>
                  After
                </button>
              </div>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
