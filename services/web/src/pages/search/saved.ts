/** Saved views: searches under a name, kept in this browser and nowhere else. */
const KEY = "clew.views";

export interface View {
  readonly name: string;
  /** The query string of the page of hits, `?` included. */
  readonly address: string;
}

/** Return the saved views, by name; what else somebody wrote there is passed over. */
export function readViews(): readonly View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isView) : [];
  } catch {
    return [];
  }
}

/** Keep a view; one of the same name is replaced. Returns all. */
export function keepView(view: View): readonly View[] {
  return write([...readViews().filter((each) => each.name !== view.name), view]);
}

export function dropView(name: string): readonly View[] {
  return write(readViews().filter((each) => each.name !== name));
}

function write(views: readonly View[]): readonly View[] {
  const sorted = [...views].sort((a, b) => a.name.localeCompare(b.name));
  localStorage.setItem(KEY, JSON.stringify(sorted));
  return sorted;
}

function isView(said: unknown): said is View {
  if (typeof said !== "object" || said === null) return false;
  const { name, address } = said as Record<string, unknown>;
  return typeof name === "string" && typeof address === "string" && /^(\?|$)/.test(address);
}
