/** What was typed and not yet saved. It outlives its dialog, a failed request and a visit to another page; not the tab. */
import { useState } from "react";

const drafts = new Map<string, unknown>();

/** Return the draft of that name, how to write it, and how to forget it once it is saved. */
export function useDraft<T>(name: string, initial: T): readonly [T, (next: T) => void, () => void] {
  const [value, setValue] = useState<T>(() => (drafts.has(name) ? (drafts.get(name) as T) : initial));
  function write(next: T): void {
    drafts.set(name, next);
    setValue(next);
  }
  function forget(): void {
    drafts.delete(name);
  }
  return [value, write, forget];
}
