"""People as sources name them, in one shape for every connector, and what is said of them: who they are, what they own.

A mapping `{name, email, ...}`, whose `email` may be a list; a bare e-mail or name; `Name <e-mail>`; a list of those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clew_connectors.nameable import on_one_line
from clew_schemas import Event, event, urn
from clew_schemas.aspects import Ownership, Properties
from clew_schemas.aspects.governance import Owner

SCOPE = f"urn:clew:person:({urn.PEOPLE},"
"""The prefix of every person's URN, for the scope of a crawl."""

_MAILBOX = re.compile(r"(.*?)\s*<([^<>@\s]+@[^<>@\s]+)>")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who owns something: known by e-mail, else by name, which is the `key`."""

    key: str
    name: str | None
    email: str | None


def described(person: Person) -> Event:
    """Return what is said of a person."""
    return event(urn.person(person.key), "properties", Properties(name=person.name, email=person.email))


def owned(entity: str, keys: Sequence[str]) -> Iterator[Event]:
    """Yield what is said of an entity's owners, by their keys; nothing without any."""
    if keys:
        yield event(entity, "ownership", Ownership(owners=[Owner(owner=urn.person(key)) for key in keys]))


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
