"""The background check of the relations: items recomputed from the heads, logs from the tail; what differs is mended.

The claims that an item is drawn from stand in the relations themselves, so the inputs are compared too, not a hash.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clew.ledger import LedgerReader
from clew.materialise import draw_relations
from clew.materialise.draw_relations import TypedKey
from clew.materialise.views import Views
from clew.relations import KeyRows, NodeRow, Row
from clew.relations.tables import CLAIM, EDGE, LOGS, NODE, OF_ASPECT, TRAIT_COLUMNS, TRAITS
from clew.relations.writing import spelt

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that are not what the ledger says: of an entity, or (when `entity` is 0) of the commits first to last."""

    item: str
    said: str
    entity: int = 0
    first: int = 0
    last: int = 0


def check(ledger: LedgerReader, views: Views, only: Container[int] | None = None) -> Iterator[Finding]:
    """Yield every entity, of `only` some if given, whose rows differ from those recomputed from the heads; then, under
    entity 0, commits whose log rows do."""
    relations = views.relations
    live = {entity for entity, _ in ledger.live_keys()}
    every = live.union(relations.entities())
    for page in _pages(sorted(every if only is None else (each for each in every if each in only))):
        nodes, keys = _drawn(page, ledger)
        wanted = _by_entity(nodes, keys)
        held = _split(relations.items_of(page))
        for entity in page:
            differing = _differing(held.get(entity, {}), wanted.get(entity, {}))
            if differing:
                (known,) = ledger.entities([entity])
                yield Finding(known.urn if known else f"entity {entity}", differing, entity)
    after, head = 0, relations.position().seq if only is None or 0 in only else 0
    while after < head and (commits := ledger.tail(after, _PAGE, fresh=True)):
        commits = [each for each in commits if each.seq <= head]
        if not commits:
            break
        last = commits[-1].seq
        wanted_logs, held_logs = draw_relations.logs(commits), relations.logs_between(after + 1, last)
        for table in LOGS:
            missing, extra = _compared(held_logs.get(table.name, ()), wanted_logs.get(table.name, ()))
            if missing or extra:
                said = f"{table.name}: {missing} rows missing, {extra} too many"
                yield Finding(f"commits {after + 1} to {last}", said, first=after + 1, last=last)
        after = last


def mend(findings: Iterable[Finding], ledger: LedgerReader, views: Views) -> int:
    """Make the found rows what the ledger says; return how many findings were mended."""
    mended = 0
    for finding in findings:
        if finding.entity:
            nodes, keys = _drawn([finding.entity], ledger)
            views.relations.mend_items(nodes, [*_emptied(finding.entity, keys, views), *keys])
        else:
            commits = ledger.tail(finding.first - 1, _PAGE, fresh=True)
            views.relations.mend_logs(
                finding.first, finding.last, draw_relations.logs([each for each in commits if each.seq <= finding.last])
            )
        mended += 1
    return mended


def digest(views: Views, entities: Sequence[int]) -> str:
    """Return a digest of all stored rows of these entities and of all logs: for rebuild = incremental."""
    held = views.relations.items_of(entities)
    logged = views.relations.logs_between(0, views.relations.position().seq)
    said = [f"{name}: {sorted(map(repr, rows))}" for name, rows in sorted({**held, **logged}.items())]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _drawn(entities: Sequence[int], ledger: LedgerReader) -> tuple[list[NodeRow], list[KeyRows]]:
    claimed = ledger.claims(entities)
    wanted: list[TypedKey] = [
        (entity.id, entity.urn, aspect, claims)
        for entity in ledger.entities(entities)
        if entity is not None
        for aspect, claims in claimed[entity.id].items()
    ]
    return draw_relations.items(wanted, ledger)


def _by_entity(nodes: Sequence[NodeRow], keys: Sequence[KeyRows]) -> dict[int, dict[str, list[Row]]]:
    found: dict[int, dict[str, list[Row]]] = {}
    traits: dict[int, dict[str, str | None]] = {}
    for key in keys:
        of = found.setdefault(key.entity, {})
        traits.setdefault(key.entity, {}).update(key.traits)
        for table, rows in key.rows.items():
            of.setdefault(table, []).extend(rows)
    for node in nodes:
        if node.id in found:
            said = traits[node.id]
            found[node.id][NODE.name] = [(*spelt(node), *(said.get(name) for name in TRAIT_COLUMNS))]
    return found


def _split(rows: Mapping[str, Sequence[Row]]) -> dict[int, dict[str, list[Row]]]:
    found: dict[int, dict[str, list[Row]]] = {}
    for table, held in rows.items():
        for row in held:
            found.setdefault(int(row[0] or 0), {}).setdefault(table, []).append(row)
    return found


def _differing(held: Mapping[str, Sequence[Row]], wanted: Mapping[str, Sequence[Row]]) -> str:
    """Return in words how the rows of one entity differ, "" when they don't. A bare node may stand for its name."""
    said = []
    for table in dict.fromkeys([*wanted, *held]):
        if table == NODE.name and table not in wanted:
            if any(value is not None for row in held[table] for value in row[len(row) - len(TRAIT_COLUMNS) :]):
                said.append(f"{table}: describes what nobody claims")
            continue
        missing, extra = _compared(held.get(table, ()), wanted.get(table, ()))
        if missing or extra:
            said.append(f"{table}: {missing} rows missing, {extra} too many")
    return "; ".join(said)


def _compared(held: Sequence[Row], wanted: Sequence[Row]) -> tuple[int, int]:
    one, other = Counter(held), Counter(wanted)
    return (other - one).total(), (one - other).total()


def _emptied(entity: int, keys: Sequence[KeyRows], views: Views) -> list[KeyRows]:
    """Return empty items for every aspect that has rows of the entity, or could have, and is not among `keys`."""
    held = views.relations.items_of([entity])
    aspects = {str(row[1]) for name in (CLAIM.name, EDGE.name) for row in held[name]} | OF_ASPECT.keys() | TRAITS.keys()
    left = sorted(aspects - {key.aspect for key in keys})
    return [KeyRows(entity, aspect, {}, draw_relations.traits_of(aspect, None)) for aspect in left]


def _pages(values: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), _PAGE):
        yield values[start : start + _PAGE]
