"""REST: SQL over the relations. A query ends with the request that asked it."""

from __future__ import annotations

import asyncio
from typing import Annotated

from anyio import to_thread
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from clew.api import routes
from clew.api.desk import At, Reading
from clew.api.replies import Json
from clew.query.sql import MOST_ROWS, MOST_SECONDS, ROWS, SECONDS, SqlAnswer
from clew.relations.port import Stop

router = routes.router("questions")

_LOOK = 0.25
"""Seconds between two looks whether somebody still waits for the answer."""

Scalar = Annotated[str, Field(max_length=1_000_000)] | bool | int | float | None


class Sql(BaseModel):
    """A query, the values of its `:name` parameters, and how much of an answer is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    query: str
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    limit: int = Field(ROWS, ge=1, le=MOST_ROWS)
    seconds: float = Field(SECONDS, gt=0, le=MOST_SECONDS)
    at_least: str | None = Field(None, alias="atLeast")


@router.post("/sql", summary="Ask the relations in SQL")
async def sql(request: Request, principal: Reading, desk: At, asked: Sql) -> Json:
    """`columns` and `rows` of one SELECT over `entities`, `columns`, `edges`, `claims` and the others.

    Read-only. A longer answer than `limit` is `truncated`; a query that takes longer than `seconds` is a 413.
    """
    stop = Stop()

    def answered() -> SqlAnswer:
        return desk.stations.questions.sql(
            asked.query,
            principal.viewer,
            parameters=asked.parameters,
            limit=asked.limit,
            seconds=asked.seconds,
            at_least=asked.at_least,
            stop=stop,
        )

    watching = asyncio.create_task(_stop_when_nobody_waits(request, stop))
    try:
        return Json((await to_thread.run_sync(answered)).to_dict())
    finally:
        watching.cancel()


async def _stop_when_nobody_waits(request: Request, stop: Stop) -> None:
    # Nothing tells when a client has gone: it is asked for.
    while not await request.is_disconnected():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK)
    stop.stop()
