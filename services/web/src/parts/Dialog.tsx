/** A modal dialog: the browser's own keeps the focus inside, gives it back on closing, and closes on Escape. A field has the focus first. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Icon } from "./Icon";

export function Dialog({ title, close, children }: { readonly title: string; readonly close: () => void; readonly children: ReactNode }) {
  const place = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    place.current?.showModal();
    place.current?.querySelector<HTMLElement>(".dialog-body :is(input, textarea)")?.focus();
    return () => {
      // What opened it may have gone with what was done in it.
      if (before instanceof HTMLElement && before !== document.body && before.isConnected) before.focus();
      else document.getElementById("main")?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={place}
      className="dialog"
      aria-labelledby={heading}
      onClose={close}
      onCancel={close}
      onMouseDown={(event) => {
        if (event.target === place.current) close();
      }}
    >
      <div className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
