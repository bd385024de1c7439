/** A thing by its name, with a link to its page. Names are isolated: whatever script they are in, they stay in place. */
import { Link } from "@tanstack/react-router";
import { kindOf, kindText, labelOf, nameOf, pageOf, placeOf } from "../data/urn";
import { Icon } from "./Icon";

const DRAWN: Readonly<Record<string, string>> = {
  glossary_term: "term",
  chart: "dashboard",
  assertion: "task",
  any: "column",
  rows: "dataset",
};

/** The icon of a kind; of a custom kind that of a thing. */
export function KindIcon({ kind }: { readonly kind: string }) {
  return <Icon name={DRAWN[kind] ?? kind} />;
}

/** A name; a long one keeps its end, since what tells names apart stands there. */
export function Name({ text }: { readonly text: string }) {
  if (text.length <= 40)
    return (
      <bdi className="name" title={text}>
        {text}
      </bdi>
    );
  return (
    <bdi className="name long" title={text}>
      <span className="name-head">{text.slice(0, -16)}</span>
      <span className="name-tail">{text.slice(-16)}</span>
    </bdi>
  );
}

interface Shown {
  readonly urn: string;
  readonly title?: string | null | undefined;
  /** Whether to say where it is: its dataset, its schema. */
  readonly place?: boolean;
}

/** A link to a thing: its icon, its short name, and where it is. */
export function Thing({ urn, title, place = true }: Shown) {
  const kind = kindOf(urn);
  if (kind === "") return <Name text={urn} />;
  return (
    <Link to="/entity/$urn" params={{ urn: pageOf(urn) }} className="thing" title={`${kindText(kind)} ${nameOf(urn)}`}>
      <KindIcon kind={kind} />
      <span className="sr">{kindText(kind)} </span>
      <Name text={title || labelOf(urn)} />
      {place && placeOf(urn) !== "" && <bdi className="place">{placeOf(urn)}</bdi>}
    </Link>
  );
}
