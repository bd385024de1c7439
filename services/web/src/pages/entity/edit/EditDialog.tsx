/** Everything that may be edited of one thing, a part at a time. Fetched when it is first opened. */
import { useEffect, useRef, useState } from "react";
import { labelOf } from "../../../data/urn";
import { useLanded } from "../../../data/writing";
import { Dialog } from "../../../parts/Dialog";
import { LandedLine } from "../../../parts/Landed";
import type { Described } from "../describe";
import type { Part } from "./parts";
import { Describe } from "./Describe";
import { Flow } from "./Flow";
import { Held } from "./Held";
import { Certify, Deprecate } from "./Stands";
import { partsOf } from "./parts";
import "../../../parts/writing.css";

interface Opened {
  readonly said: Described;
  readonly may: ReadonlySet<string>;
  readonly part: Part;
  readonly close: () => void;
}

export function EditDialog({ said, may, part, close }: Opened) {
  const [chosen, setChosen] = useState<Part>(part);
  const landed = useLanded();
  const form = useRef<HTMLDivElement>(null);
  // Who opens the dialog wants to type: the first field of the part has the focus.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>(`[data-part="${chosen}"] :is(textarea, input:checked, input)`)?.focus();
  }, [chosen]);
  return (
    <Dialog title={`Edit ${said.aspects.properties?.name ?? labelOf(said.urn)}`} close={close}>
      <div className="writing" ref={form}>
        <div className="writing-parts" role="group" aria-label="What to edit">
          {partsOf(may).map(([aspect, text]) => (
            <button key={aspect} type="button" className="button small" aria-pressed={aspect === chosen} onClick={() => setChosen(aspect)}>
              {text}
            </button>
          ))}
        </div>
        <div data-part={chosen}>
          {chosen === "documentation" && <Describe said={said} close={close} />}
          {(chosen === "ownership" || chosen === "tags" || chosen === "terms") && <Held key={chosen} said={said} aspect={chosen} />}
          {chosen === "certification" && <Certify said={said} close={close} />}
          {chosen === "deprecation" && <Deprecate said={said} close={close} />}
          {chosen === "lineage" && <Flow said={said} close={close} />}
        </div>
        <p className="sr" role="status">
          {landed?.text ?? ""}
        </p>
        <LandedLine />
      </div>
    </Dialog>
  );
}
