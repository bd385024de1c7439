"""Patterns that SQL brings along. DuckDB's engine takes time in proportion to the text; Python's may take for ever."""

import re
from typing import Final

MOST_REPEATS: Final = 3
"""Repeats in one pattern: each may multiply the time by the length of the text."""
MOST_CHOICES: Final = 4
"""Groups with alternatives and optional parts: each may double the time."""
_ONE: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
"""What stands for one character, whatever is in it."""
_NO_GROUP: Final = re.compile(r"\(\?(?!:|P<)")
"""Flags within the pattern, what looks ahead or behind, and names that refer back."""
_CHARACTERS: Final = 20
"""Places that are tried in one step."""


def is_quick(pattern: str) -> bool:
    """Whether Python finds a pattern in a column's name soon: few repeats, and no group that has some is repeated."""
    pattern = pattern.removeprefix("(?i)")
    if _NO_GROUP.search(pattern) or re.search(r"\\[1-9]", pattern):
        return False
    plain = _ONE.sub("x", pattern).replace("(?:", "(").replace("(?P<", "(")
    if _repeats(plain) > MOST_REPEATS:
        return False
    groups, choices = [""], plain.count("?")
    for at, character in enumerate(plain):
        if character == "(":
            groups.append("")
        elif character == ")" and len(groups) > 1:
            inner = groups.pop()
            if inner and plain[at + 1 : at + 2] in ("*", "+", "{"):
                return False
            choices += "|" in inner
            groups[-1] += inner.replace("|", "?")
        elif character in "*+{|?":
            groups[-1] += character
    return choices <= MOST_CHOICES


def steps(pattern: str, text: str) -> int:
    """How many steps it may take to look for a quick pattern."""
    return 1 + int(len(text) ** _repeats(_ONE.sub("x", pattern)) // _CHARACTERS)


def _repeats(plain: str) -> int:
    return sum(map(plain.count, "*+{"))
