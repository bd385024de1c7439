"""Jinja left in the SQL: rendered leniently, so that what it stands for can still be read.

`ref('m')` and `source('s', 't')` become names, which a caller binds; `config`, comments and macros become nothing; of
an `if` the first branch stays, a `for` runs once; a variable with a default becomes it. All else becomes a made-up
name and is told. Lines stay where they are.
"""

import re
from typing import Final, NamedTuple

TAG: Final = re.compile(r"\{#.*?#\}|\{%-?\s*(.*?)\s*-?%\}|\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
STRING: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
CALL: Final = re.compile(r"^([\w.]+)\s*\((.*)\)(?:\s*\|.*)?$", re.DOTALL)
SET: Final = re.compile(r"^set\s+(\w+)\s*=\s*(.+)$", re.DOTALL)
SKIPPED: Final = frozenset({"macro", "call", "filter", "test", "docs", "snapshot_meta"})
SILENT: Final = frozenset({"config", "log", "exceptions.raise_compiler_error", "run_query"})


class Rendered(NamedTuple):
    """The SQL, and a sentence for each thing that was made up."""

    sql: str
    guessed: tuple[str, ...]


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
        self._skipping: list[str] = []
        """Blocks that are open, "" for one that is kept."""

    def rendered(self) -> Rendered:
        made, end = [], 0
        for tag in TAG.finditer(self._text):
            made.append(self._kept(self._text[end : tag.start()]))
            end = tag.end()
            lines = "\n" * tag.group().count("\n")
            if tag.group(1) is not None:
                self._block(tag.group(1))
            elif tag.group(2) is not None and not any(self._skipping):
                quoted = self._text[: tag.start()].endswith(("'", '"')) or self._text[end:].startswith(("'", '"'))
                made.append(self._value(tag.group(2), quoted))
            made.append(lines)
        return Rendered("".join([*made, self._kept(self._text[end:])]), tuple(self._guessed))

    def _kept(self, text: str) -> str:
        return "\n" * text.count("\n") if any(self._skipping) else text

    def _block(self, words: str) -> None:
        first = words.split(None, 1)[0] if words else ""
        if first == "set" and (given := SET.match(words)):
            self._remember(given.group(1), given.group(2))
        elif first in SKIPPED or first == "set":
            self._skipping.append(first)
        elif first in ("if", "for", "block", "raw", "snapshot", "materialization"):
            self._skipping.append("")
            if first in ("if", "for"):
                self._guessed[f"{{% {words} %}} is taken to hold once"] = None
        elif first in ("else", "elif") and self._skipping:
            self._skipping[-1] = first
        elif first.startswith("end") and self._skipping:
            self._skipping.pop()

    def _remember(self, name: str, value: str) -> None:
        plain = STRING.fullmatch(value.strip())
        if plain is not None:
            self._set[name] = plain.group(1) or plain.group(2) or ""
        elif re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
            self._set[name] = value.strip()

    def _value(self, words: str, quoted: bool) -> str:
        words = words.strip()
        if words in self._set:
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
