/** The place where who asks is told. A token today; another way of signing in joins it here. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { signIn, signOut, useSession } from "../data/session";
import { Dialog } from "../parts/Dialog";

export function SignIn({ close }: { readonly close: () => void }) {
  const { token, refused } = useSession();
  const [secret, setSecret] = useState("");
  const queries = useQueryClient();

  function enter(event: FormEvent): void {
    event.preventDefault();
    if (secret.trim() === "") return;
    signIn(secret.trim());
    close();
    void queries.resetQueries();
  }

  function leave(): void {
    signOut();
    close();
    void queries.resetQueries();
  }

  return (
    <Dialog title="Sign in" close={close}>
      {refused && (
        <p className="notice warn" role="alert">
          {token === null ? "This house asks for a token." : "This house does not know that token, or it was revoked."}
        </p>
      )}
      <form onSubmit={enter} className="form">
        <label htmlFor="token">Token</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <p className="soft">It stays in this tab, and is forgotten when the tab is closed. Make one with:</p>
        <pre className="command">
          <code>{"clew token create me --scope read\n\n# to edit as well\nclew token create me --scope read --scope write --source steward"}</code>
        </pre>
        <div className="row">
          <button type="submit" className="button primary" disabled={secret.trim() === ""}>
            Sign in
          </button>
          {token !== null && (
            <button type="button" className="button" onClick={leave}>
              Forget the token of this tab
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
