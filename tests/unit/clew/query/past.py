"""Random histories, and the law of the past: as of a seq, a house answers as it did when that seq was its newest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from hypothesis import strategies as st

from clew.errors import NotFound
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.query.freshness import Freshness
from clew.query.questions import Questions
from clew.query.terms import ChangeKind, Grain, Surroundings
from clew_schemas import Event, Group, event, urn

ADA = Viewer("ada")
TABLES = [urn.make("dataset", "duckdb://shop", f"shop.{name}") for name in "abcd"]
JOBS = [urn.make("job", "dbt://shop", f"job{number}") for number in range(3)]
NAMES = ("x", "y", "z")
ASKED = [*TABLES, *JOBS, *(urn.column(table, name) for table in TABLES[:2] for name in NAMES)]
SOURCES = ("warehouse", "builder")

_groups = count()
_columns = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)


@st.composite
def _schema(draw: st.DrawFn) -> Event:
    columns = [{"name": name, "type": draw(st.sampled_from(["INT", "TEXT"]))} for name in draw(_columns)]
    return event(draw(st.sampled_from(TABLES)), "schema", {"columns": columns})


@st.composite
def _lineage(draw: st.DrawFn) -> Event:
    into, out = draw(st.permutations(TABLES))[:2]
    uses = st.tuples(
        st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(["IDENTITY", "FILTER", "AGGREGATION"])
    )
    columns = [[0, o, 0, i, how, 1.0] for o, i, how in draw(st.lists(uses, max_size=3, unique_by=lambda use: use[:2]))]
    said = {"inputs": [into], "outputs": [out], "columns": columns}
    return event(draw(st.sampled_from(JOBS)), "lineage", said)


@st.composite
def _sql(draw: st.DrawFn) -> Event:
    into, out = draw(st.permutations(TABLES))[:2]
    text = f"SELECT {draw(st.sampled_from(['x', 'x, y', 'y + z AS x', '*']))} FROM {_name(into)} WHERE z > 0"
    said = {"text": text, "dialect": "duckdb", "namespace": "duckdb://shop", "output": out}
    return event(draw(st.sampled_from(JOBS)), "query", said)


@st.composite
def _rest(draw: st.DrawFn) -> Event:
    target = draw(st.sampled_from(ASKED))
    match draw(st.integers(0, 3)):
        case 0:
            return event(target, "documentation", {"text": draw(st.sampled_from(["one", "two", "three"]))})
        case 1:
            return event(target, "ownership", {"owners": [{"owner": "urn:clew:person:(people,ada)"}]})
        case 2:
            aspect = draw(st.sampled_from(["schema", "lineage", "documentation"]))
            return event(_fitting(target, aspect), aspect, None, op="retract")
        case _:
            return event(draw(st.sampled_from(TABLES)), "profile", {"rows": draw(st.integers(0, 9))})


def _fitting(target: str, aspect: str) -> str:
    choices = {"schema": TABLES, "lineage": JOBS}.get(aspect, [target])
    return choices[len(target) % len(choices)]


def _name(table: str) -> str:
    return urn.Urn.parse(table).name


histories = st.lists(
    st.tuples(st.sampled_from(SOURCES), st.one_of(_schema(), _lineage(), _lineage(), _sql(), _rest())),
    min_size=1,
    max_size=12,
)
"""What is said, group by group: (source, event)."""


def told(house: House, history: Sequence[tuple[str, Event]]) -> dict[int, dict[str, Any]]:
    """Say a history; return all answers by seq, each given when that was the newest seq and nobody derived more."""
    stopped = Questions(house.ledger, house.views, Freshness(house.ledger, house.followers, [], house.moved))
    found = {0: answers(stopped, None)}
    for _ in _told(house, history):
        seq = house.ledger.head_seq()
        if seq not in found:
            for follower in house.followers:
                while follower.step():
                    pass
            found[seq] = answers(stopped, None)
    return found


def _told(house: House, history: Sequence[tuple[str, Event]]) -> Iterator[None]:
    for source in SOURCES:
        house.ledger.register(Source(source, "time"))
    for source, said in history:
        house.ledger.propose([Group(source, f"past-{next(_groups)}", (said,))])
        yield
        while any(reactor.step() for reactor in house.reactors):
            yield


def answers(questions: Questions, as_of: int | None) -> dict[str, Any]:
    """Return all answers about all things, by question, but for how they were found."""
    moment = None if as_of is None else str(as_of)
    found: dict[str, Any] = {}
    for name in ASKED:
        short = name.split("(", 1)[1]
        found[f"describe {short}"] = _ask(questions, "describe", name, as_of=moment)
        for direction in Direction:
            for grain, indirect in ((Grain.COLUMN, True), (Grain.DATASET, False)):
                found[f"lineage {direction.name} {grain} {indirect} {short}"] = _ask(
                    questions, "lineage", name, direction=direction, grain=grain, indirect=indirect, as_of=moment
                )
        found[f"neighbourhood {short}"] = _ask(
            questions, "neighbourhood", name, Surroundings(1, 2, 2, 4, True, True), trace=name, as_of=moment
        )
        for change in (ChangeKind.DROP, ChangeKind.RETYPE):
            found[f"impact {change} {short}"] = _ask(questions, "impact", name, change, as_of=moment)
    found["paths"] = _ask(questions, "paths", TABLES[0], TABLES[1], as_of=moment)
    return found


def _ask(questions: Questions, question: str, *words: Any, **more: Any) -> Any:
    at = len(words) if question in ("paths", "impact") else 1
    try:
        said = getattr(questions, question)(*words[:at], ADA, *words[at:], **more).to_dict()
    except NotFound:
        return None
    del said["explain"]
    return _by_name(said) if question == "lineage" else said


def _by_name(lineage: dict[str, Any]) -> dict[str, Any]:
    """Return a lineage whose edges name their ends.

    The derived nodes of the start (`any` and `rows` of a dataset) are left out: they are numbered when something first
    flows through them, and stand there without an edge when one looks back further.
    """
    nodes, edges = lineage.pop("nodes"), lineage.pop("edges")
    del lineage["starts"]
    listed = zip(nodes["urn"], nodes["kind"], nodes["depth"], strict=True)
    ends = {end: [nodes["urn"][at] for at in edges.pop(end)] for end in ("src", "dst")}
    return {
        **lineage,
        "nodes": [each for each in listed if each[1] not in ("any", "rows") or each[2]],
        "edges": sorted(zip(*ends.values(), *edges.values(), strict=True), key=str),
    }


def differs(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the questions to which `now`, asked as of then, holds something else than `then`.

    What only looking back can tell is left aside: gaps about the moment. A thing that nobody had named yet is not found
    then, and looked back at it is one of which nothing is known.
    """
    return [name for name, said in now.items() if not _same(then[name], said)]


def _same(then: Any, now: Any) -> bool:
    if now is None:
        return then is None
    if then is None:
        return {gap["code"] for gap in now["gaps"]} >= {"not_said"} and not now.get("aspects") and not now.get("total")
    told = [gap for gap in now["gaps"] if gap["code"] not in ("not_said", "derived_later")]
    honest = now["complete"] == (not (now["gaps"] or now["frontier"] or now["behind"]))
    parts = then.keys() - {"gaps", "complete"}
    return honest and told == then["gaps"] and all(then[each] == now[each] for each in parts)
