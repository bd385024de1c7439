/** Views that the reader keeps by name, in this browser only. */
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { readWords } from "../../address";
import { Dialog } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { dropView, keepView, readViews } from "./saved";

export function SavedViews({ address }: { readonly address: string }) {
  const [views, setViews] = useState(readViews);
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");

  function keep(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() === "") return;
    setViews(keepView({ name: name.trim(), address }));
    setName("");
  }

  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <Icon name="star" /> Views{views.length > 0 ? ` (${views.length})` : ""}
      </button>
      {open && (
        <Dialog title="Saved views" close={() => setOpen(false)}>
          <p className="soft">They are kept in this browser only. To share one, copy its address.</p>
          {views.length > 0 && (
            <ul className="views">
              {views.map((view) => (
                <li key={view.name} className="row">
                  <Link to="/search" search={readWords(view.address.slice(1)) as never} onClick={() => setOpen(false)}>
                    <bdi>{view.name}</bdi>
                  </Link>
                  <bdi className="place">{[...new URLSearchParams(view.address)].map((each) => each.join(": ")).join(", ") || "everything"}</bdi>
                  <button type="button" className="icon-button" aria-label={`Forget ${view.name}`} onClick={() => setViews(dropView(view.name))}>
                    <Icon name="close" />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <form className="form" onSubmit={keep}>
            <label htmlFor="view-name">Keep this search as</label>
            <div className="row">
              <input id="view-name" value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
              <button type="submit" className="button primary" disabled={name.trim() === ""}>
                Keep
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
