/** One save at a time, and what came of it. */
import { useRef, useState } from "react";
import { type Problem, problemOf } from "../data/problem";
import type { Done } from "../data/writing";

export interface Saving {
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** Do something that throws a Problem; says whether it was done. */
  readonly run: (doing: () => Promise<Done>) => Promise<boolean>;
  readonly forget: () => void;
}

/** One request at a time; what failed is kept until the next try. */
export function useSaving(): Saving {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const [problem, setProblem] = useState<Problem>();
  async function run(doing: () => Promise<Done>): Promise<boolean> {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    try {
      await doing();
      setProblem(undefined);
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }
  return { busy, problem, run, forget: () => setProblem(undefined) };
}
