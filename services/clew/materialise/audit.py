"""The background check: recompute whole items from the heads, compare with what the views hold, mend what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from clew.graph import EdgeItem, Interval
from clew.graph.port import FOREVER
from clew.ledger import LedgerReader
from clew.materialise import draw_search
from clew.materialise.draw_graph import claims_digest, columns_of, items_of, nodes_of
from clew.materialise.views import Views
from clew.search import Document
from clew_schemas.edges import EdgeType, project, subtype_name
from clew_schemas.resolve import Claim

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of a view that is not what the ledger says. `item` names it, `said` tells how it differs."""

    view: Literal["graph", "search"]
    item: str
    said: str
    entity: int
    aspect: str = ""


def check_graph(ledger: LedgerReader, views: Views, only: Container[int] | None = None) -> Iterator[Finding]:
    """Yield every (entity, aspect), of `only` some entities if given, whose edges differ from those recomputed."""
    graph = views.graph
    expected: set[tuple[int, int]] = set()
    for entity, urn, aspect, claims in _heads_with_edges(ledger, only):
        number = ledger.number_of("aspect", aspect)
        wanted = _wanted(urn, aspect, claims, ledger)
        if wanted:
            expected.add((entity, number))
        held = graph.edges_of(entity, number)
        if held != wanted:
            yield Finding("graph", f"{aspect} of {urn}", _difference(held, wanted, ledger), entity, aspect)
    for entity, number in sorted(set(graph.keys()) - expected):
        held = graph.edges_of(entity, number) if only is None or entity in only else frozenset()
        if held:
            name = ledger.name_of("aspect", number)
            (known,) = ledger.entities([entity])
            urn = known.urn if known else f"entity {entity}"
            if ledger.claims([entity], aspects=(name,))[entity].get(name) is None:
                yield Finding("graph", f"{name} of {urn}", _difference(held, frozenset(), ledger), entity, name)


def check_search(ledger: LedgerReader, views: Views, only: Container[int] | None = None) -> Iterator[Finding]:
    """Yield every entity, of `only` some if given, whose document differs from the one recomputed from its claims."""
    held = {each.id: each for each in views.search.dump() if only is None or each.id in only}
    entities = sorted({entity for entity, _ in ledger.live_keys() if only is None or entity in only})
    for page in _pages(entities):
        documents, _ = draw_search.documents_of(page, ledger)
        for wanted in documents:
            found = held.pop(wanted.id, None)
            if found is None:
                yield Finding("search", wanted.urn, "is missing", wanted.id)
            elif not _same(found, wanted):
                yield Finding("search", wanted.urn, _changed_parts(found, wanted), wanted.id)
    for extra in held.values():
        yield Finding("search", extra.urn, "nothing is claimed about it any more", extra.id)


def mend(findings: Iterable[Finding], ledger: LedgerReader, views: Views) -> int:
    """Make the found items what the ledger says; return how many were mended."""
    mended = 0
    for finding in findings:
        if finding.view == "graph":
            _mend_key(finding, ledger, views)
        else:
            documents, gone = draw_search.documents_of([finding.entity], ledger)
            views.search.replace(documents, gone or ([] if documents else [finding.entity]))
        mended += 1
    return mended


def views_digest(ledger: LedgerReader, views: Views) -> dict[str, str]:
    """Return a digest of what each view holds *now*, by URN, without seq and ids: equal digests, equal views.

    Nor does it hold when things changed: two houses that were told the same at different times have the same views.
    """
    edges = views.graph.dump()
    live = edges.where(edges.until >= FOREVER)
    urns = _urns({*live.src.tolist(), *live.dst.tolist(), *live.carrier.tolist()}, ledger)
    lines = sorted(
        orjson.dumps(
            [
                urns[int(live.src[at])],
                urns[int(live.dst[at])],
                EdgeType(int(live.type[at])).name,
                subtype_name(int(live.subtype[at])),
                int(live.confidence[at]),
                urns[int(live.carrier[at])],
                ledger.name_of("aspect", int(live.aspect[at])),
                ledger.name_of("source", int(live.source[at])),
            ]
        )
        for at in range(len(live))
    )
    documents = sorted(orjson.dumps(_timeless(each), option=orjson.OPT_SORT_KEYS) for each in views.search.dump())
    return {
        "graph": hashlib.sha256(b"\n".join(lines)).hexdigest(),
        "search": hashlib.sha256(b"\n".join(documents)).hexdigest(),
    }


