/** Pages that could not be: an address of nothing, and a page that failed. */
import { Link } from "@tanstack/react-router";
import { Failed } from "../parts/States";

export function NotHere() {
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <p>
        Nothing of Clew's is at this address. <Link to="/search">Search</Link> finds what you were looking for, if it is here.
      </p>
    </div>
  );
}

export function PageFailed({ error, reset }: { readonly error: unknown; readonly reset?: () => void }) {
  return (
    <div className="page">
      <h1>This page failed</h1>
      <Failed error={error} {...(reset === undefined ? {} : { retry: reset })} />
    </div>
  );
}
