/** Return an address that may be linked to; undefined for what is none, or could run something. */
export function safeAddress(address: string): string | undefined {
  return /^(https?:\/\/|mailto:)[^\s]+$/i.test(address) ? address : undefined;
}
