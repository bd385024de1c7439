/** How tests of things came out: SQL over the relations, and what it means in a word. */

/** SQL: the newest result of every test of some datasets, of their columns, or of columns asked for themselves. */
export function testsSql(list: string): string {
  return `WITH of (urn, src) AS (
    SELECT urn, urn FROM entities WHERE urn IN (${list})
    UNION SELECT dataset, urn FROM columns WHERE dataset IN (${list})
    UNION SELECT n.urn, replace(n.urn, 'urn:clew:dataset:', 'urn:clew:any:') FROM entities n WHERE n.urn IN (${list}) AND n.kind = 'dataset'
  )
  SELECT o.urn AS urn, e.src AS subject, e.dst AS test, n.title AS title, q.status AS status, q.failures AS failures, q.time AS time, q.message AS message
  FROM of o JOIN edges e ON e.src = o.src AND e.type = 'asserts' JOIN entities n ON n.urn = e.dst
  LEFT JOIN quality q ON q.urn = e.dst AND q.time = (SELECT max(l.time) FROM quality l WHERE l.urn = e.dst)
  ORDER BY o.urn, e.dst`;
}

export interface TestRow {
  readonly urn: string;
  readonly subject: string;
  readonly test: string;
  readonly title: string | null;
  readonly status: string | null;
  readonly failures: number | null;
  readonly time: string | null;
  readonly message: string | null;
}

export interface Verdict {
  readonly tone: "ok" | "warn" | "bad";
  readonly text: string;
}

/** Say in a few words how tests came out; undefined where there is no test. */
export function verdictOf(rows: readonly TestRow[]): Verdict | undefined {
  const tests = new Map(rows.map((each) => [each.test, each.status]));
  if (tests.size === 0) return undefined;
  const failing = [...tests.values()].filter((status) => status === "fail" || status === "error").length;
  const unknown = [...tests.values()].filter((status) => status === null).length;
  const word = tests.size === 1 ? "test" : "tests";
  if (failing > 0) return { tone: "bad", text: `${failing} of ${tests.size} ${word} failing` };
  if (unknown > 0) return { tone: "warn", text: `${unknown} of ${tests.size} ${word} never ran` };
  return { tone: "ok", text: `${tests.size} ${word} passing` };
}
