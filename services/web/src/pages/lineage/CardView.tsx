/** A card of the graph: what it is, its columns, and how many neighbours do not show. */
import type { NodeProps } from "@xyflow/react";
import { createContext, memo, use } from "react";
import { kindText } from "../../data/urn";
import type { Card, Column, State } from "../../graph/model";
import { headText } from "../../graph/names";
import { KindIcon } from "../../parts/Thing";
import { Icon } from "../../parts/Icon";

export interface CardData extends Record<string, unknown> {
  readonly card: Card;
  readonly rows: readonly Column[];
  readonly hidden: number;
  readonly open: boolean;
  readonly start: boolean;
  readonly state: State;
  /** Neighbours that do not show. */
  readonly above: number;
  readonly below: number;
  /** Whether it lies off the traced path, and which of its rows lie on it. */
  readonly dim: boolean;
  readonly lit: ReadonlySet<number>;
  readonly traced: string | null;
  /** The row that the keyboard is on: -1 for the head, null when it is elsewhere. */
  readonly active: number | null;
}

export interface Acts {
  readonly toggle: (card: Card) => void;
  readonly trace: (card: Card, column: Column | null) => void;
  readonly more: (card: Card, way: "up" | "down", hidden: number) => void;
  readonly hover: (node: number) => void;
  readonly touch: (card: Card, row: number) => void;
}

const NONE: Acts = { toggle: () => {}, trace: () => {}, more: () => {}, hover: () => {}, touch: () => {} };
export const ActsContext = createContext<Acts>(NONE);

export const MARKS: Readonly<Record<State, string>> = { same: "", added: "+", removed: "−", changed: "~" };

export const CardView = memo(function CardView({ data }: NodeProps & { data: CardData }) {
  const { card, rows, hidden, open, above, below, active, state } = data;
  const acts = use(ActsContext);
  const shown = headText(card);
  const classes = ["card", data.start && "start", data.dim && "dim", active === -1 && "active", state !== "same" && state, card.members > 0 && "group"];
  return (
    <div className={classes.filter(Boolean).join(" ")} id={`card-${card.at}`} role="group" aria-label={cardText(data)}>
      <div className="card-head">
        <button
          type="button"
          tabIndex={-1}
          className="card-title"
          aria-expanded={card.columnCount > 0 || card.members > 0 ? open : undefined}
          title={card.name}
          aria-label={shown}
          onClick={() => {
            acts.touch(card, -1);
            acts.toggle(card);
          }}
        >
          <KindIcon kind={card.kind} />
          <CardName text={shown} />
          {state !== "same" && <span className="card-mark">{MARKS[state]}</span>}
        </button>
        <span className="card-place">
          <bdi>{card.members > 0 ? `${card.members} cards` : card.schema}</bdi>
          {card.columnCount > 0 && (
            <span className="card-count">
              {card.columnCount} col{card.columnCount === 1 ? "" : "s"} <Icon name={open ? "down" : "right"} />
            </span>
          )}
        </span>
      </div>
      {rows.length > 0 && (
        <ul className="card-rows">
          {rows.map((column, row) => (
            <li key={column.path}>
              <button
                type="button"
                tabIndex={-1}
                id={`card-${card.at}-${row}`}
                className={["card-row", active === row && "active", data.lit.has(column.node) && "lit", data.traced === column.path && "traced", column.node < 0 && "loose"].filter(Boolean).join(" ")}
                aria-pressed={data.traced === column.path}
                title={column.node < 0 ? `${column.label}: no lineage here` : `Trace ${column.label}`}
                onClick={() => {
                  acts.touch(card, row);
                  acts.trace(card, column);
                }}
                onMouseEnter={() => acts.hover(column.node)}
                onMouseLeave={() => acts.hover(-1)}
              >
                <bdi className="card-column">{column.label}</bdi>
                {column.type !== null && <span className="card-type">{column.type}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
      {rows.length > 0 && hidden > 0 && (
        <button type="button" tabIndex={-1} className="card-foot" onClick={() => acts.toggle(card)} disabled={open}>
          {open ? `${hidden} more columns` : `all ${card.columnCount} columns`}
        </button>
      )}
      {above > 0 && <MoreButton side="up" count={above} press={() => acts.more(card, "up", above)} />}
      {below > 0 && <MoreButton side="down" count={below} press={() => acts.more(card, "down", below)} />}
    </div>
  );
});

/** A name that loses its middle when it is long: its end tells it from others. */
function CardName({ text }: { readonly text: string }) {
  const cut = text.length > 24 ? text.length - 10 : text.length;
  return (
    <bdi className="card-name">
      <span className="card-name-head">{text.slice(0, cut)}</span>
      {cut < text.length && <span>{text.slice(cut)}</span>}
    </bdi>
  );
}

function MoreButton({ side, count, press }: { readonly side: "up" | "down"; readonly count: number; readonly press: () => void }) {
  return (
    <button type="button" tabIndex={-1} className={`card-more ${side}`} onClick={press} aria-label={`${count} more ${side}stream`} title={`${count} more ${side}stream`}>
      +{count.toLocaleString("en-GB")}
    </button>
  );
}

/** Say what a card is, for who does not see it. */
export function cardText({ card, above, below, open, state }: Pick<CardData, "card" | "above" | "below" | "open" | "state">): string {
  const parts = [
    card.members > 0 ? `group ${card.title}, ${card.members} cards` : `${kindText(card.kind)} ${card.title}`,
    card.members > 0 ? "" : `${card.upstream} upstream${above > 0 ? `, ${above} of them not shown` : ""}`,
    card.members > 0 ? "" : `${card.downstream} downstream${below > 0 ? `, ${below} of them not shown` : ""}`,
    card.columnCount > 0 ? `${card.columnCount} columns, ${open ? "open" : "closed"}` : "",
    state === "same" ? "" : state,
  ];
  return parts.filter((part) => part !== "").join("; ");
}
