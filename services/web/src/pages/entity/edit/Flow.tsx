/** Lineage by hand: a flow that no system tells of, or one that a system tells of and that is not so. */
import { type FormEvent, useId } from "react";
import { useDraft } from "../../../data/draft";
import { DenyFlow, StateFlow } from "../../../data/operations";
import { nameOf } from "../../../data/urn";
import { useWrite } from "../../../data/writing";
import { Picker } from "../../../parts/Picker";
import { useSaving } from "../../../parts/saving";
import { Failed } from "../../../parts/States";
import type { Described } from "../describe";

const EMPTY = { into: true, deny: false, other: "", note: "" };

export function Flow({ said, close }: { readonly said: Described; readonly close: () => void }) {
  const id = useId();
  const write = useWrite();
  const saving = useSaving();
  const [form, set, forget] = useDraft(`lineage ${said.urn}`, EMPTY);
  const other = form.other.trim();
  const otherName = other.startsWith("urn:") ? nameOf(other) : other;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (other === "") return;
    const ends = form.into ? { from: other, to: said.urn } : { from: said.urn, to: other };
    const way = form.into ? `from ${otherName}` : `into ${otherName}`;
    const doing = form.deny
      ? () => write(`Denied the flow ${way}`, DenyFlow, ends)
      : () => write(`Stated a flow ${way}`, StateFlow, { ...ends, note: form.note.trim() === "" ? undefined : form.note.trim() });
    if (!(await saving.run(doing))) return;
    forget();
    close();
  }

  return (
    <form className="writing" onSubmit={(event) => void submit(event)}>
      {saving.problem !== undefined && (
        <Failed error={saving.problem}>
          <p>What you typed is still here.</p>
        </Failed>
      )}
      <fieldset>
        <legend>What is to be said</legend>
        <label>
          <input type="radio" name={`${id}s`} checked={!form.deny} onChange={() => set({ ...form, deny: false })} /> data flows
        </label>
        <label>
          <input type="radio" name={`${id}s`} checked={form.deny} onChange={() => set({ ...form, deny: true })} /> no data flows, whoever states it
        </label>
      </fieldset>
      <fieldset>
        <legend>Which way</legend>
        <label>
          <input type="radio" name={`${id}w`} checked={form.into} onChange={() => set({ ...form, into: true })} /> into this, from
        </label>
        <label>
          <input type="radio" name={`${id}w`} checked={!form.into} onChange={() => set({ ...form, into: false })} /> out of this, into
        </label>
      </fieldset>
      <Picker
        label={form.into ? "From" : "Into"}
        kinds={[]}
        text={otherName}
        write={(text) => set({ ...form, other: text })}
        pick={(picked) => set({ ...form, other: picked.of })}
        free={false}
        hint={said.kind === "column" ? "A column, feature or model; a name or a URN." : "A thing by its name or URN. Between whole tables the columns stay unknown."}
        without={[said.urn]}
      />
      {!form.deny && (
        <div className="form">
          <label htmlFor={`${id}n`}>Why it is believed</label>
          <input id={`${id}n`} type="text" dir="auto" maxLength={2000} value={form.note} onChange={(event) => set({ ...form, note: event.target.value })} />
        </div>
      )}
      <div className="row">
        <button type="submit" className="button primary" disabled={saving.busy || other === ""}>
          {form.deny ? "Deny it" : "State it"}
        </button>
      </div>
    </form>
  );
}
