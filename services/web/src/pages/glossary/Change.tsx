/** What may be done with a term, domain or tag: one dialog, one form at a time. Fetched when it is first needed. */
import { type FormEvent, useEffect, useId, useRef } from "react";
import { useDraft } from "../../data/draft";
import type { Json } from "../../data/json";
import { labelOf } from "../../data/urn";
import { type Done, useWrite } from "../../data/writing";
import { Dialog } from "../../parts/Dialog";
import { MarkdownField } from "../../parts/MarkdownField";
import { Picker } from "../../parts/Picker";
import { useSaving } from "../../parts/saving";
import { Failed } from "../../parts/States";
import type { Form, Node } from "./trees";
import "../../parts/writing.css";

/** What is to be done, and with which node; making without one makes at the top. */
export type Doing = { readonly what: "make"; readonly node: Node | undefined } | { readonly what: "explain" | "rename" | "move" | "delete"; readonly node: Node };

interface Opened {
  readonly form: Form;
  readonly doing: Doing;
  /** The node and all below it: no place for it to move to. */
  readonly without: readonly string[];
  readonly close: () => void;
  /** Called when it is done, with what is to be shown then. */
  readonly changed: (urn: string | undefined) => void;
}

const TITLES: Readonly<Record<Doing["what"], (noun: string, name: string) => string>> = {
  make: (noun, name) => (name === "" ? `Make a ${noun}` : `Make a ${noun} below ${name}`),
  explain: (_, name) => `Explain ${name}`,
  rename: (_, name) => `Rename ${name}`,
  move: (_, name) => `Move ${name}`,
  delete: (_, name) => `Delete ${name}`,
};

const ACTS: Readonly<Record<Doing["what"], string>> = { make: "Make", explain: "Save", rename: "Rename", move: "Move", delete: "Delete" };

export function Change({ form, doing, without, close, changed }: Opened) {
  const id = useId();
  const { what, node } = doing;
  const write = useWrite();
  const saving = useSaving();
  const place = useRef<HTMLFormElement>(null);
  const [draft, set, forget] = useDraft(`${what} ${node?.urn ?? form.key}`, {
    name: what === "rename" ? (node?.name ?? "") : "",
    text: what === "explain" ? (node?.text ?? "") : "",
    parent: "",
  });
  const name = draft.name.trim();
  const text = draft.text.trim();
  const parent = draft.parent.trim();
  const ready = what === "delete" || (what === "make" || what === "rename" ? name !== "" : what === "explain" ? text !== "" : parent !== "");

  useEffect(() => {
    place.current?.querySelector<HTMLElement>("input, textarea, button")?.focus();
  }, []);

  function grow(said: Json, done: string): () => Promise<Done> {
    return () => write(done, form.grow, { said });
  }

  async function act(top = false): Promise<void> {
    const of = node?.urn ?? "";
    const old = node?.name ?? "";
    const under = what === "make" ? (node === undefined ? {} : { parent: node.urn }) : {};
    let made: string | undefined;
    const acts: Readonly<Record<Doing["what"], () => Promise<Done>>> = {
      make: async () => {
        const done = await grow({ name, create: true, ...under, ...(text === "" ? {} : { definition: text }) }, `Made the ${form.noun} ${name}`)();
        made = (done.first as readonly { readonly urn: string }[])[0]?.urn;
        return done;
      },
      explain: grow({ name: of, definition: text }, `Explained ${old}`),
      rename: grow({ name: of, title: name }, `Renamed ${old} to ${name}`),
      move: grow({ name: of, parent: top ? "" : parent }, top ? `Moved ${old} to the top` : `Moved ${old}`),
      delete: () => write(`Deleted ${old}`, form.fell, { name: of }),
    };
    if (!(await saving.run(acts[what]))) return;
    forget();
    changed(made);
  }

  function submit(event?: FormEvent): void {
    event?.preventDefault();
    if (ready && !saving.busy) void act();
  }

  return (
    <Dialog title={TITLES[what](form.noun, node?.name ?? "")} close={close}>
      <form className="writing" ref={place} onSubmit={submit}>
        {saving.problem !== undefined && (
          <Failed error={saving.problem}>
            <p>{what === "delete" ? "Nothing was deleted." : "What you typed is still here."}</p>
          </Failed>
        )}
        {(what === "make" || what === "rename") && (
          <div className="form">
            <label htmlFor={id}>Name</label>
            <input id={id} type="text" dir="auto" autoComplete="off" maxLength={500} value={draft.name} onChange={(event) => set({ ...draft, name: event.target.value })} />
            {what === "rename" && <p className="soft">The name that is shown changes; links and either name go on finding it.</p>}
          </div>
        )}
        {(what === "make" || what === "explain") && <MarkdownField label="What it means" text={draft.text} write={(next) => set({ ...draft, text: next })} save={submit} />}
        {what === "move" && (
          <Picker
            label={`Below which ${form.noun}`}
            kinds={[form.kind]}
            text={parent.startsWith("urn:") ? labelOf(parent) : draft.parent}
            write={(next) => set({ ...draft, parent: next })}
            pick={(picked) => set({ ...draft, parent: picked.of })}
            free={false}
            without={without}
          />
        )}
        {what === "delete" && (
          <p>
            What stewards say of <bdi>{node?.name}</bdi> is withdrawn. It is refused while anything lies below it or uses it; Undo brings it back.
          </p>
        )}
        <div className="row">
          <button type="submit" className="button primary" disabled={saving.busy || !ready}>
            {ACTS[what]}
          </button>
          {what === "move" && node?.parent !== null && (
            <button type="button" className="button" disabled={saving.busy} onClick={() => void act(true)}>
              To the top
            </button>
          )}
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
