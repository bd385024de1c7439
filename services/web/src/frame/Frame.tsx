/** The frame of every page: search, moment, places, theme, help, and where who asks is told. */
import { useIsFetching } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useSession } from "../data/session";
import { useLanded } from "../data/writing";
import { Icon } from "../parts/Icon";
import { Help } from "./Help";
import { useKeys } from "./keys";
import { SearchBox } from "./SearchBox";
import { SignIn } from "./SignIn";
import { PastBand, TimePicker } from "./TimePicker";
import { choose, type Theme, useTheme } from "./theme";

const LandedLine = lazy(() => import("../parts/Landed").then((module) => ({ default: module.LandedLine })));

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

function ThemeSwitch() {
  const chosen = useTheme();
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Colours: ${chosen === "system" ? "as the system has them" : chosen}. Change to ${NEXT[chosen]}`}
      title={`Colours: ${chosen}`}
      onClick={() => choose(NEXT[chosen])}
    >
      <Icon name={chosen === "dark" ? "moon" : chosen === "light" ? "sun" : "theme"} />
    </button>
  );
}

function Rail() {
  return (
    <nav className="rail" aria-label="Places">
      <Link to="/" className="rail-link" activeOptions={{ exact: true }} activeProps={{ "aria-current": "page" }}>
        <Icon name="home" /> <span>Home</span>
      </Link>
      <Link to="/search" className="rail-link" activeProps={{ "aria-current": "page" }} activeOptions={{ includeSearch: false }}>
        <Icon name="search" /> <span>Search</span>
      </Link>
      <Link to="/glossary" className="rail-link" activeProps={{ "aria-current": "page" }} activeOptions={{ includeSearch: false }}>
        <Icon name="term" /> <span>Glossary</span>
      </Link>
      <Link to="/changes" className="rail-link" activeProps={{ "aria-current": "page" }} activeOptions={{ includeSearch: false }}>
        <Icon name="clock" /> <span>Changes</span>
      </Link>
      <Link to="/sources" className="rail-link" activeProps={{ "aria-current": "page" }} activeOptions={{ includeSearch: false }}>
        <Icon name="source" /> <span>Sources</span>
      </Link>
      <Link to="/query" className="rail-link" activeProps={{ "aria-current": "page" }} activeOptions={{ includeSearch: false }}>
        <Icon name="query" /> <span>Query</span>
      </Link>
    </nav>
  );
}

export function Frame() {
  const field = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState<"help" | "time" | "sign-in" | null>(null);
  const { token, refused } = useSession();
  const landed = useLanded();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  useKeys(
    useMemo(
      () => ({ search: () => field.current?.focus(), help: () => setOpen("help"), time: () => setOpen("time") }),
      [],
    ),
  );

  // How many answers are awaited, for whoever drives the page: tests and measurements.
  const awaited = useIsFetching();
  useEffect(() => {
    document.documentElement.dataset.awaited = String(awaited);
  }, [awaited]);

  useEffect(() => {
    if (refused) setOpen("sign-in");
  }, [refused]);

  // Who follows a link by keyboard goes on reading in the new page, not in the rail.
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <>
      <a className="skip" href="#main">
        To the page
      </a>
      <header className="bar">
        <Link to="/" className="brand" aria-label="Clew, home">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>Clew</span>
        </Link>
        <SearchBox field={field} />
        <TimePicker open={open === "time"} setOpen={(is) => setOpen(is ? "time" : null)} />
        <ThemeSwitch />
        <button type="button" className="icon-button" aria-label="Keys and help" title="Keys and help (?)" onClick={() => setOpen("help")}>
          <Icon name="help" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={token === null ? "Sign in" : "Signed in with a token"}
          title={token === null ? "Sign in" : "Signed in with a token"}
          onClick={() => setOpen("sign-in")}
        >
          <Icon name={token === null ? "user" : "signed"} />
        </button>
      </header>
      <PastBand />
      <div className="frame">
        <Rail />
        <main id="main" ref={main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <p className="sr" role="status">
        {landed?.text ?? ""}
      </p>
      <Suspense>{landed !== null && <LandedLine />}</Suspense>
      {open === "help" && <Help close={() => setOpen(null)} />}
      {open === "sign-in" && <SignIn close={() => setOpen(null)} />}
    </>
  );
}
