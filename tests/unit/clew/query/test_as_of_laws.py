"""The law of the past, on the embedded engines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from clew.house import House
from clew.settings import Settings
from clew_schemas import Event
from unit.clew.query import past


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(past.histories)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_as_of_a_seq_a_house_answers_as_it_did_when_that_seq_was_its_newest(
    history: Sequence[tuple[str, Event]],
) -> None:
    with TemporaryDirectory() as home, House(Settings(home=Path(home))) as house:
        then = past.told(house, history)
        wrong = {seq: past.differs(said, past.answers(house.questions, seq)) for seq, said in then.items()}
        assert not {seq: questions for seq, questions in wrong.items() if questions}
