"""The law of the past, with the graph in a real Neo4j."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from tools.servers import Server

from clew.house import House
from clew.settings import Settings
from clew_schemas import Event, event
from unit.clew.query import past

A, B, C, D = past.TABLES
JOB = past.JOBS[0]
OVERRULED = [
    ("warehouse", event(JOB, "query", {"text": "SELECT x FROM shop.b", "dialect": "duckdb", "output": D})),
    ("builder", event(JOB, "lineage", {"inputs": [C], "outputs": [B], "columns": []})),
    ("warehouse", event(JOB, "lineage", {"inputs": [B], "outputs": [D], "columns": []})),
    ("builder", event(past.JOBS[2], "lineage", {"inputs": [A], "outputs": [C], "columns": []})),
]
"""What flowed out of `c` is numbered and overruled: its derived nodes are in the graph only when something flows in."""


HISTORIES = 8
"""Each takes a minute and a half: some hundred questions at each seq, twice."""


@pytest.mark.timeout(2400)
@pytest.mark.slow
def test_as_of_a_seq_a_house_on_neo4j_answers_as_it_did_when_that_seq_was_its_newest(neo4j: Server) -> None:
    @given(past.histories)
    @example(OVERRULED)
    @settings(
        max_examples=HISTORIES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    def holds(history: Sequence[tuple[str, Event]]) -> None:
        graph = f"{neo4j.url}?graph={uuid.uuid4()}"
        with TemporaryDirectory() as home, House(Settings(home=Path(home), graph=graph)) as house:
            then = past.told(house, history)
            wrong = {seq: past.differs(said, past.answers(house.questions, seq)) for seq, said in then.items()}
            assert not {seq: questions for seq, questions in wrong.items() if questions}

    holds()
