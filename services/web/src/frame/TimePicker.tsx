/** The moment that pages show. Always visible; in words when it is not now, with a band across the page. */
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useAsOf } from "../data/asking";
import { momentText } from "../data/moment";
import { Icon } from "../parts/Icon";

const CHOICES: readonly (readonly [string, string])[] = [
  ["1h", "1 hour ago"],
  ["1d", "1 day ago"],
  ["yesterday", "End of yesterday (UTC)"],
  ["1w", "1 week ago"],
];

/** Return a function that shows another moment, on the page that is open. */
export function useGoTo(): (moment: string | undefined) => void {
  const navigate = useNavigate();
  return (moment) =>
    void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, asOf: moment }) as never });
}

export function TimePicker({ open, setOpen }: { readonly open: boolean; readonly setOpen: (open: boolean) => void }) {
  const asOf = useAsOf();
  const goTo = useGoTo();
  const [typed, setTyped] = useState("");
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const field = useId();

  useEffect(() => {
    if (!open) return;
    setTyped(asOf ?? "");
    place.current?.querySelector<HTMLElement>("button[data-choice]")?.focus();
    function outside(event: MouseEvent): void {
      if (!(event.target instanceof Node && place.current?.parentElement?.contains(event.target))) setOpen(false);
    }
    window.addEventListener("mousedown", outside);
    return () => window.removeEventListener("mousedown", outside);
  }, [open, asOf, setOpen]);

  function choose(moment: string | undefined): void {
    setOpen(false);
    button.current?.focus();
    goTo(moment);
  }

  function enter(event: FormEvent): void {
    event.preventDefault();
    choose(typed.trim() === "" || typed.trim() === "now" ? undefined : typed.trim());
  }

  return (
    <div className="picker">
      <button
        ref={button}
        type="button"
        className={asOf === undefined ? "button" : "button past"}
        aria-expanded={open}
        aria-haspopup="dialog"
        aria-label={`Moment: ${asOf === undefined ? "now" : momentText(asOf)}`}
        onClick={() => setOpen(!open)}
      >
        <Icon name="clock" />
        <span className="picker-text">{asOf === undefined ? "Now" : momentText(asOf)}</span>
      </button>
      {open && (
        <div
          ref={place}
          className="popover"
          role="dialog"
          aria-label="Choose a moment"
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setOpen(false);
            button.current?.focus();
          }}
        >
          <div className="choices">
            <button type="button" data-choice="" aria-pressed={asOf === undefined} onClick={() => choose(undefined)}>
              Now
            </button>
            {CHOICES.map(([moment, said]) => (
              <button type="button" data-choice="" key={moment} aria-pressed={asOf === moment} onClick={() => choose(moment)}>
                {said}
              </button>
            ))}
          </div>
          <form onSubmit={enter} className="form">
            <label htmlFor={field}>Another moment</label>
            <div className="row">
              <input id={field} value={typed} maxLength={100} placeholder="2026-11-01 or 3d" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
              <button type="submit" className="button primary">
                Show
              </button>
            </div>
            <p className="soft">A date means its end, in UTC. Also: a time, a seq, a token, or so long ago, such as 2h or 1d12h.</p>
          </form>
        </div>
      )}
    </div>
  );
}

/** The band that says that what is shown is not now. */
export function PastBand() {
  const asOf = useAsOf();
  const goTo = useGoTo();
  if (asOf === undefined) return null;
  return (
    <div className="band" role="status">
      <Icon name="clock" />
      <span>
        You see what stood as of <strong>{momentText(asOf)}</strong>.
      </span>
      <button type="button" className="button small" onClick={() => goTo(undefined)}>
        Back to now
      </button>
    </div>
  );
}
