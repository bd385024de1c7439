"""Train the dictionary that payloads are compressed with, from the published examples.

    python -m tools.train_dictionary NUMBER [--kilobytes 16]

Each example of `schemas/clew_schemas/contracts` is varied some hundred times: members come and go, lists get longer,
names become other words, numbers other numbers, while what the contract lists (its enumerations) stays. So the
dictionary holds the form of what is said and the names of types, and nothing that anybody said.

A dictionary that a release carries is never trained again: payloads in homes were written with it. A better one gets
the next number.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from clew.ledger.dictionaries import path_of
from clew_schemas import published
from clew_schemas.canonical import dumps

SEED = 20
VARIANTS = 160
LIST_LENGTHS = (1, 1, 2, 3, 5, 8, 13, 21)

WORDS = """archive aspect atlas author autumn bell border bridge candle canyon castle cedar chapter choir circle cliff
cloud comet copper coral crater crystal desert diary dome drift eagle echo editor engine essay falcon feather fern field
flute forest fossil garden glacier granite grove harbor harvest hazel heath hinge horizon island ivory jasper juniper
kernel kettle lagoon lantern lattice legend lily linen lyric maple marble meadow melody mirror mosaic museum nectar
needle nova oasis olive opal orbit orchard otter palette pearl pebble pepper piano pilot planet plume poem prairie
prism quarry quartz quill rafter raven reef ribbon ridge river saddle sail satin shore silver sonnet spiral spring
stone summit temple thistle thunder timber tower tulip tundra valley velvet violin walnut willow winter
zenith""".split()
USUAL = """id name code type status state kind count total value amount date time created_at updated_at user_id email
start_date end_date is_active description country city year month day""".split()
TYPES = """BIGINT INTEGER INT SMALLINT VARCHAR VARCHAR(255) TEXT STRING BOOLEAN DOUBLE DOUBLE PRECISION FLOAT REAL
DECIMAL(18,2) NUMERIC(38,0) NUMERIC(18,2) DATE TIMESTAMP TIMESTAMP WITH TIME ZONE TIMESTAMP_NTZ DATETIME TIME JSON JSONB
UUID BYTEA BINARY bigint integer int smallint varchar character varying(255) text string boolean double float real
decimal(18,2) numeric(18,2) numeric(38,0) date timestamp timestamp with time zone timestamp without time zone datetime
json jsonb uuid bytea int64 float64 object""".split()
PLATFORMS = (
    "postgres://db.example:5432",
    "snowflake://account",
    "bigquery",
    "duckdb://host/file.duckdb",
    "s3://bucket",
)

_URN = re.compile(r"urn:clew:([a-z_]+):\(([^,]+),([^,)]+)((?:,[^)]+)?)\)")
_WORD = re.compile(r"[A-Za-z]{3,}")


class Varied:
    """Variants of one example, under its contract."""

    def __init__(self, document: dict[str, Any], dice: random.Random) -> None:
        self._fixed = frozenset(_listed(document))
        self._dice = dice

    def of(self, value: Any, key: str = "") -> Any:
        """Return a variant of a value that stands under `key`."""
        if isinstance(value, dict):
            kept = {name: each for name, each in value.items() if len(value) < 3 or self._dice.random() < 0.85}
            return {name: self.of(each, name) for name, each in (kept or value).items()}
        if isinstance(value, list):
            if not value or not isinstance(value[0], dict | list | str):
                return [self.of(each, key) for each in value]
            length = self._dice.choice(LIST_LENGTHS)
            return [self.of(self._dice.choice(value), key) for _ in range(length)]
        if isinstance(value, str):
            return self._text(value, key)
        if isinstance(value, float):
            return value if value in (0.0, 1.0) else round(self._dice.random() * 10 ** self._dice.randrange(4), 3)
        if isinstance(value, int) and not isinstance(value, bool):
            return value if value in (0, 1) else self._dice.randrange(10 ** self._dice.randrange(1, 7))
        return value

    def _text(self, text: str, key: str) -> str:
        if text in self._fixed:
            return text
        if key == "type":
            return self._dice.choice(TYPES)
        if (urn := _URN.fullmatch(text)) is not None:
            kind, _, name, path = urn.groups()
            namespace = "people" if kind in ("person", "group") else self._dice.choice(PLATFORMS)
            return f"urn:clew:{kind}:({namespace},{self._words(name)}{self._words(path)})"
        return self._words(text)

    def _words(self, text: str) -> str:
        return _WORD.sub(lambda _: self._dice.choice(USUAL if self._dice.random() < 0.25 else WORDS), text)


def _listed(document: Any) -> Iterator[str]:
    """Yield the texts that a contract lists as possible values."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "enum":
                yield from (each for each in value if isinstance(each, str))
            elif name == "const" and isinstance(value, str):
                yield value
            else:
                yield from _listed(value)
    elif isinstance(document, list):
        for each in document:
            yield from _listed(each)


def samples(seed: int = SEED) -> list[bytes]:
    """Return the canonical JSON of all variants; the same seed gives the same."""
    dice = random.Random(seed)  # noqa: S311 - makes examples, guards nothing
    found = []
    for path in sorted(published.FOLDER.glob("*.good.json")):
        contract = json.loads(path.with_name(path.name.replace(".good.json", ".json")).read_text())
        varied = Varied(contract, dice)
        example = json.loads(path.read_text())
        found += [dumps(varied.of(example)) for _ in range(VARIANTS)]
    dice.shuffle(found)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("number", type=int)
    arguments.add_argument("--kilobytes", type=int, default=16)
    given = arguments.parse_args()
    path: Path = path_of(given.number)
    if path.exists():
        raise SystemExit(f"{path} is there already: payloads may have been written with it. Take the next number")
    trained = zstandard.train_dictionary(given.kilobytes * 1024, samples(), dict_id=given.number, level=3)
    path.write_bytes(trained.as_bytes())
    print(f"{path}: {len(trained.as_bytes()):,} bytes")


if __name__ == "__main__":
    main()
