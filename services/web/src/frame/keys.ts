/** Keys of every page: `/` and Ctrl-K to search, `g` and a letter to go, `?` for help. None while text is typed. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** Where `g` and a letter lead. */
export const PLACES: readonly { readonly key: string; readonly to: "/" | "/search" | "/glossary" | "/changes" | "/sources" | "/query"; readonly what: string }[] = [
  { key: "h", to: "/", what: "Home" },
  { key: "s", to: "/search", what: "Search" },
  { key: "t", to: "/glossary", what: "Terms, domains, tags" },
  { key: "c", to: "/changes", what: "Changes" },
  { key: "o", to: "/sources", what: "Sources" },
  { key: "q", to: "/query", what: "Query" },
];

/** Milliseconds in which the letter must follow the `g`. */
const WITHIN = 1_200;

export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

interface Doing {
  readonly search: () => void;
  readonly help: () => void;
  readonly time: () => void;
}

export function useKeys(doing: Doing): void {
  const navigate = useNavigate();
  const going = useRef(0);
  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        doing.search();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const place = Date.now() - going.current < WITHIN ? PLACES.find((each) => each.key === event.key) : undefined;
      going.current = event.key === "g" ? Date.now() : 0;
      if (place !== undefined) {
        event.preventDefault();
        void navigate({ to: place.to });
      } else if (event.key === "/") {
        event.preventDefault();
        doing.search();
      } else if (event.key === "?") {
        event.preventDefault();
        doing.help();
      } else if (event.key === "@") {
        event.preventDefault();
        doing.time();
      }
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [navigate, doing]);
}
