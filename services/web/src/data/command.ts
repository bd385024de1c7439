/** Commands to copy into a shell: whatever a name holds, it stays one word. */
import { nameOf } from "./urn";

/** Quote a word for a POSIX shell where it needs it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Return the command that says what a thing is for. */
export function describeCommand(urn: string): string {
  return `clew edit describe "What it is for" ${shellWord(nameOf(urn))}`;
}
