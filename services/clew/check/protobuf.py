"""Fields of the first message of a .proto file, by path. Format: https://protobuf.dev/reference/protobuf/proto3-spec/"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clew.check.schema_fields import DEEPEST, MOST, Field
from clew_schemas.errors import BadInput

WORDS: Final = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[A-Za-z_.][\w.]*|-?\d\w*|[{}\[\]();=,<>:]", re.DOTALL
)


@dataclass(slots=True)
class _Message:
    name: str
    fields: list[tuple[str, str, int]] = field(default_factory=list)
    messages: dict[str, _Message] = field(default_factory=dict)
    enums: dict[str, list[str]] = field(default_factory=dict)


def fields(text: str, where: str) -> Mapping[str, Field]:
    """Return the fields of the first message; raise BadInput with the line of what can't be read."""
    reading = _Reading(text, where)
    file = reading.body(_Message(""), top=True)
    if not file.messages:
        raise BadInput("there is no message", where=where)
    first = next(iter(file.messages.values()))
    found: dict[str, Field] = {}
    _flatten(first, [file, first], "", found, (first.name,))
    return found


def _flatten(
    message: _Message, around: list[_Message], prefix: str, found: dict[str, Field], open_: tuple[str, ...]
) -> None:
    for name, kind, number in message.fields:
        if len(found) >= MOST:
            raise BadInput(f"more than {MOST} fields", where=prefix)
        plain = kind.rsplit(" ", 1)[-1].rsplit(".", 1)[-1]
        values = next((each.enums[plain] for each in reversed(around) if plain in each.enums), None)
        found[prefix + name] = Field(name, kind, f"one of {', '.join(values)}" if values else "", (), number)
        inner = next((each.messages[plain] for each in reversed(around) if plain in each.messages), None)
        if inner is not None and inner.name not in open_ and len(open_) < DEEPEST:
            _flatten(inner, [*around, inner], f"{prefix}{name}.", found, (*open_, inner.name))


class _Reading:
    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._words = [
            (each.group(), text.count("\n", 0, each.start()) + 1 if len(text) < 200_000 else 0)
            for each in WORDS.finditer(text)
            if not each.group().startswith(("//", "/*"))
        ]
        self._at = 0
        self._depth = 0

    def body(self, into: _Message, *, top: bool = False) -> _Message:
        """Read what stands between brackets, or the whole file."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong("messages are nested too deeply")
        while self._at < len(self._words):
            word = self._next()
            if word == "}":
                if top:
                    raise self._wrong("a bracket is closed that is not open")
                self._depth -= 1
                return into
            self._statement(word, into, top)
        if not top:
            raise self._wrong("a bracket is not closed")
        self._depth -= 1
        return into

    def _statement(self, word: str, into: _Message, top: bool) -> None:
        if word == ";":
            return
        if word == "message" and self._peek(1) == "{":
            name = self._next()
            self._expect("{")
            into.messages[name] = self.body(_Message(name))
        elif word == "enum" and self._peek(1) == "{":
            name = self._next()
            self._expect("{")
            into.enums[name] = self._values()
        elif word == "oneof" and self._peek(1) == "{":
            self._next()
            self._expect("{")
            into.fields += self.body(_Message("")).fields
        elif word in ("syntax", "package", "import", "option", "reserved", "extensions", "edition"):
            self._skip()
        elif word in ("service", "extend", "group") or top:
            self._skip_block()
        else:
            into.fields.append(self._field(word))

    def _field(self, word: str) -> tuple[str, str, int]:
        label = word if word in ("repeated", "optional", "required") else ""
        kind = self._next() if label else word
        if kind == "map" and self._peek() == "<":
            self._expect("<")
            key = self._next()
            self._expect(",")
            kind = f"map<{key},{self._next()}>"
            self._expect(">")
        name = self._next()
        self._expect("=")
        number = self._next()
        if not number.isdigit():
            raise self._wrong(f"{number!r} is no number of a field")
        self._skip()
        return name, f"{label} {kind}".strip(), int(number)

    def _values(self) -> list[str]:
        found = []
        while (word := self._next()) != "}":
            if word in ("option", "reserved"):
                self._skip()
            elif word != ";":
                found.append(f"{word}{self._after_equals()}")
        return found

    def _after_equals(self) -> str:
        self._expect("=")
        number = self._next()
        self._skip()
        return f"={number}"

    def _skip(self) -> None:
        """Pass over to the end of a statement, options in brackets included."""
        depth = 0
        while self._at < len(self._words):
            word = self._next()
            depth += (word in "{[(") - (word in "}])")
            if word == ";" and depth <= 0:
                return

    def _skip_block(self) -> None:
        while self._at < len(self._words) and self._peek() not in ("{", ";"):
            self._next()
        depth = 0
        while self._at < len(self._words):
            word = self._next()
            depth += (word == "{") - (word == "}")
            if depth == 0:
                return

    def _next(self) -> str:
        if self._at >= len(self._words):
            raise self._wrong("the file ends in the middle")
        self._at += 1
        return self._words[self._at - 1][0]

    def _peek(self, ahead: int = 0) -> str:
        return self._words[self._at + ahead][0] if self._at + ahead < len(self._words) else ""

    def _expect(self, word: str) -> None:
        if self._next() != word:
            raise self._wrong(f"{word!r} is expected, not {self._words[self._at - 1][0]!r}")

    def _wrong(self, what: str) -> BadInput:
        line = self._words[min(self._at, len(self._words)) - 1][1] if self._words else 1
        return BadInput(what, where=f"{self._where}:{line}")
