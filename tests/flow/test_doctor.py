"""Views that were changed behind the house's back: the doctor names what differs, and mends it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clew.house import House
from clew.ledger import Source
from clew.materialise.audit import intervals_digest, views_digest
from clew.settings import Settings
from flow.demo_data import records

FLIGHTS = "urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with House(Settings(home=tmp_path)) as house:
        for name in ("duckdb", "dbt"):
            house.ledger.register(Source(records(name)[0].source, "crawl"))
            house.ledger.propose(records(name))
        house.catch_up()
    return tmp_path


@pytest.fixture
def house(home: Path) -> Iterator[House]:
    with House(Settings(home=home)) as opened:
        yield opened


def test_a_healthy_home_has_nothing_to_mend(house: House) -> None:
    report = house.doctor()
    assert (report["findings"], report["mended"], report["failing"]) == ([], 0, {})


def test_a_deleted_and_a_changed_document_are_named_and_mended(house: House) -> None:
    before = views_digest(house.ledger, house.views)
    documents = {document.urn: document for document in house.views.search.dump()}
    flights = documents.pop(FLIGHTS)
    other = next(iter(documents.values()))
    changed = dataclasses.replace(other, texts={**other.texts, "prose": ["something else"]})
    house.views.search.replace([changed], [flights.id])
    report = house.doctor()
    assert {finding["item"] for finding in report["findings"]} == {FLIGHTS, other.urn}
    assert report["mended"] == 2
    assert views_digest(house.ledger, house.views) == before
    assert house.doctor()["findings"] == []


def test_edges_changed_by_hand_in_the_snapshot_are_named_and_mended(home: Path) -> None:
    with House(Settings(home=home)) as house:
        before = views_digest(house.ledger, house.views), intervals_digest(house.ledger, house.views)
    (confidence,) = sorted((home / "graph").rglob("*confidence.npy"))
    stored = np.load(confidence)
    stored[5] = 7
    np.save(confidence, stored)
    with House(Settings(home=home)) as house:
        assert views_digest(house.ledger, house.views) != before[0]
        report = house.doctor()
        assert len(report["findings"]) == 1
        assert (report["findings"][0]["view"], report["mended"]) == ("graph", 1)
        assert (views_digest(house.ledger, house.views), intervals_digest(house.ledger, house.views)) == before


def test_an_edge_deleted_in_the_graph_is_named_and_mended(house: House) -> None:
    before = intervals_digest(house.ledger, house.views)
    (carrier, aspect), digest = next(iter(sorted(house.views.graph.keys().items())))
    house.views.graph.replace(carrier, aspect, [], digest)
    report = house.doctor()
    assert [finding["view"] for finding in report["findings"]] == ["graph"]
    assert intervals_digest(house.ledger, house.views) == before


def test_a_torn_snapshot_and_a_lost_index_are_drawn_anew(home: Path) -> None:
    with House(Settings(home=home)) as house:
        before = views_digest(house.ledger, house.views)
    for path in (home / "graph").rglob("*.npy"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for path in sorted((home / "search").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    with House(Settings(home=home)) as house:
        house.catch_up()
        assert views_digest(house.ledger, house.views) == before


def test_doctor_can_look_without_mending(house: House) -> None:
    (number,) = house.ledger.ids([FLIGHTS])
    house.views.search.replace([], [number])
    assert house.doctor(mend=False)["mended"] == 0
    assert len(house.doctor(mend=False)["findings"]) == 1
