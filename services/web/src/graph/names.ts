/** Names: what a URN says, without asking anybody. */

export interface Said {
  readonly kind: string;
  readonly namespace: string;
  /** The name, and of a column its path, as people type it. */
  readonly name: string;
  /** The last segment. */
  readonly label: string;
  /** All segments but the last; of a column those of its dataset but the last. */
  readonly holder: string;
}

const SHAPE = /^urn:clew:([a-z][a-z0-9_]*):\(([^,()]+),([^,()]+)(?:,([^,()]+))?\)$/;
const ESCAPES: Readonly<Record<string, string>> = { "%28": "(", "%29": ")", "%2C": ",", "%2E": ".", "%25": "%" };

/** Return the plain text of an escaped part of a URN. */
export function plain(part: string): string {
  return part.replace(/%(?:28|29|2C|2E|25)/g, (code) => ESCAPES[code] ?? code);
}

/** Read a URN; what is none stands for itself. */
export function said(urn: string): Said {
  const match = SHAPE.exec(urn);
  if (match === null) return { kind: "", namespace: "", name: urn, label: urn, holder: "" };
  const [, kind = "", namespace = "", name = "", path] = match;
  const whole = path === undefined ? name : `${name}.${path}`;
  const segments = name.split(".");
  const own = segments.at(-1) ?? name;
  return {
    kind,
    namespace: plain(namespace),
    name: plain(whole),
    label: plain((path ?? own).split(".").at(-1) ?? whole),
    holder: segments.slice(0, -1).map(plain).join("."),
  };
}

/** Return what a card is headed with: of a dataset that nobody gave a title, its last segment. */
export function headText(card: { readonly kind: string; readonly title: string; readonly name: string }): string {
  return card.kind === "dataset" && card.title === card.name ? (card.title.split(".").at(-1) ?? card.title) : card.title;
}

/** Return the URN of a part of a card. `path` is escaped, as answers carry it; null stands for the whole. */
export function partUrn(card: string, kind: string, path: string | null): string {
  const inside = card.slice(card.indexOf("(") + 1, -1);
  if (path !== null) return `urn:clew:column:(${inside},${path})`;
  return kind === "any" || kind === "rows" ? `urn:clew:${kind}:(${inside})` : card;
}

/** Return the URN of the card that holds a thing: of a column its dataset, else itself. */
export function cardUrn(urn: string): string {
  const match = SHAPE.exec(urn);
  return match?.[1] === "column" ? `urn:clew:dataset:(${match[2]},${match[3]})` : urn;
}
