"""What every connector keeps. A suite for one connector says how to make something for it to read, and passes this."""

import io
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from clew_connectors.dry_run import DryRun
from clew_connectors.port import Connector, ReadWarning, State
from clew_connectors.recipe import Recipe
from clew_connectors.run import Summary, run
from clew_connectors.testing import MemorySink, claims, covers
from clew_schemas.errors import ClewError
from clew_schemas.event import CrawlClose, CrawlOpen, Group, decode
from clew_schemas.registry import Registry

SECRET = "hunter2-and-more"
"""A suite puts this into what is read, as a password in a URL; it must come out nowhere."""


class ConnectorContract:
    """Subclass it, name the connector, and give two fixtures: `good` and `broken`, configurations as in a recipe."""

    connector: Connector[Any, Any]

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        raise NotImplementedError

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        raise NotImplementedError

    @pytest.fixture
    def recipe(self, good: dict[str, Any]) -> Recipe:
        return Recipe("contract", self.connector, self.connector.spec.model_validate(good), "contract.yml")

    def test_it_is_found_by_its_name_through_the_entry_point(self) -> None:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        places = project["project"]["entry-points"]["clew.connectors"]
        assert places[self.connector.name] == f"clew_connectors.{self.connector.name}:CONNECTOR"

    def test_its_spec_is_a_json_schema_that_describes_every_key_and_allows_no_other(self, good: dict[str, Any]) -> None:
        schema = json.loads(json.dumps(self.connector.spec.model_json_schema()))
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert all(each.get("description") for each in schema["properties"].values())
        with pytest.raises(ValidationError):
            self.connector.spec.model_validate({**good, "no_such_key": 1})

    def test_check_finds_nothing_wrong_with_a_good_configuration(self, recipe: Recipe) -> None:
        assert self.connector.check(recipe.config) == []

    def test_check_says_what_is_wrong_and_where_and_what_to_do(self, broken: dict[str, Any]) -> None:
        problems = self.connector.check(self.connector.spec.model_validate(broken))
        assert problems
        assert all(problem.what and problem.where and problem.hint for problem in problems)

    def test_reading_what_check_warned_of_raises_in_the_same_words(self, broken: dict[str, Any]) -> None:
        config = self.connector.spec.model_validate(broken)
        with pytest.raises(ClewError) as raised:
            list(self.connector.read(config, None))
        assert str(raised.value) in [str(problem) for problem in self.connector.check(config)]

    def test_a_dry_run_prints_records_that_decode_and_are_taken_whole(self, recipe: Recipe) -> None:
        lines = _dry(recipe).splitlines()
        records = [decode(line.encode()) for line in lines]
        assert isinstance(records[0], CrawlOpen)
        assert isinstance(records[-1], CrawlClose)
        assert len(records) > 3
        sink = MemorySink()
        sink.register("contract", order="crawl", door="test")
        receipts = sink.propose(records)
        assert [receipt for receipt in receipts if receipt.status in ("parked", "refused")] == []

    def test_unchanged_it_says_the_same_again_but_for_the_number_of_the_crawl(self, recipe: Recipe) -> None:
        first, second = (_without_numbers(_dry(recipe)) for _ in range(2))
        assert first == second

    def test_a_second_crawl_changes_nothing_and_retracts_nothing(self, recipe: Recipe) -> None:
        sink = MemorySink()
        first, second = _run(recipe, sink), _run(recipe, sink)
        assert first.changed == first.events > 0
        assert (second.changed, second.retracted, second.unchanged) == (0, 0, first.events)
        assert second.closed

    def test_its_scope_covers_every_claim_but_those_it_means_to_leave(self, recipe: Recipe) -> None:
        sink = MemorySink()
        _run(recipe, sink)
        scope = self.connector.discover(recipe.config).scope
        left = {aspect for urn, aspect in _claims(sink) if not covers(scope, urn, aspect)}
        assert left <= self.left_alone

    left_alone: frozenset[str] = frozenset()
    """Aspects whose claims outlive the crawls that no longer make them."""

    def test_what_is_gone_from_the_system_is_retracted(self, recipe: Recipe) -> None:
        sink = MemorySink()
        _run(recipe, sink)
        number = max(record.number for record in sink.records if isinstance(record, CrawlOpen)) + 1
        scope = self.connector.discover(recipe.config).scope
        sink.propose([CrawlOpen("contract", number, scope, guard=1.0), CrawlClose("contract", number, 0)])
        assert {aspect for _, _, aspect in sink.claims} <= self.left_alone

    def test_it_makes_each_claim_once_a_crawl(self, recipe: Recipe) -> None:
        sink = MemorySink()
        _run(recipe, sink)
        made = _claims(sink)
        assert len(made) == len(set(made))

    def test_translating_is_pure(self, recipe: Recipe) -> None:
        records = [each for each in self.connector.read(recipe.config, None) if not isinstance(each, State)]
        assert not [each for each in records if isinstance(each, ReadWarning)]
        for record in records:
            assert self.connector.translate(record) == self.connector.translate(record)
            assert hash(record) == hash(record)

    def test_no_secret_comes_out(self, recipe: Recipe) -> None:
        assert SECRET in repr(list(self.connector.read(recipe.config, None))), "the suite must plant the secret"
        assert SECRET not in _dry(recipe)


def _dry(recipe: Recipe) -> str:
    stream = io.StringIO()
    run(recipe, DryRun(stream))
    return stream.getvalue()


def _run(recipe: Recipe, sink: MemorySink) -> Summary:
    summary = run(recipe, sink)
    assert summary.held == ()
    return summary


def _without_numbers(lines: str) -> str:
    numbers = set(re.findall(r'"number":(\d+)', lines))
    assert len(numbers) == 1
    return lines.replace(numbers.pop(), "N")


def _claims(sink: MemorySink) -> list[tuple[str, str]]:
    groups: list[Group] = sink.groups()
    return list(claims(groups, Registry.built_in()))
