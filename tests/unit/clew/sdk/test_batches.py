"""Packing: what belongs together stays together, within the limits of a group."""

from __future__ import annotations

import json
import threading

import msgspec
import pytest

from clew.errors import BadInput
from clew.sdk.batches import ROOM, Batch, batch_of, packed, units_of
from clew_schemas.event import MAX_EVENTS, Event, Group, decode
from unit.clew.sdk.house_of_paper import note


def test_the_events_of_one_call_are_one_unit() -> None:
    (unit,) = units_of([note(1), note(2)])
    assert len(unit.events) == 2


def test_more_than_a_group_can_hold_becomes_several_units() -> None:
    assert [len(unit.events) for unit in units_of(map(note, range(1201)))] == [500, 500, 201]
    assert [len(unit.events) for unit in units_of([note("x" * (ROOM // 2))] * 3)] == [1, 1, 1]


def test_units_are_packed_in_order_and_never_cut() -> None:
    units = [unit for n in range(400) for unit in units_of([note(f"{n}.{m}") for m in range(3)])]
    runs = list(packed(units))
    assert [unit for run in runs for unit in run] == units
    assert all(sum(len(unit.events) for unit in run) <= MAX_EVENTS for run in runs)
    assert len(runs) == 3


def test_a_batch_is_a_group_of_the_wire() -> None:
    batch = Batch('a "source"', "id-1", tuple(units_of([note("é")])))
    group = decode(batch.body())
    assert isinstance(group, Group)
    assert (group.source, group.id) == ('a "source"', "id-1")
    assert json.loads(bytes(group.events[0].payload)) == {"text": "é"}


def test_a_batch_is_read_back_with_its_units() -> None:
    batch = Batch("s", "id-1", (*units_of([note(1), note(2)]), *units_of([note(3)], loose=True)))
    assert batch.sizes() == [2, -1]
    again = batch_of(batch.body(), batch.sizes())
    assert [unit.loose for unit in again.units] == [False, True]
    assert (again.id, again.source) == ("id-1", "s")
    assert [len(unit.events) for unit in again.units] == [2, 1]
    assert decode(again.body()) == decode(batch.body())
    with pytest.raises(ValueError, match="number"):
        batch_of(batch.body(), [2, 2])


def test_units_apart_have_ids_that_follow_from_the_batch() -> None:
    batch = Batch("s", "id", (*units_of([note(1)]), *units_of([note(2)])))
    assert [each.id for each in batch.apart()] == ["id.0", "id.1"]


def test_what_cannot_be_encoded_is_bad_input() -> None:
    odd = Event("urn:clew:job:(x,j)", "documentation", payload=threading.Lock())  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="can't be encoded"):
        units_of([odd])
    with pytest.raises(BadInput, match="over the limit"):
        units_of([msgspec.structs.replace(note("x" * ROOM))])
