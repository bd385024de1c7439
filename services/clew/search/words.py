"""What counts as a word, in names, in code and in what people type: all engines index these words as they are.

Words are made here and not by an engine's analyser, since finding `dep_delay` by `depDelay`, `delay` and
`flights.dep_delay` hangs on the finest details of the cut, and both sides of a search must cut alike, in every engine.
Only the stems of prose are left to the engine's own English stemmer.

A **segment** stands between white space, dots, slashes, colons and other punctuation: `dep_delay`. Its **pieces**
stand between `_` and `-`: `dep`, `delay`. Its **parts** are cut at changes of case and between letters and digits too.
A segment is known by all of these and by its parts joined: `depdelay`. All is folded to plain lower-case letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from unicodedata import combining, normalize

from clew_schemas.errors import TooLarge

MAX_CHARACTERS = 1_000
"""A longer query is refused."""

MAX_WORDS = 48
"""A query of more words, counted with the parts of compound words, is refused."""

LONGEST = 300
"""A longer segment is cut into several."""

PREFIX_FROM = 2
"""A shorter word is not looked for as a beginning: it would match nearly everything."""

STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this"
    " to was will with".split()
)
"""Not indexed in prose, and not asked for unless a query has nothing else."""

_WORD = re.compile(r"[^\W_]+")
_SEGMENT = re.compile(r"[^\W_]+(?:[_-]+[^\W_]+)*")
_PIECE = re.compile(r"[_-]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W_A-Za-z0-9]+")
_ES = re.compile(r"(?:ss|sh|ch|x|z)es$")
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ð": "d", "Ð": "D", "ħ": "h", "Ħ": "H", "ı": "i"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH", "ß": "ss", "ẞ": "SS"}
)
_SUFFIXES = 10
_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a query: found as `whole`, or by all of its `parts`; a simple word has none."""

    whole: str
    parts: tuple[str, ...] = ()


class Keys(NamedTuple):
    """A name as one word: all its parts joined, so that two of one key are the same name, however they are written."""

    whole: str
    tails: tuple[str, ...]
    """The keys of the name from its second segment on, from its third, and so on."""
    alike: tuple[str, ...]
    """The whole and the tails again, all parts in the singular."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, read: its words, and the keys of a thing whose name the query is, exactly or but for plurals."""

    words: tuple[Word, ...] = ()
    key: str = ""
    alike: str = ""


def fold(text: str) -> str:
    """Return `text` with accents and ligatures written as plain letters; case stays."""
    if text.isascii():
        return text
    return "".join(c for c in normalize("NFKD", text.translate(_LETTERS)) if not combining(c))


def prose(values: Iterable[str]) -> list[str]:
    """Return the words of texts, stop words left out, in order of appearance; they are not stemmed."""
    found = _WORD.findall(fold("\n".join(values)).casefold())
    return [word for long in found if long not in STOP_WORDS for word in _slices(long)]


def identifiers(values: Iterable[str]) -> list[str]:
    """Return the distinct words of names or code, in order of appearance, each with its singular."""
    segments = dict.fromkeys(_segments("\n".join(values)))
    return list(dict.fromkeys(chain.from_iterable(map(_forms, segments))))


def keys(name: str) -> Keys:
    """Return what `name` is known by as a whole; names of more than ten segments have ten tails."""
    segments = [_key(segment) for segment in _segments(name)]
    starts = range(max(1, len(segments) - _SUFFIXES), len(segments))
    exact, loose = ([pair[way] for pair in segments] for way in (0, 1))
    return Keys(
        "".join(exact),
        tuple("".join(exact[start:]) for start in starts),
        tuple("".join(loose[start:]) for start in (0, *starts)),
    )


def singular(word: str) -> str:
    """Return an English word without its plural's ending (D. Harman's S-stemmer, and `-es` after a hissing sound)."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    return word[:-2] if _ES.search(word) else word[:-1]


def typos(word: str) -> int:
    """Return how many typing errors are forgiven in `word`: none below 4 letters or in numbers, 1 below 8, else 2."""
    if len(word) < 4 or any(map(str.isdigit, word)):
        return 0
    return 1 if len(word) < 8 else 2


def wanted(text: str) -> Wanted:
    """Read what somebody typed. Any text will do; one without letters or digits has no words.

    Raises TooLarge above `MAX_CHARACTERS` or `MAX_WORDS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"the search text has {len(text)} characters; at most {MAX_CHARACTERS} are read", where="text")
    words = tuple(dict.fromkeys(map(_word, _segments(text))))
    words = tuple(word for word in words if word.whole not in STOP_WORDS) or words
    count = sum(1 + len(word.parts) for word in words)
    if count > MAX_WORDS:
        raise TooLarge(f"the search text has {count} words; at most {MAX_WORDS} are read", where="text")
    name = keys(text)
    return Wanted(words, name.whole, name.alike[0])


def _segments(text: str) -> list[str]:
    return [segment for found in _SEGMENT.findall(fold(text)) for segment in _slices(found)]


def _slices(text: str) -> Iterable[str]:
    if len(text) <= LONGEST:
        return (text,)
    return (text[at : at + LONGEST] for at in range(0, len(text), LONGEST))


def _parts_of(segment: str) -> list[str]:
    return [part for piece in _pieces(segment) for part in _parts(piece)]


def _pieces(segment: str) -> list[str]:
    return [piece for piece in _PIECE.split(segment) if piece]


# Names are made of few pieces, and repeat their segments (schemas, prefixes, columns) far more often than not.
@lru_cache(maxsize=65_536)
def _parts(piece: str) -> tuple[str, ...]:
    return tuple(part.casefold() for part in _PART.findall(piece))


@lru_cache(maxsize=65_536)
def _numbers(word: str) -> tuple[str, ...]:
    one = singular(word)
    return (word,) if one == word else (word, one)


@lru_cache(maxsize=16_384)
def _key(segment: str) -> tuple[str, str]:
    parts = _parts_of(segment)
    return "".join(parts), "".join(map(singular, parts))


@lru_cache(maxsize=16_384)
def _forms(segment: str) -> tuple[str, ...]:
    pieces, parts = _pieces(segment), _parts_of(segment)
    forms = ["".join(parts), *(piece.casefold() for piece in pieces), *parts]
    return tuple(chain.from_iterable(map(_numbers, dict.fromkeys(forms))))


def _word(segment: str) -> Word:
    pieces, parts = _pieces(segment), _parts_of(segment)
    cut = [piece.casefold() for piece in pieces] if len(pieces) > 1 else parts
    cut = [part for part in dict.fromkeys(cut) if part not in STOP_WORDS] or cut
    # A hash or a UUID falls into dozens of parts; they say nothing one by one, and each costs a look into the index.
    return Word("".join(parts), tuple(cut) if len(parts) > 1 and len(cut) <= _MOST_PARTS else ())
