/** What changed since the page was answered: a quiet word with a button. Nothing moves before somebody asks for it. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useAsOf } from "../data/asking";
import type { Told } from "../data/commits";
import { plural } from "../data/moment";
import { useSession } from "../data/session";
import { listen } from "../data/tape";
import { Icon } from "./Icon";
import "./live.css";

/** Changes that are counted; when there are more, nobody needs to listen any longer. */
const MOST = 1_000;
/** Milliseconds that news are gathered before the page says so. */
const GATHER = 300;

interface Seen {
  /** The moment of the answer that is shown; undefined while there is none. */
  readonly shown: { readonly seq: number; readonly epoch: string } | undefined;
  /** Which changes matter here; all, when absent. Must stay the same from one rendering to the next. */
  readonly concerns?: (told: Told) => boolean;
  /** Called when somebody wants to see them, beside asking every question of the page again. */
  readonly asked?: () => void;
}

/** Return how many commits came after what is shown. A page of the past, or one that nobody sees, does not listen. */
function useNews({ shown, concerns }: Seen): number {
  const past = useAsOf() !== undefined;
  const { token } = useSession();
  const [heard, setHeard] = useState<readonly number[]>([]);
  const reached = useRef({ seq: 0, epoch: "" });
  if (shown !== undefined && (shown.seq > reached.current.seq || shown.epoch !== reached.current.epoch))
    reached.current = { seq: shown.seq, epoch: shown.epoch };
  const news = heard.filter((seq) => seq > (shown?.seq ?? 0)).length;
  const listening = shown !== undefined && !past && news < MOST;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another token is another listener
  useEffect(() => {
    if (!listening) return;
    let ending: AbortController | undefined;
    let gathered: number[] = [];
    const timer = setInterval(() => {
      if (gathered.length === 0) return;
      const fresh = gathered;
      gathered = [];
      setHeard((before) => [...before, ...fresh].slice(-MOST));
    }, GATHER);

    function hear(told: Told): void {
      reached.current = { ...reached.current, seq: Math.max(told.seq, reached.current.seq) };
      if (concerns === undefined || concerns(told)) gathered.push(told.seq);
    }

    // A browser keeps six connections to one address: a tab that nobody sees must not hold one of them.
    function seenOrHidden(): void {
      ending?.abort();
      if (document.hidden) return;
      ending = new AbortController();
      void listen(`${reached.current.epoch}-${reached.current.seq}`, hear, ending.signal);
    }

    seenOrHidden();
    document.addEventListener("visibilitychange", seenOrHidden);
    return () => {
      clearInterval(timer);
      ending?.abort();
      document.removeEventListener("visibilitychange", seenOrHidden);
    };
  }, [listening, concerns, token]);

  return news;
}

/** "3 new changes", with a button that asks again for what is shown. Stands over the page, at its foot. */
export function News(seen: Seen) {
  const news = useNews(seen);
  const queries = useQueryClient();
  return (
    <div className="news" role="status">
      {news > 0 && (
        <>
          <Icon name="clock" />
          <span>{news >= MOST ? `More than ${plural(MOST, "new change")}` : plural(news, "new change")}</span>
          <button
            type="button"
            className="button small primary"
            onClick={() => {
              seen.asked?.();
              void queries.invalidateQueries();
            }}
          >
            Show
          </button>
        </>
      )}
    </div>
  );
}
