"""Trees of terms, of domains and of tags: what lies below what, and how much uses each."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clew.errors import BadInput
from clew.graph import Direction
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Cut, Envelope
from clew.query.freshness import Freshness
from clew.query.names import said
from clew.query.views import Views
from clew.search import SearchQuery
from clew_schemas.edges import EdgeType
from clew_schemas.resolve import resolve
from clew_schemas.urn import Urn

USED_BY: Mapping[str, EdgeType] = {
    "glossary_term": EdgeType.MEANS,
    "domain": EdgeType.IN_DOMAIN,
    "tag": EdgeType.TAGGED,
}
"""The kinds of things that form a tree, and the edge from what uses one to it."""
MOST = 10_000


@dataclass(slots=True)
class Branch:
    """One term, domain or tag. `uses` counts what uses it itself, `below` what uses it or anything under it."""

    urn: str
    name: str
    text: str | None
    parent: str | None
    uses: int
    below: int = 0
    children: list[Branch] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "urn": self.urn,
            "name": self.name,
            "text": self.text,
            "parent": self.parent,
            "uses": self.uses,
            "usesBelow": self.below,
            "children": [child.to_dict() for child in self.children],
        }


@dataclass(frozen=True, slots=True)
class Tree:
    """The answer: the branches at the top, by name; `total` counts all."""

    envelope: Envelope
    kind: str
    top: Sequence[Branch]
    total: int

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "kind": self.kind,
            "total": self.total,
            "tree": [each.to_dict() for each in self.top],
        }

    def branches(self) -> list[Branch]:
        """Return every branch, each before its children."""
        found, todo = [], list(self.top)
        while todo:
            each = todo.pop(0)
            found.append(each)
            todo = [*each.children, *todo]
        return found


def tree(ledger: LedgerReader, views: Views, freshness: Freshness, kind: str, at_least: str | None = None) -> Tree:
    """Return the tree of all terms, domains or tags; raise BadInput for a kind that forms none."""
    if kind not in USED_BY:
        raise BadInput(f"{kind!r} forms no tree", where="kind", hint=f"Trees: {', '.join(USED_BY)}")
    reached = [freshness.reach(name, at_least) for name in ("search", "graph")]
    started = time.perf_counter()
    found = views.search.search(SearchQuery(filters={"kind": [kind]}, facets=(), limit=MOST))
    branches = _branches(ledger, views, kind, [hit.id for hit in found.hits])
    seq = min(each.seq for each in reached)
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=max(each.behind for each in reached),
        frontier=[Cut("a tree ends here", found.total - MOST)] if found.total > MOST else (),
        engine=f"{views.search.name}, {views.graph.name}",
        hops=1,
        ms=(time.perf_counter() - started) * 1000,
    )
    return Tree(envelope, kind, _grown(branches), found.total)


def users(ledger: LedgerReader, views: Views, freshness: Freshness, entity: Entity, most: int = 20) -> list[str]:
    """Return the URNs of things that use a term, domain or tag, at most so many, by name."""
    freshness.reach("graph", None)
    edges = views.graph.expand(np.array([entity.id], np.int64), Direction.UP, frozenset({int(USED_BY[entity.kind])}))
    ids = sorted(set(edges.src.tolist()))
    return sorted(each.urn for each in ledger.entities(ids) if each is not None)[:most]


def _branches(ledger: LedgerReader, views: Views, kind: str, ids: Sequence[int]) -> list[Branch]:
    shown = ("term", "documentation", "containment", "properties")
    claims = ledger.claims(ids, aspects=shown)
    uses = _uses(views, kind, ids)
    found = []
    for entity in ledger.entities(ids):
        if entity is None:
            continue
        about = {
            name: resolve(claims[entity.id].get(name, ()), ledger.registry.get(name).resolution) or {} for name in shown
        }
        found.append(
            Branch(
                entity.urn,
                about["properties"].get("name") or Urn.parse(entity.urn).label,
                about["term"].get("definition") or about["documentation"].get("text"),
                about["containment"].get("parent"),
                uses.get(entity.id, 0),
            )
        )
    return found


def _uses(views: Views, kind: str, ids: Iterable[int]) -> Mapping[int, int]:
    edges = views.graph.expand(np.array(sorted(ids), np.int64), Direction.UP, frozenset({int(USED_BY[kind])}))
    return Counter(dst for _, dst in set(zip(edges.src.tolist(), edges.dst.tolist(), strict=True)))


def _grown(branches: Sequence[Branch]) -> list[Branch]:
    """Return the branches at the top, with all others below; what sources made a ring of is cut open at one place."""
    by_urn = {each.urn: each for each in branches}
    children: dict[str, list[Branch]] = defaultdict(list)
    for each in sorted(branches, key=lambda branch: (branch.name.casefold(), branch.urn)):
        children[each.parent if each.parent in by_urn else ""].append(each)
    placed: set[str] = set()
    top = [_placed(each, children, placed) for each in children[""]]
    for each in sorted(branches, key=lambda branch: (branch.name.casefold(), branch.urn)):
        if each.urn not in placed:
            top.append(_placed(each, children, placed))
    return top


def _placed(branch: Branch, children: Mapping[str, Sequence[Branch]], placed: set[str]) -> Branch:
    placed.add(branch.urn)
    for each in children.get(branch.urn, ()):
        if each.urn not in placed:
            branch.children.append(_placed(each, children, placed))
    branch.below = branch.uses + sum(child.below for child in branch.children)
    return branch


def called(found: Tree, text: str) -> list[str]:
    """Return the URNs of branches that are shown under this name, or whose own name it is."""
    folded = text.strip().casefold()
    return [each.urn for each in found.branches() if folded in (each.name.casefold(), said(each.urn).casefold())]
