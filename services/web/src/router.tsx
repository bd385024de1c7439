/** All routes. Pages are fetched when they are first visited; `asOf` goes along on every link. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from "@tanstack/react-router";
import { one, readWords, type Words, writeWords } from "./address";
import { NotHere, PageFailed } from "./frame/Dead";
import { Frame } from "./frame/Frame";

/** Words that every page takes. `asOf` is a moment as the API takes it; absent means now. */
export interface Everywhere {
  readonly asOf?: string | undefined;
}

const root = createRootRoute({
  component: Frame,
  validateSearch: (said: Record<string, unknown>): Everywhere => (one(said.asOf) === undefined ? {} : { asOf: one(said.asOf) }),
  search: { middlewares: [retainSearchParams(["asOf"])] },
  notFoundComponent: NotHere,
  errorComponent: PageFailed,
});

const words = (said: Record<string, unknown>): Words => said as Words;

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home/HomePage"), "HomePage"),
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/search/SearchPage"), "SearchPage"),
});

const entity = createRoute({
  getParentRoute: () => root,
  path: "/entity/$urn",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/entity/EntityPage"), "EntityPage"),
});

const lineage = createRoute({
  getParentRoute: () => root,
  path: "/lineage/$urn",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/lineage/LineagePage"), "LineagePage"),
});

const impact = createRoute({
  getParentRoute: () => root,
  path: "/impact/$urn",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/impact/ImpactPage"), "ImpactPage"),
});

const glossary = createRoute({
  getParentRoute: () => root,
  path: "/glossary",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/glossary/GlossaryPage"), "GlossaryPage"),
});

const changes = createRoute({
  getParentRoute: () => root,
  path: "/changes",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/changes/ChangesPage"), "ChangesPage"),
});

const sources = createRoute({
  getParentRoute: () => root,
  path: "/sources",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/sources/SourcesPage"), "SourcesPage"),
});

const query = createRoute({
  getParentRoute: () => root,
  path: "/query",
  validateSearch: words,
  component: lazyRouteComponent(() => import("./pages/query/QueryPage"), "QueryPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, search, entity, lineage, impact, glossary, changes, sources, query]),
  parseSearch: (text) => readWords(text.startsWith("?") ? text.slice(1) : text),
  stringifySearch: writeWords,
  defaultPreload: "intent",
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
