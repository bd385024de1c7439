"""Column lineage of the demo, held against what the data itself says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from flow.data_oracle import Comparison, compare
from flow.demo_data import ROOT, WORK, recipe, records

ALLOWED_UNCLAIMED = 5
WANTED_SHARE = 0.95


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    recipe("dbt")
    oracle = tmp_path_factory.mktemp("oracle") / "perturbation.json"
    subprocess.run(
        [
            sys.executable,
            ROOT / "demo" / "perturb.py",
            "--database",
            WORK / "nyc.duckdb",
            "--manifest",
            WORK / "target" / "manifest.json",
            "--output",
            oracle,
        ],
        check=True,
        capture_output=True,
    )
    with House(Settings(home=tmp_path_factory.mktemp("home"))) as house:
        for name in ("duckdb", "dbt"):
            crawl = records(name)
            house.ledger.register(Source(crawl[0].source, "crawl"))
            house.ledger.propose(crawl)
        house.catch_up()
        return compare(house.ledger, json.loads(Path(oracle).read_text()), "duckdb://nyc", "nyc_flights")


def test_the_data_confirms_direct_edges(comparison: Comparison) -> None:
    print(
        f"\n{comparison.checked} pairs: {len(comparison.confirmed)} direct edges confirmed"
        f" ({comparison.share:.1%}), {len(comparison.unconfirmed)} not: {comparison.unconfirmed}"
    )
    assert len(comparison.confirmed) > 100
    assert comparison.share >= WANTED_SHARE, comparison.unconfirmed


def test_what_the_data_confirms_is_claimed(comparison: Comparison) -> None:
    print(f"\n{len(comparison.unclaimed)} pairs confirmed by the data and not claimed: {comparison.unclaimed}")
    assert len(comparison.unclaimed) <= ALLOWED_UNCLAIMED, comparison.unclaimed
