"""What is read from files and the log: recipes, configs of connectors, metadata.json, Avro; and URNs by themselves."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from clew_connectors import installed
from clew_schemas import canonical, urn
from clew_schemas.event import decode
from clew_schemas.scrub import scrub
from clew_schemas.wire import from_avro, to_avro
from fuzz.readers import PROJECT, RECIPE, avro, project, recipe, taken
from fuzz.ugly import SECRET, TRIED, as_json, bodies, damaged, lines, spoiled, texts, tries, values
from unit.clew.api.wire import THREAD


@pytest.mark.parametrize("text", bodies("recipes.txt"), ids=range(len(bodies("recipes.txt"))))
def test_each_saved_recipe_is_refused_or_read(text: bytes) -> None:
    recipe(text.replace(b"|", b"\n"))


@tries(300)
@given(spoiled({**RECIPE, "secret": "${PASSWORD}"}))
def test_a_spoiled_recipe_is_refused_or_read(said: Any) -> None:
    recipe(as_json(said))


@tries(300)
@given(damaged(yaml.safe_dump({**RECIPE, "config": {**RECIPE["config"], "password": "${PASSWORD}"}}).encode()))
def test_a_damaged_recipe_is_refused_or_read(said: bytes) -> None:
    recipe(said)


@tries(100)
@given(st.sampled_from(sorted(installed.known())), st.dictionaries(texts(), values(), max_size=3))
def test_any_config_is_refused_or_read(connector: str, config: dict[str, Any]) -> None:
    recipe(as_json({"name": "w", "connector": connector, "config": {"password": SECRET, **config}}))


@pytest.mark.parametrize("kind", ["[", "{a: ", "- ", "? ", "&a [", "!!python/object:os.system "])
def test_a_deep_recipe_is_refused(kind: str) -> None:
    for depth in (500, 20_000):
        assert recipe(kind.encode() * depth) is None


def test_aliases_do_not_multiply() -> None:
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    body = "\n".join(rows) + "\nname: w\nconnector: duckdb\nconfig: {database: *a59}\n"
    assert recipe(body.encode()) is None
    assert recipe(b"name: &a [*a]\nconnector: duckdb\nconfig: {}\n") is None


@tries(300)
@given(spoiled(PROJECT))
def test_a_spoiled_metadata_json_is_refused_or_read(said: Any) -> None:
    project(as_json(said))


@tries(200)
@given(damaged(json.dumps(PROJECT).encode()))
def test_a_damaged_metadata_json_is_refused_or_read(data: bytes) -> None:
    project(data)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"model":{"a":', '{"model":['])
def test_a_deep_metadata_json_is_refused(opening: str) -> None:
    for depth in (40, 900, 1100, 200_000):
        assert project(opening.encode() * depth) is None


AVRO = to_avro(decode(json.dumps(THREAD).encode()))


@tries(400)
@given(damaged(AVRO))
def test_a_damaged_envelope_is_refused_or_read(body: bytes) -> None:
    avro(body)


@tries(200)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read_as_an_envelope(body: bytes) -> None:
    avro(body)


@pytest.mark.parametrize("count", [2**62, -(2**62), 2**31])
def test_an_array_that_says_it_is_endless_is_refused(count: int) -> None:
    number = bytearray()
    zigzag = (count << 1) ^ (count >> 63)
    while zigzag > 127:
        number.append(zigzag & 127 | 128)
        zigzag >>= 7
    number.append(zigzag)
    start = AVRO.index(b"urn:clew") - 3
    for at in range(8):
        taken("avro", lambda at=at: from_avro(AVRO[: start + at - 3] + bytes(number)))  # type: ignore[misc]


@tries(400)
@given(st.one_of(texts(), st.lists(texts(), max_size=3).map(lambda parts: f"urn:clew:dataset:({','.join(parts)})")))
def test_a_urn_reads_back_or_is_refused(text: str) -> None:
    found = taken("urns", lambda: urn.Urn.parse(text))
    assert found is None or str(found) == text


@tries(200)
@given(texts(), texts())
def test_a_made_urn_names_what_it_was_made_of(namespace: str, name: str) -> None:
    TRIED["urns"] += 1
    said = urn.of_segments("dataset", namespace or "n", name or "x")
    if taken("urns", lambda: urn.Urn.parse(said)):
        assert urn.Urn.parse(said).label == urn.unescape(urn.segment(name or "x"))


@tries(300)
@given(values())
def test_canonical_json_is_a_fixed_point_or_refused(value: Any) -> None:
    body = taken("json", lambda: canonical.dumps(value))
    if body is not None:
        read = taken("json", lambda: canonical.loads(body))
        assert read is None or read[1] == body


@pytest.mark.parametrize("piece", [*lines("texts.txt"), "a.", "a://", "://a:", '"token"', "?token=", ";secret"])
def test_scrubbing_takes_time_in_proportion(piece: str) -> None:
    began = time.monotonic()
    scrub((piece or "x") * (500_000 // max(1, len(piece))) + " :// token")
    assert time.monotonic() - began < 5