def intervals_digest(ledger: LedgerReader, views: Views) -> str:
    """Return a digest of all intervals of the graph, *was* included, by URN and seq: for rebuild = incremental."""
    edges = views.graph.dump()
    urns = _urns({*edges.src.tolist(), *edges.dst.tolist(), *edges.carrier.tolist()}, ledger)
    lines = sorted(
        repr(
            (
                urns[int(edges.src[at])],
                urns[int(edges.dst[at])],
                urns[int(edges.carrier[at])],
                *(
                    int(getattr(edges, name)[at])
                    for name in ("type", "subtype", "confidence", "aspect", "source", "since", "until")
                ),
            )
        )
        for at in range(len(edges))
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _heads_with_edges(
    ledger: LedgerReader, only: Container[int] | None
) -> Iterator[tuple[int, str, str, tuple[Claim, ...]]]:
    live = {entity for entity, aspect in ledger.live_keys() if ledger.registry.get(aspect).edges}
    entities = sorted(live if only is None else (each for each in live if each in only))
    for page in _pages(entities):
        claimed = ledger.claims(page)
        for entity in ledger.entities(page):
            if entity is not None:
                for aspect, claims in claimed[entity.id].items():
                    if ledger.registry.get(aspect).edges:
                        yield entity.id, entity.urn, aspect, claims


def _wanted(urn: str, aspect: str, claims: Iterable[Claim], ledger: LedgerReader) -> frozenset[EdgeItem]:
    edges = project(ledger.registry.get(aspect), urn, claims)
    nodes = nodes_of(dict.fromkeys(end for edge in edges for end in (edge.src, edge.dst)), ledger)
    return items_of(columns_of(edges), {node.urn: ledger.node_of(node.id) for node in nodes}, ledger)


def _mend_key(finding: Finding, ledger: LedgerReader, views: Views) -> None:
    """Put back the whole history of one key's edges, as the claims of its every change say it."""
    (entity,) = ledger.entities([finding.entity])
    if entity is None:
        return
    open_since: dict[EdgeItem, int] = {}
    intervals: list[Interval] = []
    claims: tuple[Claim, ...] = ()
    for seq in ledger.change_seqs(finding.entity, finding.aspect):
        if seq > views.graph.position().seq:
            break
        claims = ledger.claims([finding.entity], seq, (finding.aspect,))[finding.entity].get(finding.aspect, ())
        wanted = _wanted(entity.urn, finding.aspect, claims, ledger)
        for edge in [each for each in open_since if each not in wanted]:
            intervals.append(Interval(edge, open_since.pop(edge), seq))
        for edge in wanted - open_since.keys():
            open_since[edge] = seq
    intervals += [Interval(edge, since, FOREVER) for edge, since in open_since.items()]
    number = ledger.number_of("aspect", finding.aspect)
    views.graph.replace(finding.entity, number, intervals, claims_digest(claims))


def _difference(held: frozenset[EdgeItem], wanted: frozenset[EdgeItem], ledger: LedgerReader) -> str:
    missing, extra = wanted - held, held - wanted
    sample = next(iter(sorted(missing or extra)))
    ends = [each.urn if each else "?" for each in ledger.entities([sample.src, sample.dst])]
    return f"{len(missing)} edges missing, {len(extra)} too many, such as {ends[0]} -> {ends[1]}"


def _content(document: Document) -> dict[str, Any]:
    return {
        "urn": document.urn,
        "kind": document.kind,
        "texts": {name: list(values) for name, values in document.texts.items() if values},
        "facets": {name: list(values) for name, values in document.facets.items() if values},
        "class": document.policy_class,
        "measures": {name: list(values) for name, values in document.measures.items()},
    }


def _timeless(document: Document) -> dict[str, Any]:
    content = _content(document)
    measured = {name: values for name, values in content.pop("measures").items() if name != draw_search.CHANGED}
    return {**content, "measures": measured} if measured else content


def _same(found: Document, wanted: Document) -> bool:
    return _content(found) == _content(wanted) and found.digest == wanted.digest


def _changed_parts(found: Document, wanted: Document) -> str:
    one, other = _content(found), _content(wanted)
    parts = [name for name in one if one[name] != other[name]]
    return f"differs in {', '.join(parts) or 'the hash of its claims'}"


def _urns(ids: Iterable[int], ledger: LedgerReader) -> dict[int, str]:
    wanted = sorted(ids)
    return {
        each: found.urn if found else f"?{each}" for each, found in zip(wanted, ledger.entities(wanted), strict=True)
    }


def _pages(values: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), _PAGE):
        yield values[start : start + _PAGE]
