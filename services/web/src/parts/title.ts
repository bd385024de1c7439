import { useEffect } from "react";

/** Name the document after what is shown: `flights · lineage · Clew`. */
export function useTitle(...parts: readonly (string | undefined)[]): void {
  const said = [...parts.filter((each) => each !== undefined && each !== ""), "Clew"].join(" · ");
  useEffect(() => {
    document.title = said;
  }, [said]);
}
