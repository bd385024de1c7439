"""The law of the past, with the graph in a real Neo4j."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from tools.servers import Server

from clew.house import House
from clew.settings import Settings
from clew_schemas import Event
from unit.clew.query import past


def test_as_of_a_seq_a_house_on_neo4j_answers_as_it_did_when_that_seq_was_its_newest(neo4j: Server) -> None:
    @given(past.histories)
    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    def holds(history: Sequence[tuple[str, Event]]) -> None:
        graph = f"{neo4j.url}?graph={uuid.uuid4()}"
        with TemporaryDirectory() as home, House(Settings(home=Path(home), graph=graph)) as house:
            then = past.told(house, history)
            wrong = {seq: past.differs(said, past.answers(house.questions, seq)) for seq, said in then.items()}
            assert not {seq: questions for seq, questions in wrong.items() if questions}

    holds()
