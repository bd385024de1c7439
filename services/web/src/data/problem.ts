/** What went wrong, as the API says it: `what`, `where`, and a `hint` of what to do. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly what: string,
    readonly where: string | undefined,
    readonly hint: string | undefined,
    readonly status: number,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(what);
    this.name = "Problem";
  }

  /** Whether the same question would fail the same way again. */
  get isTheAskers(): boolean {
    return [400, 404, 405, 409, 413, 422].includes(this.status);
  }
}

/** Return any thrown value as a Problem; what is none of ours is a fault of this page. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new Problem("page", `This page failed: ${what}`, undefined, "Reload it; if it stays, report what you did", 0);
}
