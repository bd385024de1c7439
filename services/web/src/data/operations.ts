// Written by `npm run codegen` from *.graphql and the published schema; edits here are lost.
import type { Json } from "./json";

/** An operation with the types of what it takes and answers. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly text: string;
  readonly "~types"?: (variables: Variables) => Result;
}

export interface ChangesVariables {
  readonly commits: string;
  readonly parameters: Json;
  readonly limit: number;
}

export interface ChangesResult {
  readonly commits: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly truncated: boolean;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
}

export const Changes: Operation<ChangesResult, ChangesVariables> = {
  name: "Changes",
  text: "query Changes($commits: String!, $parameters: JSON!, $limit: Int!) { commits: sql(query: $commits, parameters: $parameters, limit: $limit) { columns rows truncated ...Honest } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface ChangeFacetsVariables {
  readonly sources: string;
  readonly kinds: string;
  readonly aspects: string;
  readonly parameters: Json;
}

export interface ChangeFacetsResult {
  readonly sources: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly kinds: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly aspects: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
}

export const ChangeFacets: Operation<ChangeFacetsResult, ChangeFacetsVariables> = {
  name: "ChangeFacets",
  text: "query ChangeFacets($sources: String!, $kinds: String!, $aspects: String!, $parameters: JSON!) { sources: sql(query: $sources, parameters: $parameters, limit: 500) { columns rows } kinds: sql(query: $kinds, parameters: $parameters, limit: 500) { columns rows } aspects: sql(query: $aspects, parameters: $parameters, limit: 500) { columns rows } }",
};

export interface NamedVariables {
  readonly name: string;
}

export interface NamedResult {
  readonly entity: {
    readonly urn: string;
    readonly kind: string;
    readonly name: string;
  } | null;
}

export const Named: Operation<NamedResult, NamedVariables> = {
  name: "Named",
  text: "query Named($name: String!) { entity(name: $name) { urn kind name } }",
};

export interface DiffOfVariables {
  readonly of: string;
  readonly from: string;
  readonly to?: string | null | undefined;
}

export interface DiffOfResult {
  readonly diff: {
    readonly urn: string;
    readonly kind: string;
    readonly name: string;
    readonly from: {
      readonly seq: number;
      readonly time: string | null;
    };
    readonly to: {
      readonly seq: number;
      readonly time: string | null;
    };
    readonly totals: Json;
    readonly aspects: Json;
    readonly columns: Json;
    readonly series: Json;
    readonly lineage: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
}

export const DiffOf: Operation<DiffOfResult, DiffOfVariables> = {
  name: "DiffOf",
  text: "query DiffOf($of: String!, $from: String!, $to: String) { diff(of: $of, from: $from, to: $to) { urn kind name from { seq time } to { seq time } totals aspects columns series lineage ...Honest } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface StandingVariables {
  readonly last: string;
}

export interface StandingResult {
  readonly sources: readonly ({
    readonly name: string;
    readonly order: string;
    readonly rank: number;
    readonly door: string;
    readonly retired: boolean;
    readonly parked: number;
    readonly crawl: {
      readonly number: number;
      readonly state: string;
    } | null;
  })[];
  readonly last: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly health: Json;
  readonly mayAdminister: boolean;
}

export const Standing: Operation<StandingResult, StandingVariables> = {
  name: "Standing",
  text: "query Standing($last: String!) { sources { name order rank door retired parked crawl { number state } } last: sql(query: $last, limit: 1000) { columns rows } health mayAdminister }",
};

export interface EditVariables {
  readonly of: string;
  readonly edit: Json;
  readonly ifMatch?: string | null | undefined;
  readonly read?: Json | null | undefined;
}

export interface EditResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const Edit: Operation<EditResult, EditVariables> = {
  name: "Edit",
  text: "mutation Edit($of: String!, $edit: JSON!, $ifMatch: String, $read: JSON) { done: edit(of: $of, edit: $edit, ifMatch: $ifMatch, read: $read) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface StateFlowVariables {
  readonly from: string;
  readonly to: string;
  readonly note?: string | null | undefined;
}

export interface StateFlowResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const StateFlow: Operation<StateFlowResult, StateFlowVariables> = {
  name: "StateFlow",
  text: "mutation StateFlow($from: String!, $to: String!, $note: String) { done: addLineage(from: $from, to: $to, note: $note) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface DenyFlowVariables {
  readonly from: string;
  readonly to: string;
}

export interface DenyFlowResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const DenyFlow: Operation<DenyFlowResult, DenyFlowVariables> = {
  name: "DenyFlow",
  text: "mutation DenyFlow($from: String!, $to: String!) { done: denyLineage(from: $from, to: $to) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface TakeBackVariables {
  readonly edit: string;
}

export interface TakeBackResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const TakeBack: Operation<TakeBackResult, TakeBackVariables> = {
  name: "TakeBack",
  text: "mutation TakeBack($edit: String!) { done: undo(edit: $edit) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface GrowTermVariables {
  readonly said: Json;
}

export interface GrowTermResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const GrowTerm: Operation<GrowTermResult, GrowTermVariables> = {
  name: "GrowTerm",
  text: "mutation GrowTerm($said: JSON!) { done: growGlossary(term: $said) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface GrowDomainVariables {
  readonly said: Json;
}

export interface GrowDomainResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const GrowDomain: Operation<GrowDomainResult, GrowDomainVariables> = {
  name: "GrowDomain",
  text: "mutation GrowDomain($said: JSON!) { done: growDomains(domain: $said) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface GrowTagVariables {
  readonly said: Json;
}

export interface GrowTagResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const GrowTag: Operation<GrowTagResult, GrowTagVariables> = {
  name: "GrowTag",
  text: "mutation GrowTag($said: JSON!) { done: growTags(tag: $said) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface FellTermVariables {
  readonly name: string;
}

export interface FellTermResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const FellTerm: Operation<FellTermResult, FellTermVariables> = {
  name: "FellTerm",
  text: "mutation FellTerm($name: String!) { done: deleteTerm(name: $name) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface FellDomainVariables {
  readonly name: string;
}

export interface FellDomainResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const FellDomain: Operation<FellDomainResult, FellDomainVariables> = {
  name: "FellDomain",
  text: "mutation FellDomain($name: String!) { done: deleteDomain(name: $name) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface FellTagVariables {
  readonly name: string;
}

export interface FellTagResult {
  readonly done: {
    readonly changed: number;
    readonly first: Json;
    readonly created: readonly (string)[];
    readonly token: string;
    readonly etags: Json;
    readonly undo: string | null;
  };
}

export const FellTag: Operation<FellTagResult, FellTagVariables> = {
  name: "FellTag",
  text: "mutation FellTag($name: String!) { done: deleteTag(name: $name) { ...Done } } fragment Done on EditResult { changed first created token etags undo }",
};

export interface EditableVariables {
  readonly of: string;
}

export interface EditableResult {
  readonly editable: readonly (string)[];
}

export const Editable: Operation<EditableResult, EditableVariables> = {
  name: "Editable",
  text: "query Editable($of: String!) { editable(of: $of) }",
};

export interface TermsVariables {
  readonly atLeast?: string | null | undefined;
  readonly used: string;
}

export interface TermsResult {
  readonly tree: readonly ({
    readonly urn: string;
    readonly name: string;
    readonly text: string | null;
    readonly parent: string | null;
    readonly depth: number;
    readonly uses: number;
    readonly usesBelow: number;
  })[];
  readonly used: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly mayEdit: boolean;
}

export const Terms: Operation<TermsResult, TermsVariables> = {
  name: "Terms",
  text: "query Terms($atLeast: String, $used: String!) { tree: glossary(atLeast: $atLeast) { urn name text parent depth uses usesBelow } used: sql(query: $used, limit: 10000) { columns rows } mayEdit }",
};

export interface DomainsVariables {
  readonly atLeast?: string | null | undefined;
  readonly used: string;
}

export interface DomainsResult {
  readonly tree: readonly ({
    readonly urn: string;
    readonly name: string;
    readonly text: string | null;
    readonly parent: string | null;
    readonly depth: number;
    readonly uses: number;
    readonly usesBelow: number;
  })[];
  readonly used: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly mayEdit: boolean;
}

export const Domains: Operation<DomainsResult, DomainsVariables> = {
  name: "Domains",
  text: "query Domains($atLeast: String, $used: String!) { tree: domains(atLeast: $atLeast) { urn name text parent depth uses usesBelow } used: sql(query: $used, limit: 10000) { columns rows } mayEdit }",
};

export interface TagsVariables {
  readonly atLeast?: string | null | undefined;
  readonly used: string;
}

export interface TagsResult {
  readonly tree: readonly ({
    readonly urn: string;
    readonly name: string;
    readonly text: string | null;
    readonly parent: string | null;
    readonly depth: number;
    readonly uses: number;
    readonly usesBelow: number;
  })[];
  readonly used: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly mayEdit: boolean;
}

export const Tags: Operation<TagsResult, TagsVariables> = {
  name: "Tags",
  text: "query Tags($atLeast: String, $used: String!) { tree: tags(atLeast: $atLeast) { urn name text parent depth uses usesBelow } used: sql(query: $used, limit: 10000) { columns rows } mayEdit }",
};

export interface AroundVariables {
  readonly of: string;
  readonly asOf?: string | null | undefined;
  readonly atLeast?: string | null | undefined;
  readonly tests: string;
  readonly parts: string;
  readonly runs: string;
  readonly column: string;
  readonly urn: Json;
}

export interface AroundResult {
  readonly up: {
    readonly graph: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
  readonly down: {
    readonly graph: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
  readonly impact: {
    readonly total: number;
    readonly byKind: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
  readonly tests: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly truncated: boolean;
  };
  readonly parts: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly truncated: boolean;
  };
  readonly runs: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly truncated: boolean;
  };
  readonly column: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly editable: readonly (string)[];
}

export const Around: Operation<AroundResult, AroundVariables> = {
  name: "Around",
  text: "query Around($of: String!, $asOf: String, $atLeast: String, $tests: String!, $parts: String!, $runs: String!, $column: String!, $urn: JSON!) { up: lineage(of: $of, direction: up, depth: 1, asOf: $asOf, atLeast: $atLeast) { graph ...Honest } down: lineage( of: $of direction: down depth: 1 asOf: $asOf atLeast: $atLeast ) { graph ...Honest } impact(of: $of, named: 0, asOf: $asOf, atLeast: $atLeast) { total byKind ...Honest } tests: sql(query: $tests, parameters: $urn, limit: 500) { columns rows truncated } parts: sql(query: $parts, parameters: $urn, limit: 500) { columns rows truncated } runs: sql(query: $runs, parameters: $urn, limit: 20) { columns rows truncated } column: sql(query: $column, parameters: $urn, limit: 1) { columns rows } editable(of: $of) } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface TrainedVariables {
  readonly of: string;
  readonly asOf?: string | null | undefined;
}

export interface TrainedResult {
  readonly whatTrained: {
    readonly total: number;
    readonly versions: Json;
    readonly proof: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
}

export const Trained: Operation<TrainedResult, TrainedVariables> = {
  name: "Trained",
  text: "query Trained($of: String!, $asOf: String) { whatTrained(of: $of, asOf: $asOf) { total versions proof ...Honest } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface DifferencesVariables {
  readonly a: string;
  readonly b?: string | null | undefined;
  readonly aAt?: string | null | undefined;
  readonly bAt?: string | null | undefined;
}

export interface DifferencesResult {
  readonly compare: {
    readonly a: {
      readonly urn: string;
      readonly kind: string;
      readonly name: string;
      readonly seq: number;
    };
    readonly b: {
      readonly urn: string;
      readonly kind: string;
      readonly name: string;
      readonly seq: number;
    };
    readonly equal: Json;
    readonly differing: Json;
    readonly differences: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
}

export const Differences: Operation<DifferencesResult, DifferencesVariables> = {
  name: "Differences",
  text: "query Differences($a: String!, $b: String, $aAt: String, $bAt: String) { compare(a: $a, b: $b, aAt: $aAt, bAt: $bAt) { a { urn kind name seq } b { urn kind name seq } equal differing differences ...Honest } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface HomeVariables {
  readonly commits: string;
  readonly last: string;
  readonly owners: string;
}

export interface HomeResult {
  readonly search: {
    readonly totalCount: number;
    readonly facets: Json;
    readonly envelope: {
      readonly asOf: {
        readonly seq: number;
        readonly time: string | null;
        readonly epoch: string;
        readonly token: string;
      };
      readonly complete: boolean;
      readonly behind: number;
      readonly frontier: readonly ({
        readonly reason: string;
        readonly count: number;
        readonly urns: readonly (string)[];
      })[];
      readonly gaps: readonly ({
        readonly code: string;
        readonly urn: string;
        readonly detail: string;
      })[];
      readonly explain: Json;
    };
  };
  readonly commits: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
  readonly last: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly owners: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly sources: readonly ({
    readonly name: string;
    readonly rank: number;
    readonly door: string;
    readonly retired: boolean;
    readonly parked: number;
    readonly crawl: {
      readonly number: number;
      readonly state: string;
    } | null;
  })[];
  readonly health: Json;
}

export const Home: Operation<HomeResult, HomeVariables> = {
  name: "Home",
  text: "query Home($commits: String!, $last: String!, $owners: String!) { search(first: 0, facets: [\"kind\"]) { totalCount facets envelope { ...Honest } } commits: sql(query: $commits, limit: 15) { columns rows ...Honest } last: sql(query: $last, limit: 1000) { columns rows } owners: sql(query: $owners, limit: 500) { columns rows } sources { name rank door retired parked crawl { number state } } health } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface MineVariables {
  readonly todo: string;
  readonly owner: Json;
}

export interface MineResult {
  readonly todo: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly truncated: boolean;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
}

export const Mine: Operation<MineResult, MineVariables> = {
  name: "Mine",
  text: "query Mine($todo: String!, $owner: JSON!) { todo: sql(query: $todo, parameters: $owner, limit: 200) { columns rows truncated ...Honest } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface FindVariables {
  readonly text: string;
  readonly filters?: { readonly kind?: readonly (string)[] | null | undefined; readonly namespace?: readonly (string)[] | null | undefined; readonly subtype?: readonly (string)[] | null | undefined; readonly owner?: readonly (string)[] | null | undefined; readonly tag?: readonly (string)[] | null | undefined; readonly term?: readonly (string)[] | null | undefined; readonly domain?: readonly (string)[] | null | undefined; readonly tier?: readonly (string)[] | null | undefined; readonly certification?: readonly (string)[] | null | undefined; readonly state?: readonly (string)[] | null | undefined; readonly status?: readonly (string)[] | null | undefined } | null | undefined;
  readonly facets?: readonly (string)[] | null | undefined;
  readonly first: number;
  readonly after?: string | null | undefined;
  readonly where?: readonly (string)[] | null | undefined;
  readonly downstreamOf?: string | null | undefined;
  readonly upstreamOf?: string | null | undefined;
}

export interface FindResult {
  readonly search: {
    readonly totalCount: number;
    readonly facets: Json;
    readonly edges: readonly ({
      readonly cursor: string;
      readonly matched: readonly (string)[];
      readonly measures: Json;
      readonly node: {
        readonly urn: string;
        readonly kind: string;
        readonly name: string;
        readonly owners: readonly ({
          readonly urn: string;
          readonly role: string;
        })[];
        readonly properties: Json | null;
        readonly documentation: Json | null;
        readonly term: Json | null;
        readonly certification: Json | null;
        readonly deprecation: Json | null;
        readonly tier: Json | null;
      } | null;
    })[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly endCursor: string | null;
    };
    readonly envelope: {
      readonly asOf: {
        readonly seq: number;
        readonly time: string | null;
        readonly epoch: string;
        readonly token: string;
      };
      readonly complete: boolean;
      readonly behind: number;
      readonly frontier: readonly ({
        readonly reason: string;
        readonly count: number;
        readonly urns: readonly (string)[];
      })[];
      readonly gaps: readonly ({
        readonly code: string;
        readonly urn: string;
        readonly detail: string;
      })[];
      readonly explain: Json;
    };
  };
}

export const Find: Operation<FindResult, FindVariables> = {
  name: "Find",
  text: "query Find($text: String!, $filters: SearchFilters, $facets: [String!], $first: Int!, $after: String, $where: [String!], $downstreamOf: String, $upstreamOf: String) { search( text: $text filters: $filters facets: $facets first: $first after: $after where: $where downstreamOf: $downstreamOf upstreamOf: $upstreamOf ) { totalCount facets edges { cursor matched measures node { urn kind name owners { urn role } properties: aspect(name: \"properties\") documentation: aspect(name: \"documentation\") term: aspect(name: \"term\") certification: aspect(name: \"certification\") deprecation: aspect(name: \"deprecation\") tier: aspect(name: \"tier\") } } pageInfo { hasNextPage endCursor } envelope { ...Honest } } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface RowsVariables {
  readonly query: string;
  readonly parameters?: Json | null | undefined;
  readonly limit: number;
}

export interface RowsResult {
  readonly sql: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
    readonly truncated: boolean;
    readonly asOf: {
      readonly seq: number;
      readonly time: string | null;
      readonly epoch: string;
      readonly token: string;
    };
    readonly complete: boolean;
    readonly behind: number;
    readonly frontier: readonly ({
      readonly reason: string;
      readonly count: number;
      readonly urns: readonly (string)[];
    })[];
    readonly gaps: readonly ({
      readonly code: string;
      readonly urn: string;
      readonly detail: string;
    })[];
    readonly explain: Json;
  };
}

export const Rows: Operation<RowsResult, RowsVariables> = {
  name: "Rows",
  text: "query Rows($query: String!, $parameters: JSON, $limit: Int!) { sql(query: $query, parameters: $parameters, limit: $limit) { columns rows truncated ...Honest } } fragment Honest on Answer { asOf { seq time epoch token } complete behind frontier { reason count urns } gaps { code urn detail } explain }",
};

export interface HitFactsVariables {
  readonly facts: string;
  readonly tests: string;
  readonly columns: string;
  readonly urns: Json;
  readonly tested: Json;
  readonly words: Json;
}

export interface HitFactsResult {
  readonly facts: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly tests: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
  readonly columns: {
    readonly columns: readonly (string)[];
    readonly rows: Json;
  };
}

export const HitFacts: Operation<HitFactsResult, HitFactsVariables> = {
  name: "HitFacts",
  text: "query HitFacts($facts: String!, $tests: String!, $columns: String!, $urns: JSON!, $tested: JSON!, $words: JSON!) { facts: sql(query: $facts, parameters: $urns, limit: 1000) { columns rows } tests: sql(query: $tests, parameters: $tested, limit: 1000) { columns rows } columns: sql(query: $columns, parameters: $words, limit: 500) { columns rows } }",
};
