"""URNs: the names of everything Clew knows.

`urn:clew:<kind>:(<namespace>,<name>)`, and for a column `urn:clew:column:(<namespace>,<name>,<path>)`.
Namespace and name follow OpenLineage's naming rules. Inside a part `%`, `,`, `(` and `)` are percent-encoded;
a dot inside one segment of a name or path is written `%2E`, so that dots always separate segments.
The spelling is the catalog's own, in Unicode NFC; nothing is folded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from clew_schemas.errors import BadInput
from clew_schemas.kinds import DERIVED_KINDS

MAX_URN_LENGTH = 2048
"""Longest URN accepted, in characters."""

PEOPLE = "people"
"""The namespace of people and of groups that no platform holds."""

_PREFIX = "urn:clew:"
_DATASET, _COLUMN = f"{_PREFIX}dataset:", f"{_PREFIX}column:"
_DERIVED = tuple(f"{_PREFIX}{kind}:" for kind in sorted(DERIVED_KINDS))
_SHAPE = re.compile(r"urn:clew:([a-z][a-z0-9_]*):\(([^,()]+),([^,()]+)(?:,([^,()]+))?\)")
_PART = r"[ -$&'*+\--~]+"
_PLAIN = re.compile(rf"urn:clew:(?:column:\({_PART},{_PART},{_PART}\)|(?!column:)[a-z][a-z0-9_]*:\({_PART},{_PART}\))")
"""A URN of printable ASCII without escapes: nothing more can be wrong with it but its length."""
_PLAIN_LINES = re.compile(rf"{_PLAIN.pattern}(?:\n{_PLAIN.pattern})*")
_LINES = 200
"""URNs that are looked at as lines of one text: a longer one needs more memory the longer it is."""
_ESCAPED = {"%": "%25", ",": "%2C", "(": "%28", ")": "%29"}
_ESCAPE = re.compile(r"[%,()]")
_BROKEN_ESCAPE = re.compile(r"%(?!(?:25|2C|28|29|2E))")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_HINT = "A URN is urn:clew:<kind>:(<namespace>,<name>), with a third part, the path, for a column"


def escape(text: str) -> str:
    """Return `text` as it stands inside a URN part; dots keep their meaning as separators."""
    return _ESCAPE.sub(lambda match: _ESCAPED[match[0]], unicodedata.normalize("NFC", text))


def segment(text: str) -> str:
    """Return one segment of a name or path, in which a dot is a character and no separator."""
    return escape(text).replace(".", "%2E")


def dotted(*segments: str) -> str:
    """Join plain segments to an escaped name or path: `dotted("shop", "a.b")` is `shop.a%2Eb`."""
    return ".".join(segment(each) for each in segments)


def unescape(text: str) -> str:
    """Return the plain text of an escaped part."""
    for plain, code in (("(", "%28"), (")", "%29"), (",", "%2C"), (".", "%2E"), ("%", "%25")):
        text = text.replace(code, plain)
    return text


@dataclass(frozen=True, slots=True)
class Urn:
    """A parsed URN. `namespace`, `name` and `path` hold the escaped text, as it stands in the string."""

    kind: str
    namespace: str
    name: str
    path: str | None = None

    def __str__(self) -> str:
        path = "" if self.path is None else f",{self.path}"
        return f"{_PREFIX}{self.kind}:({self.namespace},{self.name}{path})"

    @property
    def dotted_name(self) -> str:
        """The name, and for a column its path, joined by a dot: what people type, in full."""
        return self.name if self.path is None else f"{self.name}.{self.path}"

    @property
    def label(self) -> str:
        """The last segment, unescaped: the short name to show."""
        return unescape(self.dotted_name.rsplit(".", 1)[-1])

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Parse and check `text`; raise BadInput that says what is wrong with it."""
        return _parse(text)


def check(text: str) -> None:
    """Raise BadInput that says what is wrong with `text` unless it is a URN: for names by the million."""
    if len(text) > MAX_URN_LENGTH or _PLAIN.fullmatch(text) is None:
        _parse(text)


