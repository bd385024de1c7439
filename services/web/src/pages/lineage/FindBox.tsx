/** Search in the graph that shows: what is chosen comes into view. */
import { useId, useState } from "react";
import { find, type Match } from "../../graph/finding";
import type { Graph } from "../../graph/model";
import { KindIcon } from "../../parts/Thing";

export function FindBox({ graph, choose }: { readonly graph: Graph; readonly choose: (match: Match) => void }) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const found = find(graph, words, 12);
  const chosen = Math.min(at, found.length - 1);
  const take = (match: Match | undefined): void => {
    if (match === undefined) return;
    setWords("");
    choose(match);
  };
  return (
    <div className="find">
      <input
        type="text"
        role="combobox"
        aria-label="Find in this graph"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `${list}-${chosen}` : undefined}
        placeholder="Find in this graph"
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, chosen + 1));
          else if (event.key === "ArrowUp") setAt(Math.max(0, chosen - 1));
          else if (event.key === "Enter") take(found[chosen]);
          else if (event.key === "Escape" && words !== "") setWords("");
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <ul id={list} role="listbox" aria-label="Found in this graph" className="find-list" hidden={found.length === 0}>
        {found.map((match, index) => (
          <li
            key={`${match.card} ${match.column}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onMouseDown={(event) => {
              event.preventDefault();
              take(match);
            }}
          >
            <KindIcon kind={match.column === null ? (graph.cards[match.card]?.kind ?? "") : "column"} />
            <bdi>{match.text}</bdi>
          </li>
        ))}
      </ul>
      {words !== "" && found.length === 0 && (
        <p className="find-list none" role="status">
          Not among what shows
        </p>
      )}
    </div>
  );
}
