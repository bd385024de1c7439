"""Patterns that SQL brings along. DuckDB's engine takes time in proportion to the text; Python's may take for ever."""

import re
from typing import Final

MOST_REPEATS: Final = 3
"""Repeats in one pattern: each may multiply the time by the length of the text."""
_ONE: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
"""What stands for one character, whatever is in it."""


def is_quick(pattern: str) -> bool:
    """Whether Python finds a pattern in a column's name soon: few repeats, and no group that has some is repeated."""
    plain = _ONE.sub("x", pattern)
    if sum(map(plain.count, "*+{")) > MOST_REPEATS:
        return False
    groups = [False]
    for at, character in enumerate(plain):
        if character == "(":
            groups.append(False)
        elif character == ")" and len(groups) > 1:
            varies = groups.pop()
            if varies and plain[at + 1 : at + 2] in ("*", "+", "{"):
                return False
            groups[-1] |= varies
        elif character in "*+{|?":
            groups[-1] = True
    return True
