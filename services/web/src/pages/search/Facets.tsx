import { useState } from "react";
import { kindText } from "../../data/urn";
import { Icon } from "../../parts/Icon";
import { type Asked, FACET_TEXT, FACETS, type Facet, toggled } from "./query";

const FEW = 6;

interface Properties {
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly asked: Asked;
  readonly change: (next: Asked) => void;
}

/** Facets with exact counts, as checkboxes. What nothing has is not shown. Folded on a small screen. */
export function Facets({ counts, asked, change }: Properties) {
  const [open, setOpen] = useState(false);
  const shown = FACETS.filter((each) => Object.keys(counts[each] ?? {}).length > 0 || asked.filters[each] !== undefined);
  return (
    <section className={open ? "facets open" : "facets"} aria-label="Filters">
      <button type="button" className="button facets-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="menu" /> Filters
      </button>
      <div className="facets-list">
        {shown.map((facet) => (
          <FacetGroup key={facet} facet={facet} counts={counts[facet] ?? {}} chosen={asked.filters[facet] ?? []} toggle={(value) => change(toggled(asked, facet, value))} />
        ))}
      </div>
    </section>
  );
}

interface Group {
  readonly facet: Facet;
  readonly counts: Readonly<Record<string, number>>;
  readonly chosen: readonly string[];
  readonly toggle: (value: string) => void;
}

function FacetGroup({ facet, counts, chosen, toggle }: Group) {
  const [all, setAll] = useState(false);
  const values = [...new Set([...chosen, ...Object.keys(counts)])].sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a.localeCompare(b));
  const shown = all ? values : values.filter((each, at) => at < FEW || chosen.includes(each));
  return (
    <fieldset className="facet">
      <legend>{FACET_TEXT[facet]}</legend>
      {shown.map((value) => (
        <label key={value} className="facet-value">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          <bdi title={value}>{facet === "kind" ? kindText(value) : value}</bdi>
          <span className="soft">{(counts[value] ?? 0).toLocaleString("en-GB")}</span>
        </label>
      ))}
      {values.length > shown.length && (
        <button type="button" className="link-button" onClick={() => setAll(true)}>
          {values.length - shown.length} more
        </button>
      )}
    </fieldset>
  );
}
