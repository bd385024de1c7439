"""What people type for a tag, a term, a domain, a person or a group, and the URN that is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from clew.edits.intentions import PEOPLE
from clew.errors import Ambiguous, BadInput, NotFound
from clew_schemas import urn
from clew_schemas.urn import Urn, kind_of, of_segments

OWN = "clew"
"""Namespace of tags, terms and domains that people make here."""
CREATABLE = frozenset({"tag", "glossary_term", "domain", "person", "group"})
"""Kinds of things that come into being by being named in an edit."""

Known = Callable[[str, Sequence[str]], Sequence[str]]
"""Returns the URNs of known things of some kinds whose whole name, or display name, a text is."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def meant(text: str, kinds: Sequence[str], known: Known, *, create: bool) -> str:
    """Return the URN of the thing of one of `kinds` that `text` names.

    A URN is taken as it is. A person is an e-mail address, else a known name; `group:` or `person:` says which.
    With `create`, an unknown name becomes a new thing's. Raises BadInput, NotFound, or Ambiguous with the candidates.
    """
    if text.startswith("urn:"):
        if kinds and Urn.parse(text).kind not in kinds:
            raise BadInput(f"{text} is no {_or(kinds)}", where=text)
        return text
    prefix, colon, name = text.partition(":")
    if colon and prefix in kinds:
        text, kinds = name.strip(), [prefix]
    found = known(text, kinds)
    if len(found) > 1:
        raise Ambiguous(
            f"{len(found)} things are called {text!r}", hint="Use a URN: " + ", ".join(found), candidates=list(found)
        )
    return found[0] if found else _new(text, kinds, create=create)


def _new(text: str, kinds: Sequence[str], *, create: bool) -> str:
    kind = "person" if "person" in kinds and _EMAIL.fullmatch(text) else kinds[0] if len(kinds) == 1 else None
    if not create or (kind is not None and kind not in CREATABLE):
        raise NotFound(f"no {_or(kinds)} is called {text!r}", hint=f"Look for it: clew search {text!r}", name=text)
    if kind is None:
        raise BadInput(
            f"{text!r} is neither an e-mail address nor a known name",
            hint="Write ada@example.com, group:data-team or person:Ada",
        )
    return str(Urn.parse(of_segments(kind, urn.PEOPLE if kind in PEOPLE else OWN, _printable(text))))


def _printable(text: str) -> str:
    if not text.strip():
        raise BadInput("a name needs at least one character that is no blank")
    return text.strip()


def _or(kinds: Sequence[str]) -> str:
    return " or ".join(kind.replace("_", " ") for kind in kinds) or "thing"


def is_creatable(urn: str) -> bool:
    """Say whether an edit may bring this thing into being."""
    return kind_of(urn) in CREATABLE
