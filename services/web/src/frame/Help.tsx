import { Dialog } from "../parts/Dialog";
import { PLACES } from "./keys";

const KEYS: readonly (readonly [string, readonly string[], string])[] = [
  ["Everywhere", ["/"], "Search; also Ctrl K"],
  ...PLACES.map((each): readonly [string, readonly string[], string] => ["Everywhere", ["g", each.key], `Go to ${each.what}`]),
  ["Everywhere", ["@"], "Choose a moment"],
  ["Everywhere", ["Ctrl Z"], "Take the newest edit of this tab back"],
  ["Everywhere", ["?"], "This help"],
  ["Everywhere", ["Esc"], "Close what is open"],
  ["Lists of hits", ["j", "k"], "Next and previous hit; arrows do the same"],
  ["Lists of hits", ["Enter"], "Open it"],
  ["Tables of columns", ["Home", "End"], "First and last column; Page up and Page down move by a page"],
  ["Lineage graph", ["←", "→", "↑", "↓"], "The nearest card that way; up and down inside an open card: its columns"],
  ["Lineage graph", ["Enter"], "Open or close the columns of a card, or a group"],
  ["Lineage graph", ["Space"], "Trace a column, or a card, end to end"],
  ["Lineage graph", ["e", "E"], "Expand downstream, upstream"],
  ["Lineage graph", ["m", "M"], "All neighbours downstream, upstream, as a list"],
  ["Lineage graph", ["o"], "Only this path"],
  ["Lineage graph", ["f", "+", "-"], "Show all; closer; further"],
  ["Lineage graph", ["t"], "Between graph and list"],
  ["Page of a thing", ["l"], "Its lineage"],
  ["Page of a thing", ["i"], "What breaks when it changes"],
  ["Page of a thing", ["e"], "Edit it, where you may"],
  ["Page of a thing", ["[", "]"], "The part of the page before, and after"],
  ["Glossary", ["↑", "↓", "Home", "End"], "Along the tree; ← closes or goes up, → opens or goes down"],
  ["Glossary", ["n", "N"], "Make one below, at the top"],
  ["Glossary", ["e", "r", "m", "Del"], "Explain, rename, move, delete"],
];

export function Help({ close }: { readonly close: () => void }) {
  const groups = [...new Set(KEYS.map((each) => each[0]))];
  return (
    <Dialog title="Keys" close={close}>
      {groups.map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl className="keys">
            {KEYS.filter((each) => each[0] === group).map(([, keys, what]) => (
              <div key={keys.join(" ") + what}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <p className="soft">Keys rest while you type. Every state of a page is in its address: copy it to share what you see.</p>
    </Dialog>
  );
}
