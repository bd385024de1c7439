"""Jinja left in the SQL: rendered leniently, so that what it stands for can still be read.

`ref('m')` and `source('s', 't')` become names, which a caller binds; `config`, comments and macros become nothing; of
an `if` the first branch stays, a `for` runs once; a variable with a default becomes it. All else becomes a made-up
name and is told. Lines stay where they are.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

OPENING: Final = re.compile(r"\{[#%{]")
CLOSING: Final = {"{#": "#}", "{%": "%}", "{{": "}}"}
MOST_FILLED_IN: Final = 1_000_000
"""Characters that variables may become in one text: one that is long and used often would be without end."""
STRING: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
CALL: Final = re.compile(r"^([\w.]+)\s*\((.*)\)(?:\s*\|.*)?$", re.DOTALL)
SET: Final = re.compile(r"^set\s+(\w+)\s*=\s*(.+)$", re.DOTALL)
SKIPPED: Final = frozenset({"macro", "call", "filter", "test", "docs", "snapshot_meta"})
SILENT: Final = frozenset({"config", "log", "exceptions.raise_compiler_error", "run_query"})


class Rendered(NamedTuple):
    """The SQL, and a sentence for each thing that was made up."""

    sql: str
    guessed: tuple[str, ...]


class Tag(NamedTuple):
    """A tag from `start` to `end`: how it opens, and what stands in it."""

    start: int
    end: int
    opening: str
    words: str


def _tags(text: str) -> Iterator[Tag]:
    """The tags in order. An opening that nothing closes is none, nor is any later one of its kind."""
    at, unclosed = 0, set[str]()
    while (found := OPENING.search(text, at)) is not None:
        opening = found.group()
        close = -1 if opening in unclosed else text.find(CLOSING[opening], found.end())
        if close < 0:
            unclosed.add(opening)
            at = found.start() + 1
            continue
        at = close + 2
        words = text[found.end() : close].removeprefix("-").removesuffix("-").strip()
        yield Tag(found.start(), at, opening, words)


def render(text: str) -> Rendered:
    """The text without its templates; unchanged if it has none."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return Rendered(text, ())
    return _Renderer(text).rendered()


class _Renderer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._guessed: dict[str, None] = {}
        self._set: dict[str, str] = {}
        self._room = MOST_FILLED_IN
        self._open: list[bool] = []
        """Of each block that is open, whether it is skipped."""
        self._skipped = 0
        """How many of them are."""

    def rendered(self) -> Rendered:
        made, end = [], 0
        for tag in _tags(self._text):
            made.append(self._kept(self._text[end : tag.start]))
            end = tag.end
            if tag.opening == "{%":
                self._block(tag.words)
            elif tag.opening == "{{" and not self._skipped:
                made.append(self._value(tag.words))
            made.append("\n" * self._text.count("\n", tag.start, tag.end))
        return Rendered("".join([*made, self._kept(self._text[end:])]), tuple(self._guessed))

    def _kept(self, text: str) -> str:
        return "\n" * text.count("\n") if self._skipped else text

    def _block(self, words: str) -> None:
        first = words.split(None, 1)[0] if words else ""
        if first == "set" and (given := SET.match(words)):
            self._remember(given.group(1), given.group(2))
        elif first in SKIPPED or first == "set":
            self._begin(skipped=True)
        elif first in ("if", "for", "block", "raw", "snapshot", "materialization"):
            self._begin(skipped=False)
            if first in ("if", "for"):
                self._guessed[f"{{% {words} %}} is taken to hold once"] = None
        elif first in ("else", "elif") and self._open:
            self._end()
            self._begin(skipped=True)
        elif first.startswith("end") and self._open:
            self._end()

    def _begin(self, *, skipped: bool) -> None:
        self._open.append(skipped)
        self._skipped += skipped

    def _end(self) -> None:
        self._skipped -= self._open.pop()

    def _remember(self, name: str, value: str) -> None:
        plain = STRING.fullmatch(value.strip())
        if plain is not None:
            self._set[name] = plain.group(1) or plain.group(2) or ""
        elif re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
            self._set[name] = value.strip()

    def _value(self, words: str) -> str:
        if words in self._set and self._room >= len(self._set[words]):
            self._room -= len(self._set[words])
            return self._set[words]
        call = CALL.match(words)
        if call is None:
            return words if words == "this" else self._made_up(words)
        name, arguments = call.group(1), [a or b for a, b in STRING.findall(call.group(2))]
        if name == "ref" and arguments:
            return str(arguments[0] if "version" in call.group(2) else arguments[-1])
        if name == "source" and len(arguments) == 2:
            return ".".join(arguments)
        if name in SILENT:
            return ""
        if name in ("var", "env_var") and len(arguments) > 1:
            return str(arguments[1])
        return self._made_up(words)

    def _made_up(self, words: str) -> str:
        self._guessed[f"{{{{ {words} }}}} is not known"] = None
        return "jinja_" + re.sub(r"\W+", "_", words).strip("_")
