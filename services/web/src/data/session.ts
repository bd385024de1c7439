/** The token of this tab. It lives as long as the tab does, and goes nowhere but into the Authorization header. */
import { useSyncExternalStore } from "react";

const KEY = "clew.token";

interface Session {
  readonly token: string | null;
  /** The API refused us for want of a token that it knows: the sign-in form is to be shown. */
  readonly refused: boolean;
}

let session: Session = { token: sessionStorage.getItem(KEY), refused: false };
const listeners = new Set<() => void>();

function become(next: Session): void {
  session = next;
  for (const each of listeners) each();
}

export function token(): string | null {
  return session.token;
}

export function signIn(secret: string): void {
  sessionStorage.setItem(KEY, secret);
  become({ token: secret, refused: false });
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  become({ token: null, refused: false });
}

export function refuse(): void {
  if (!session.refused) become({ ...session, refused: true });
}

export function useSession(): Session {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => session,
  );
}