def are_plain(texts: Sequence[str]) -> bool:
    """Say whether these are URNs that `check` has nothing against, found by one look at all of them; False may mean
    that it takes a closer look."""
    return (
        0 < len(texts) <= _LINES
        and max(map(len, texts)) <= MAX_URN_LENGTH
        and _PLAIN_LINES.fullmatch(lines := "\n".join(texts)) is not None
        and lines.count("\n") == len(texts) - 1  # else one of them is two lines
    )


@lru_cache(maxsize=65_536)
def _parse(text: str) -> Urn:
    if len(text) > MAX_URN_LENGTH:
        raise BadInput(f"a URN of {len(text)} characters is over the limit of {MAX_URN_LENGTH}", where=text[:80])
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise BadInput("not a URN", where=text[:200], hint=_HINT)
    kind, namespace, name, path = match.groups()
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise BadInput("the URN is not in Unicode NFC", where=text[:200], hint="Normalise it to NFC before sending")
    if _UNPRINTABLE.search(text):
        raise BadInput("the URN holds a control character", where=repr(text[:200]))
    if "%" in text and _BROKEN_ESCAPE.search(text):
        raise BadInput("a % in the URN is not one of %25 %2C %28 %29 %2E", where=text[:200], hint="Write % as %25")
    if (path is not None) != (kind == "column"):
        said = "a column needs a third part, its path" if kind == "column" else f"a {kind} has no third part"
        raise BadInput(said, where=text[:200], hint=_HINT)
    return Urn(kind, namespace, name, path)


def make(kind: str, namespace: str, name: str) -> str:
    """Return the URN of a thing from plain text; dots in `name` separate segments (else use `dotted`)."""
    return f"{_PREFIX}{kind}:({escape(namespace)},{escape(name)})"


def person(key: str) -> str:
    """Return the URN of somebody by e-mail address, else by name."""
    return of_segments("person", PEOPLE, key)


def of_segments(kind: str, namespace: str, *segments: str) -> str:
    """Return the URN of a thing whose name is given as plain segments; a dot inside one is escaped."""
    return f"{_PREFIX}{kind}:({escape(namespace)},{dotted(*segments)})"


def column(dataset: str, path: str) -> str:
    """Return the URN of a column; `dataset` is a URN, `path` is escaped (see `dotted`)."""
    return f"{column_start(dataset)}{path})"


def column_start(dataset: str) -> str:
    """Return how the URN of each column of a dataset begins; its path and a bracket follow."""
    return f"{_COLUMN}{dataset[dataset.index('(') : -1]},"


def columns(dataset: str, paths: Iterable[str]) -> list[str]:
    """Return the URNs of columns of one dataset; see `column`."""
    start = column_start(dataset)
    return [f"{start}{path})" for path in paths]


def any_of(dataset: str) -> str:
    """Return the URN of a dataset's derived node `any`: every column of the dataset flows into it."""
    return f"{_PREFIX}any:{dataset[dataset.index('(') :]}"


def rows_of(dataset: str) -> str:
    """Return the URN of a dataset's derived node `rows`: what decides which rows there are flows into it."""
    return f"{_PREFIX}rows:{dataset[dataset.index('(') :]}"


def kind_of(urn: str) -> str:
    """Return the kind of a URN that is known to be well formed."""
    return urn[len(_PREFIX) : urn.index(":", len(_PREFIX))]


def dotted_name_of(urn: str) -> str:
    """Return the dotted name of a URN that is known to be well formed; see `Urn.dotted_name`."""
    return urn[urn.index(",") + 1 : -1].replace(",", ".")


def dataset_of(urn: str) -> str | None:
    """Return the dataset that a column, `any` or `rows` belongs to; None for every other kind."""
    if urn.startswith(_COLUMN):
        return f"{_DATASET}{urn[len(_COLUMN) : urn.rindex(',')]})"
    if urn.startswith(_DERIVED):
        return f"{_DATASET}{urn[urn.index('(') :]}"
    return None
