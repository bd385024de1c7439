"""No change of meaning is taken for none: mutants of the demo's models and of the golden queries, chosen by a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from clew_sql.canonical import canonical
from clew_sql.errors import SqlError
from unit.clew_sql.golden_cases import CASES
from unit.clew_sql.semantic_mutants import CHANGES, mutants

SEED = 20_130_101
WANTED = 500
SPARE = 40
"""Some mutants can't be read any more."""
DEMO = Path(__file__).parents[3] / "demo" / ".work" / "target" / "compiled" / "nyc_flights" / "models"
LEFT_OUT = ("jinja", "routines", "names", "copy", "objects", "statements")

Origin = tuple[str, str, str, dict[str, dict[str, str]], tuple[str | None, str | None]]
"""Where it is from, the SQL, its dialect, schema and defaults."""


def _origins() -> Iterator[Origin]:
    if not DEMO.exists():
        pytest.fail("the demo's data is not built: run make demo ONCE=1, or make test")
    for path in sorted(DEMO.glob("*/*.sql")):
        yield path.stem, path.read_text(), "duckdb", {}, ("nyc", "main")
    for case in CASES:
        if not case.script and case.file not in LEFT_OUT:
            yield f"{case.file}: {case.name}", case.sql, case.dialect, case.schema, case.default


def _every() -> Iterator[tuple[Origin, str, str]]:
    for origin in _origins():
        try:
            if not isinstance(sqlglot.parse_one(origin[1], read=origin[2]), exp.Query | exp.Create | exp.Insert):
                continue
            yield from ((origin, each.kind, each.sql) for each in mutants(origin[1], origin[2]))
        except SqlglotError:
            continue


def test_no_mutant_is_called_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    every = list(_every())
    chance = random.Random(SEED)
    chance.shuffle(every)
    # the rare kinds whole, the common ones as chance has it
    by_kind = {kind: [each for each in every if each[1] == kind] for kind in CHANGES}
    chosen = [each for kind in CHANGES for each in by_kind[kind][:25]]
    chosen += [each for each in every if each not in chosen][: max(0, WANTED + SPARE - len(chosen))]
    tried: Counter[str] = Counter()
    wrong = []
    for (where, sql, dialect, schema, default), kind, mutant in chosen:
        try:
            before = canonical(sql, dialect, schema, *default)
            after = canonical(mutant, dialect, schema, *default)
        except SqlError:
            continue
        tried[kind] += 1
        if before.text == after.text:
            wrong.append(f"{kind} of {where}:\n{sql}\n{mutant}")
    with capsys.disabled():
        print(f"\n{sum(tried.values())} mutants of {len(tried)} kinds, {len(wrong)} called harmless: {dict(tried)}")
    assert not wrong, "\n\n".join(wrong)
    assert sum(tried.values()) >= WANTED
    assert len(tried) == len(CHANGES)
