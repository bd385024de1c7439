/** A tree by the pattern of the trade: one stop of Tab, arrows go along, right and left open and close. */
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useMemo, useRef, useState } from "react";
import { plural } from "../../data/moment";
import { Icon } from "../../parts/Icon";
import { Name } from "../../parts/Thing";
import type { Doing } from "./Change";
import { branching, type Form, MOST, type Node, places, shownOf } from "./trees";

interface View {
  readonly form: Form;
  readonly nodes: readonly Node[];
  readonly open: ReadonlySet<string>;
  readonly chosen: string | undefined;
  readonly choose: (urn: string) => void;
  readonly toggle: (urn: string, is: boolean) => void;
  readonly may: boolean;
  readonly begin: (doing: Doing) => void;
}

const KEYS: Readonly<Record<string, Doing["what"]>> = { n: "make", e: "explain", r: "rename", F2: "rename", m: "move", Delete: "delete" };

export function TreeView({ form, nodes, open, chosen, choose, toggle, may, begin }: View) {
  const id = useId();
  const [words, setWords] = useState("");
  const asked = useDeferredValue(words);
  const branches = useMemo(() => branching(nodes), [nodes]);
  const all = useMemo(() => shownOf(nodes, open, asked), [nodes, open, asked]);
  const shown = all.slice(0, MOST);
  const counted = useMemo(() => places(shown), [shown]);
  const place = useRef<HTMLDivElement>(null);
  // The one line that Tab reaches: the chosen one, else the first.
  const stop = shown.some((each) => each.urn === chosen) ? chosen : shown[0]?.urn;
  const isOpen = (urn: string): boolean => asked.trim() !== "" || open.has(urn);

  const follows = useRef(false);
  useEffect(() => {
    const line = place.current?.querySelector<HTMLElement>('[tabindex="0"]');
    if (follows.current) line?.focus();
    else if (chosen !== undefined) line?.scrollIntoView({ block: "nearest" });
    follows.current = false;
  }, [chosen]);

  function go(to: Node | undefined): void {
    if (to === undefined || to.urn === chosen) return;
    follows.current = true;
    choose(to.urn);
  }

  function pressed(event: KeyboardEvent, node: Node, at: number): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const below = branches.has(node.urn);
    const what = KEYS[event.key];
    if (event.key === "ArrowDown") go(shown[at + 1]);
    else if (event.key === "ArrowUp") go(shown[at - 1]);
    else if (event.key === "Home") go(shown[0]);
    else if (event.key === "End") go(shown.at(-1));
    else if (event.key === "ArrowRight" && below && !isOpen(node.urn)) toggle(node.urn, true);
    else if (event.key === "ArrowRight" && below) go(shown[at + 1]);
    else if (event.key === "ArrowLeft" && below && isOpen(node.urn) && asked.trim() === "") toggle(node.urn, false);
    else if (event.key === "ArrowLeft") go(shown.slice(0, at).findLast((each) => each.depth < node.depth));
    else if (event.key === "Enter" || event.key === " ") choose(node.urn);
    else if (may && what !== undefined) begin({ what, node });
    else if (may && event.key === "N") begin({ what: "make", node: undefined });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="glossary-tree">
      <div className="form">
        <label className="sr" htmlFor={id}>
          Find in this tree
        </label>
        <input id={id} type="text" placeholder={`Find a ${form.noun}`} value={words} maxLength={200} onChange={(event) => setWords(event.target.value)} />
      </div>
      <p className="sr" role="status">
        {asked.trim() === "" ? "" : `${plural(all.length, "line")} fit`}
      </p>
      {all.length === 0 && <p className="soft">Nothing in this tree holds these words.</p>}
      {all.length > 0 && (
        <div role="tree" aria-label={form.title} ref={place} className="tree">
          {shown.map((node, at) => (
            <div
              key={node.urn}
              role="treeitem"
              tabIndex={node.urn === stop ? 0 : -1}
              aria-level={node.depth + 1}
              aria-posinset={counted[at]?.at}
              aria-setsize={counted[at]?.of}
              aria-selected={node.urn === chosen}
              aria-expanded={branches.has(node.urn) ? isOpen(node.urn) : undefined}
              className={node.urn === chosen ? "tree-line on" : "tree-line"}
              data-depth={Math.min(node.depth, 8)}
              onClick={() => {
                follows.current = true;
                choose(node.urn);
              }}
              onKeyDown={(event) => pressed(event, node, at)}
            >
              {branches.has(node.urn) ? (
                <button
                  type="button"
                  className="tree-mark"
                  tabIndex={-1}
                  aria-hidden="true"
                  onClick={(event) => {
                    event.stopPropagation();
                    toggle(node.urn, !isOpen(node.urn));
                  }}
                >
                  <Icon name={isOpen(node.urn) ? "down" : "right"} />
                </button>
              ) : (
                <span className="tree-mark" />
              )}
              <Name text={node.name} />
              <span className="tree-count" title={`${node.uses} itself${branches.has(node.urn) ? `, ${node.usesBelow} with what is below` : ""}`}>
                {branches.has(node.urn) ? node.usesBelow : node.uses}
                <span className="sr"> things</span>
              </span>
            </div>
          ))}
        </div>
      )}
      {all.length > shown.length && <p className="soft">{plural(all.length - shown.length, "more line")}: find them by a word.</p>}
    </div>
  );
}
