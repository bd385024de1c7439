/** Whether a thing can be relied upon: its certification, and that it should not be used any more. */
import { type FormEvent, useId } from "react";
import { useDraft } from "../../../data/draft";
import { nameOf } from "../../../data/urn";
import { Picker } from "../../../parts/Picker";
import type { Described } from "../describe";
import { useWhole } from "./saving";

interface Form {
  readonly said: Described;
  readonly close: () => void;
}

function some(value: string): string | undefined {
  return value.trim() === "" ? undefined : value.trim();
}

const STATUS = ["certified", "provisional", "rejected"] as const;

export function Certify({ said, close }: Form) {
  const stands = said.aspects.certification;
  const id = useId();
  const [form, write, forget] = useDraft(`certification ${said.urn}`, {
    status: String(stands?.status ?? "certified"),
    by: String(stands?.by ?? ""),
    until: String(stands?.until ?? "").slice(0, 10),
    note: String(stands?.note ?? ""),
  });
  const yours = { status: form.status, by: some(form.by), until: some(form.until), note: some(form.note), since: stands?.since };
  const { save, busy, trouble } = useWhole({
    said,
    aspect: "certification",
    yours,
    intention: { op: "certify", ...yours },
    text: `Certification: ${form.status}`,
    saved: () => {
      forget();
      close();
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    void save();
  }

  return (
    <form className="writing" onSubmit={submit}>
      {trouble}
      <fieldset>
        <legend>Status</legend>
        {STATUS.map((each) => (
          <label key={each}>
            <input type="radio" name={id} checked={form.status === each} onChange={() => write({ ...form, status: each })} /> {each}
          </label>
        ))}
      </fieldset>
      <Picker
        label="Who stands for it"
        kinds={["person", "group"]}
        text={form.by.startsWith("urn:") ? nameOf(form.by) : form.by}
        write={(by) => write({ ...form, by })}
        pick={(picked) => write({ ...form, by: picked.of })}
        free={false}
        hint="A known name, an e-mail address, or group:data-team; may stay empty."
      />
      <div className="writing-pair">
        <div className="form">
          <label htmlFor={`${id}u`}>Until</label>
          <input id={`${id}u`} type="date" value={form.until} onChange={(event) => write({ ...form, until: event.target.value })} />
        </div>
        <div className="form">
          <label htmlFor={`${id}n`}>Note</label>
          <input id={`${id}n`} type="text" dir="auto" maxLength={2000} value={form.note} onChange={(event) => write({ ...form, note: event.target.value })} />
        </div>
      </div>
      <div className="row">
        <button type="submit" className="button primary" disabled={busy}>
          Save
        </button>
        {stands !== undefined && (
          <button type="button" className="button" disabled={busy} onClick={() => void save({ op: "retract", aspect: "certification" }, "Stewards' certification withdrawn")}>
            Withdraw stewards’ word
          </button>
        )}
      </div>
    </form>
  );
}

export function Deprecate({ said, close }: Form) {
  const stands = said.aspects.deprecation;
  const id = useId();
  const [form, write, forget] = useDraft(`deprecation ${said.urn}`, {
    note: String(stands?.note ?? ""),
    removal: String(stands?.removal ?? "").slice(0, 10),
    replacedBy: String(stands?.replacedBy ?? ""),
  });
  const yours = { note: some(form.note), removal: some(form.removal), replacedBy: some(form.replacedBy), since: stands?.since };
  const { save, busy, trouble } = useWhole({
    said,
    aspect: "deprecation",
    yours: { status: "deprecated", ...yours },
    intention: { op: "deprecate", ...yours },
    text: "Deprecated",
    saved: () => {
      forget();
      close();
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    void save();
  }

  return (
    <form className="writing" onSubmit={submit}>
      {trouble}
      <div className="form">
        <label htmlFor={`${id}n`}>Why it should not be used any more</label>
        <input id={`${id}n`} type="text" dir="auto" maxLength={2000} value={form.note} onChange={(event) => write({ ...form, note: event.target.value })} />
      </div>
      <Picker
        label="What to use instead"
        kinds={[]}
        text={form.replacedBy.startsWith("urn:") ? nameOf(form.replacedBy) : form.replacedBy}
        write={(replacedBy) => write({ ...form, replacedBy })}
        pick={(picked) => write({ ...form, replacedBy: picked.of })}
        free={false}
        hint="May stay empty."
        without={[said.urn]}
      />
      <div className="form">
        <label htmlFor={`${id}r`}>When it will be gone</label>
        <input id={`${id}r`} type="date" value={form.removal} onChange={(event) => write({ ...form, removal: event.target.value })} />
      </div>
      <div className="row">
        <button type="submit" className="button primary" disabled={busy}>
          {stands === undefined ? "Deprecate" : "Save"}
        </button>
        {stands !== undefined && (
          <button type="button" className="button" disabled={busy} onClick={() => void save({ op: "undeprecate" }, "May be used again")}>
            It may be used again
          </button>
        )}
      </div>
    </form>
  );
}
