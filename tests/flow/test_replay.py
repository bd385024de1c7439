"""The demo's groups, replayed, interleaved, interrupted: the same truth and the same views come out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from clew.house import House
from clew.ledger import Source
from clew.materialise.audit import intervals_digest, views_digest
from clew.settings import Settings
from clew_schemas import CrawlClose, Group, Record, event
from flow.demo_data import records

MakeHouse = Callable[[str], House]

FLIGHTS = "urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)"


@pytest.fixture
def house_in(tmp_path: Path) -> Iterator[MakeHouse]:
    opened: list[House] = []

    def make(name: str) -> House:
        opened.append(House(Settings(home=tmp_path / name)))
        return opened[-1]

    yield make
    for house in opened:
        house.close()


def feed(house: House, stream: Sequence[Record]) -> None:
    """Propose records one by one, as they would come from Kafka."""
    for source in sorted({record.source for record in stream}):
        house.ledger.register(Source(source, "time" if source == "steward" else "crawl"))
    for record in stream:
        house.ledger.propose([record])


def edits() -> list[Record]:
    texts = [("documentation", {"text": f"As the steward has it, {n}"}) for n in range(3)]
    tagged = ("tags", {"tags": [{"tag": "urn:clew:tag:(clew,core)"}]})
    return [Group("steward", f"e{n}", (event(FLIGHTS, *said),)) for n, said in enumerate([*texts, tagged])]


def interleaved(streams: Sequence[Sequence[Record]], seed: int) -> list[Record]:
    """Return the records of all streams in a random order that keeps each stream's own."""
    dice = random.Random(seed)
    waiting = [list(stream) for stream in streams]
    mixed = []
    while any(waiting):
        stream = dice.choice([each for each in waiting if each])
        mixed.append(stream.pop(0))
        if dice.random() < 0.1:
            mixed.append(mixed[-1])
    return mixed


def digests(house: House) -> dict[str, str]:
    house.catch_up()
    return {"heads": house.ledger.heads_digest(), **views_digest(house.ledger, house.views)}


def streams() -> list[Sequence[Record]]:
    return [records("duckdb"), records("dbt"), edits()]


def test_replayed_twice_is_once(house_in: MakeHouse) -> None:
    house = house_in("a")
    stream = [record for each in streams() for record in each]
    feed(house, stream)
    once, head = digests(house), house.ledger.head_seq()
    feed(house, stream)
    assert digests(house) == once
    assert house.ledger.head_seq() == head


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sources_interleaved_at_random_end_in_the_same_truth_and_views(house_in: MakeHouse, seed: int) -> None:
    straight, mixed = house_in("straight"), house_in("mixed")
    feed(straight, [record for each in streams() for record in each])
    feed(mixed, interleaved(streams(), seed))
    assert digests(mixed) == digests(straight)


def test_reactors_and_followers_in_threads_end_in_the_same_as_by_turns(house_in: MakeHouse) -> None:
    straight, busy = house_in("straight"), house_in("busy")
    feed(straight, [record for each in streams() for record in each])
    busy.start()
    feed(busy, interleaved(streams(), 7))
    target = busy.ledger.head_seq()
    busy.freshness.reach("graph", f"{busy.ledger.epoch}-{target}")
    busy.freshness.reach("search", f"{busy.ledger.epoch}-{target}")
    assert {"heads": busy.ledger.heads_digest(), **views_digest(busy.ledger, busy.views)} == digests(straight)


def test_a_rebuild_equals_the_incremental_views_was_included(house_in: MakeHouse) -> None:
    house = house_in("a")
    for stream in streams():
        feed(house, stream)
        house.catch_up()
    gone = [record for record in records("dbt", 1_760_000_000_000_000) if not _about(record, "carrier_delays")]
    feed(house, _recounted(gone))
    before, intervals = digests(house), intervals_digest(house.ledger, house.views)
    house.rebuild(["graph", "search"])
    assert digests(house) == before
    assert intervals_digest(house.ledger, house.views) == intervals


def test_a_dropped_model_retracts_exactly_its_claims(house_in: MakeHouse) -> None:
    house = house_in("a")
    feed(house, [*records("duckdb"), *records("dbt")])
    house.catch_up()
    before = _claims(house, "nyc-dbt")
    gone = [record for record in records("dbt", 1_760_000_000_000_000) if not _about(record, "carrier_delays")]
    feed(house, _recounted(gone))
    kept = {
        (each.urn, said.aspect)
        for record in gone
        if isinstance(record, Group)
        for each in record.events
        for said in [each]
    }
    retracted = before - _claims(house, "nyc-dbt")
    assert retracted
    assert retracted.isdisjoint(kept)
    assert _claims(house, "nyc-dbt") == before - retracted
    house.catch_up()
    job = "urn:clew:job:(dbt://nyc_flights,model.nyc_flights.carrier_delays)"
    (number,) = house.ledger.ids([job])
    assert house.ledger.claims([number])[number] == {}


def test_a_second_crawl_writes_no_fact(house_in: MakeHouse) -> None:
    house = house_in("a")
    feed(house, [*records("duckdb"), *records("dbt")])
    house.catch_up()
    facts, head = house.ledger.stats()["facts"], house.ledger.head_seq()
    feed(house, [*records("duckdb", 1_760_000_000_000_000), *records("dbt", 1_760_000_000_000_000)])
    house.catch_up()
    assert (house.ledger.stats()["facts"], house.ledger.head_seq()) == (facts, head)


def test_a_crawl_killed_half_way_and_run_again_ends_as_one_clean_crawl(house_in: MakeHouse) -> None:
    clean, killed = house_in("clean"), house_in("killed")
    feed(clean, [*records("duckdb"), *records("dbt")])
    half = records("dbt", 1_740_000_000_000_000)
    feed(killed, [*records("duckdb"), *half[: len(half) // 2], *records("dbt")])
    assert digests(killed) == digests(clean)


def _about(record: Record, name: str) -> bool:
    return isinstance(record, Group) and any(name in event.urn for event in record.events)


def _recounted(stream: Sequence[Record]) -> list[Record]:
    """Return a crawl from which groups were taken out, as a connector would have sent it."""
    counted: list[Record] = []
    sequence = 0
    for record in stream:
        if isinstance(record, Group) and record.crawl is not None:
            position = type(record.crawl)(record.crawl.number, sequence)
            counted.append(Group(record.source, record.id, record.events, position))
            sequence += len(record.events)
        elif isinstance(record, CrawlClose):
            counted.append(CrawlClose(record.source, record.number, sequence))
        else:
            counted.append(record)
    return counted


def _claims(house: House, source: str) -> set[tuple[str, str]]:
    entities = sorted({entity for entity, _ in house.ledger.live_keys()})
    claims = house.ledger.claims(entities)
    names = {entity.id: entity.urn for entity in house.ledger.entities(entities) if entity}
    return {
        (names[entity], aspect)
        for entity, aspects in claims.items()
        for aspect, each in aspects.items()
        if any(claim.source == source for claim in each)
    }
