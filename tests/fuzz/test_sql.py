"""SQL whose words were dropped, doubled, moved and mixed with those of other statements."""

from __future__ import annotations

import random
import re

from fuzz.readers import DIALECTS, sql
from fuzz.ugly import FACTOR
from unit.clew_sql.golden_cases import CASES

WORDS = [re.findall(r"\w+|\s+|.", case.sql) for case in CASES]
POOL = sorted({word for words in WORDS for word in words if not word.isspace()})


def muddled(dice: random.Random) -> bytes:
    """Return an input of the reader `sql`: mostly in the dialect of the case that it was made from."""
    case, words = dice.choice(list(zip(CASES, WORDS, strict=True)))
    words = list(words)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(words) + 1)
        other = dice.choice([words, dice.choice(WORDS)])
        start = dice.randrange(len(other) + 1)
        between = dice.choice([[], [f" {dice.choice(POOL)} "], other[start : start + dice.randint(1, 12)]])
        words[place : place + dice.randint(0, 3)] = between
    dialect = dice.choice([case.dialect] * 4 + [dice.choice(DIALECTS)])
    return bytes([DIALECTS.index(dialect)]) + "".join(words).encode()


def test_muddled_sql_is_read_or_refused_and_meets_no_fault_of_ours() -> None:
    dice = random.Random(3 if FACTOR <= 1 else None)
    for _ in range(round(20_000 * FACTOR)):
        sql(muddled(dice))
