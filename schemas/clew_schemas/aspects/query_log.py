"""What a query log tells: the statements as they were run, and what of their use is counted from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from clew_schemas.aspects.base import AspectModel, Text, UrnText, annotated
from clew_schemas.aspects.flow import Index


def _row(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Micros = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Word = Annotated[int, Field(ge=-1)]
LoggedRow = Annotated[tuple[Micros, Index, Word, Word, Word, Word, Count], BeforeValidator(_row)]


class LoggedQueries(AspectModel):
    """Statements that ran on one day, in order of time; the literals in them are blanked.

    A row is `[time in µs UTC, text, session, user, database, schema, times]`: `text` by its position in `texts`, the
    four others by theirs in `words`, -1 where the log does not say. One session's rows are in the order they ran in.
    """

    model_config = annotated("logged_queries", mode="series", kinds=["object"], retention={"days": 30})

    dialect: Text
    namespace: Text = Field(description="Namespace of the datasets that the SQL names")
    counted: bool | None = Field(default=None, description="The log counts how often each text ran, and no single runs")
    since: datetime | None = Field(default=None, strict=False, description="When a log that counts began to")
    texts: list[Text]
    words: list[str]
    rows: list[LoggedRow]

    @model_validator(mode="after")
    def _positions_exist(self) -> LoggedQueries:
        texts, words = len(self.texts), len(self.words)
        for at, (_, text, *others, _times) in enumerate(self.rows):
            if text >= texts or max(others) >= words:
                raise ValueError(f"rows[{at}] points beyond texts or words")
        return self


class JoinKeys(AspectModel):
    """By which of its columns a dataset was joined, and with what, in the time that ends at the point's time."""

    model_config = annotated("join_keys", mode="series", kinds=["dataset"], retention={"days": 400})

    columns: dict[str, Count] = Field(description="How often, by escaped column path")
    others: dict[UrnText, Count] | None = Field(default=None, description="How often, by the dataset joined with")
