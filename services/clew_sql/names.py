"""How a dialect reads names: which spellings mean the same thing, and how a name is shown."""

from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy


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

    def __init__(self, dialect: Dialect) -> None:
        strategy = dialect.normalization_strategy
        self._fold_text = {
            NormalizationStrategy.LOWERCASE: str.lower,
            NormalizationStrategy.UPPERCASE: str.upper,
        }.get(strategy)
        self.insensitive = strategy in (
            NormalizationStrategy.CASE_INSENSITIVE,
            NormalizationStrategy.CASE_INSENSITIVE_UPPERCASE,
        )

    def of(self, identifier: exp.Expr) -> Name:
        """The name that an identifier of the syntax tree writes."""
        text = identifier.name
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
