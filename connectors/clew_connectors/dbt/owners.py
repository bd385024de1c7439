"""Owners as dbt projects write them, in one shape. Pure.

A mapping `{name, email, ...}`, whose `email` may be a list; a bare e-mail or name; `Name <e-mail>`; a list of those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from clew_connectors.dbt.records import Person
from clew_connectors.nameable import on_one_line

_MAILBOX = re.compile(r"(.*?)\s*<([^<>@\s]+@[^<>@\s]+)>")


def owners(said: Any) -> Iterator[Person]:
    """Yield the persons that a value of `owner` names; nothing for what names nobody."""
    if isinstance(said, list):
        for each in said:
            yield from owners(each)
    elif isinstance(said, dict):
        yield from _mapped(said.get("name"), said.get("email"))
    elif isinstance(said, str) and on_one_line(said):
        yield _spelt(on_one_line(said))


def merged(persons: Iterable[Person]) -> list[Person]:
    """Return each person once, by key; a name or e-mail that one mention leaves out comes from another."""
    found: dict[str, Person] = {}
    for each in persons:
        known = found.get(each.key, each)
        found[each.key] = Person(each.key, known.name or each.name, known.email or each.email)
    return [found[key] for key in sorted(found)]


def _mapped(name: Any, email: Any) -> Iterator[Person]:
    known = on_one_line(name) if isinstance(name, str) else ""
    emails = [on_one_line(each) for each in (email if isinstance(email, list) else [email]) if isinstance(each, str)]
    for each in filter(None, emails):
        yield Person(each, known or None, each)
    if known and not any(emails):
        yield _spelt(known)


def _spelt(text: str) -> Person:
    mailbox = _MAILBOX.fullmatch(text)
    if mailbox:
        return Person(mailbox[2], mailbox[1] or None, mailbox[2])
    is_email = "@" in text and " " not in text
    return Person(text, None if is_email else text, text if is_email else None)
