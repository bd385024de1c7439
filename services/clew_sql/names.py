"""How a dialect reads names: which spellings mean the same thing, and how a name is shown."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

ANY_CASE: Final = frozenset({"mysql", "teradata"})
"""Column names in any case are the same there; MySQL's table names are too on most of its platforms."""


class Name(NamedTuple):
    """A name as written in SQL.

    `key` is equal for equal names; `shown` is the spelling to report; `loose` says that, if nothing has the key, a name
    differing in case only is meant (an unquoted name where schemas are often handed over in another case).
    """

    text: str
    key: str
    shown: str
    loose: bool


class Names:
    """The naming rules of one dialect."""

    def __init__(self, dialect: Dialect, named: str = "") -> None:
        self.dialect = named
        strategy = dialect.normalization_strategy
        self._fold_text = {
            NormalizationStrategy.LOWERCASE: str.lower,
            NormalizationStrategy.UPPERCASE: str.upper,
        }.get(strategy)
        self.insensitive = (
            strategy
            in (
                NormalizationStrategy.CASE_INSENSITIVE,
                NormalizationStrategy.CASE_INSENSITIVE_UPPERCASE,
            )
            or named in ANY_CASE
        )

    def of(self, identifier: exp.Expr) -> Name:
        """The name that an identifier of the syntax tree writes."""
        text = identifier.name
        if identifier.args.get("temporary") or identifier.args.get("global_"):
            text = ("#" if identifier.args.get("temporary") else "##") + text
        if self.insensitive:
            return Name(text, text.lower(), text, False)
        quoted = bool(identifier.args.get("quoted"))
        folded = text if quoted or self._fold_text is None else self._fold_text(text)
        return Name(text, folded, folded, self._fold_text is not None and not quoted)

    def plain(self, text: str) -> Name:
        """A name that we make up ourselves, written as the platform would store it."""
        return Name(text, self.stored(text), text, False)

    def stored(self, text: str) -> str:
        """The key of a name as a schema spells it."""
        return text.lower() if self.insensitive else text

    def near(self, key: str, known: Iterable[str]) -> str | None:
        """The key that differs in case only, where unquoted names are folded and schemas come in another case."""
        if self._fold_text is None:
            return None
        return next((other for other in known if other.lower() == key.lower()), None)

    def coarse(self, key: str) -> str:
        """Equal for keys that differ in case only, where unquoted names are folded."""
        return key if self._fold_text is None else key.lower()


class Listed:
    """Names of a list by their keys. Where unquoted names are folded, one is found in another case, too."""

    def __init__(self, names: Names, listed: Iterable[str]) -> None:
        self.by_key = {names.stored(each): each for each in listed}
        self._names = names
        self._coarse: dict[str, str] | None = None

    def key_of(self, key: str) -> str | None:
        """The key itself if it is listed, else the first that differs from it in case only."""
        if key in self.by_key:
            return key
        if self._coarse is None:
            self._coarse = {self._names.coarse(each): each for each in reversed(self.by_key)}
        return self._coarse.get(self._names.coarse(key))
