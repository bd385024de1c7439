/** Owners, tags and terms: single ones, each added or removed by one edit. Two people who add different ones both succeed. */
import { useRef } from "react";
import { useDraft } from "../../../data/draft";
import type { Json } from "../../../data/json";
import { Edit } from "../../../data/operations";
import { labelOf } from "../../../data/urn";
import { useWrite } from "../../../data/writing";
import { type Picked, Picker } from "../../../parts/Picker";
import { useSaving } from "../../../parts/saving";
import { Failed } from "../../../parts/States";
import { Thing } from "../../../parts/Thing";
import { Icon } from "../../../parts/Icon";
import type { Described } from "../describe";

interface List {
  readonly aspect: string;
  readonly list: string;
  readonly member: "owner" | "tag" | "term";
  readonly kinds: readonly string[];
  readonly label: string;
  readonly none: string;
  readonly hint: string;
}

const LISTS: Readonly<Record<string, List>> = {
  ownership: {
    aspect: "ownership",
    list: "owners",
    member: "owner",
    kinds: ["person", "group"],
    label: "Add an owner",
    none: "Nobody answers for it yet.",
    hint: "A known name, an e-mail address, or group:data-team. Enter adds it.",
  },
  tags: { aspect: "tags", list: "tags", member: "tag", kinds: ["tag"], label: "Add a tag", none: "No tags yet.", hint: "A known tag, or a new name. Enter adds it." },
  terms: {
    aspect: "terms",
    list: "terms",
    member: "term",
    kinds: ["glossary_term"],
    label: "Add a term",
    none: "No terms yet.",
    hint: "A known term of the glossary, or a new name. Enter adds it.",
  },
};

export function Held({ said, aspect }: { readonly said: Described; readonly aspect: string }) {
  const of = LISTS[aspect] as List;
  const write = useWrite();
  const saving = useSaving();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText, forget] = useDraft(`${aspect} ${said.urn}`, "");
  const [role, setRole] = useDraft(`role ${said.urn}`, "owner");
  const held = (said.aspects[aspect]?.[of.list] ?? []) as readonly Json[];
  const owning = of.member === "owner";

  async function add({ of: named, name }: Picked): Promise<void> {
    const edit = { op: `add_${of.member}`, [of.member]: named, ...(owning && role.trim() !== "" ? { role: role.trim() } : {}) };
    if (!(await saving.run(() => write(`Added the ${of.member} ${name}`, Edit, { of: said.urn, edit })))) return;
    setText("");
    forget();
  }

  async function remove(each: Json): Promise<void> {
    const edit = { op: `remove_${of.member}`, [of.member]: each[of.member], ...(owning ? { role: each.role ?? "owner" } : {}) };
    // The button goes with its line: the field takes the focus.
    if (await saving.run(() => write(`Removed the ${of.member} ${labelOf(each[of.member])}`, Edit, { of: said.urn, edit }))) field.current?.focus();
  }

  return (
    <div className="writing">
      {saving.problem !== undefined && (
        <Failed error={saving.problem}>
          <p>What you typed is still here.</p>
        </Failed>
      )}
      {held.length === 0 ? (
        <p className="soft">{of.none}</p>
      ) : (
        <ul className="held" aria-label={of.list}>
          {held.map((each) => (
            <li key={`${each[of.member]} ${each.role ?? ""}`}>
              <Thing urn={each[of.member]} />
              {owning && <span className="soft">{each.role ?? "owner"}</span>}
              <button type="button" className="icon-button" aria-label={`Remove ${labelOf(each[of.member])}`} disabled={saving.busy} onClick={() => void remove(each)}>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <Picker label={of.label} kinds={of.kinds} text={text} write={setText} pick={(picked) => void add(picked)} free hint={of.hint} field={field} without={held.map((each) => each[of.member])} />
      {owning && (
        <div className="form">
          <label htmlFor="role">In the role of</label>
          <input id="role" type="text" maxLength={100} value={role} onChange={(event) => setRole(event.target.value)} />
        </div>
      )}
      <div className="row">
        <button type="button" className="button primary" disabled={saving.busy || text.trim() === ""} onClick={() => void add({ of: text.trim(), name: text.trim() })}>
          Add
        </button>
      </div>
    </div>
  );
}
