/** Answers of SQL as objects, a list of values each row; and lists as parameters. */

/** Return rows as objects by column. */
export function objects<T>(answer: { readonly columns: readonly string[]; readonly rows: unknown }): readonly T[] {
  const rows = answer.rows as readonly (readonly unknown[])[];
  return rows.map((row) => Object.fromEntries(answer.columns.map((name, at) => [name, row[at]])) as T);
}

/** Return `:u0, :u1, …` and the values that stand for them; a list that holds nothing where there are none. */
export function listed(values: readonly string[], prefix = "u"): { readonly text: string; readonly values: Record<string, string> } {
  const some = values.length > 0 ? values : [""];
  return {
    text: some.map((_, at) => `:${prefix}${at}`).join(", "),
    values: Object.fromEntries(some.map((each, at) => [`${prefix}${at}`, each])),
  };
}

/** Return the LIKE pattern of what contains a word. */
export function pattern(word: string): string {
  return `%${word.toLowerCase().replace(/[\\%_]/g, (each) => `\\${each}`)}%`;
}
