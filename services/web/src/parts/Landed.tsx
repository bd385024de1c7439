/** What was just edited, and the way back: a line that stays until it is put away or the next edit takes its place. */
import { useCallback, useEffect, useRef, useState } from "react";
import { putAway, useLanded, useTakeBack } from "../data/writing";
import { typing } from "../frame/keys";
import { Both } from "./Both";
import { Icon } from "./Icon";
import "./landed.css";

export function LandedLine() {
  const landed = useLanded();
  const takeBack = useTakeBack();
  const busy = useRef(false);
  const [waits, setWaits] = useState(false);

  const back = useCallback(async (): Promise<void> => {
    if (landed === null || busy.current) return;
    busy.current = true;
    setWaits(true);
    await takeBack(landed);
    busy.current = false;
    setWaits(false);
  }, [landed, takeBack]);

  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented || typing(event.target)) return;
      event.preventDefault();
      void back();
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [back]);

  if (landed === null) return null;
  return (
    <section className="landed-place" aria-label="Newest edit">
      <div className="landed">
        <Icon name="ok" />
        <span className="landed-text" dir="auto">
          {landed.text}
        </span>
        {landed.undo !== null && (
          <button type="button" className="button small" title="Ctrl Z" aria-keyshortcuts="Control+Z" aria-disabled={waits} onClick={() => void back()}>
            {landed.back ? "Do it again" : "Undo"}
          </button>
        )}
        <button
          type="button"
          className="icon-button"
          aria-label="Put this line away"
          onClick={(event) => {
            // The focus must not be lost with the line.
            (event.currentTarget.closest("dialog")?.querySelector<HTMLElement>("input, textarea, button") ?? document.getElementById("main"))?.focus();
            putAway();
          }}
        >
          <Icon name="close" />
        </button>
        {landed.refused !== undefined && (
          <div className="landed-refused" role="alert">
            <p>
              <strong className="bad-text">{landed.refused.what}</strong>
            </p>
            {landed.refused.code === "conflict" && <Both yours={landed.refused.details.read} now={landed.refused.details.now} />}
            {landed.refused.hint !== undefined && <p>What to do: {landed.refused.hint}</p>}
          </div>
        )}
      </div>
    </section>
  );
}
