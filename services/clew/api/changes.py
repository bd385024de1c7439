"""The tape of changes as server-sent events: one event a commit, in order, for whoever listens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar, TypeVarTuple

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import Header, Query
from fastapi.responses import StreamingResponse

from clew.api import routes
from clew.api.desk import At, Reading
from clew.errors import BadInput
from clew.ledger import Commit, LedgerReader

router = routes.router("changes")

HEARTBEAT = 15.0
"""Seconds after which a silent stream says that it lives."""
_WAIT = 1.0
_BATCH = 100
T = TypeVar("T")
Given = TypeVarTuple("Given")


@router.get(
    "/changes",
    summary="Commits as they happen",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def changes(
    principal: Reading,
    desk: At,
    after: Annotated[
        str | None, Query(description="A token: begin with the commit after it. Default: from now")
    ] = None,
    last_event_id: Annotated[str | None, Header(description="Sent by browsers when they come back")] = None,
) -> StreamingResponse:
    """One event `commit` for each: its id is the token, its data `seq`, `time`, `source` and the `changes`, each a urn
    and an aspect. A comment is sent when nothing happens for a while."""
    ledger, token = desk.stations.ledger, last_event_id or after
    start = ledger.head_seq() if token is None else _seq_of(desk.stations.questions.freshness.seq_of, token)
    return StreamingResponse(
        tape(ledger, start, desk.listeners),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def tape(
    ledger: LedgerReader, after: int, threads: CapacityLimiter, heartbeat: float = HEARTBEAT
) -> AsyncIterator[bytes]:
    """Yield the commits after `after` for as long as somebody listens. Waits in `threads` only."""

    async def in_thread(work: Callable[[*Given], T], *given: *Given) -> T:
        return await to_thread.run_sync(work, *given, abandon_on_cancel=True, limiter=threads)

    yield b"retry: 2000\n\n"
    spoken = time.monotonic()
    while True:
        for commit in await in_thread(ledger.tail, after, _BATCH):
            yield frame(commit, ledger.epoch)
            after, spoken = commit.seq, time.monotonic()
        if time.monotonic() - spoken >= heartbeat:
            yield b": nothing new\n\n"
            spoken = time.monotonic()
        await in_thread(ledger.wait, after + 1, min(_WAIT, heartbeat))


def frame(commit: Commit, epoch: str) -> bytes:
    """Return one commit as a server-sent event."""
    changed = [(each.urn, each.aspect) for each in commit.changes]
    touched = dict.fromkeys(changed + [(each.urn, each.aspect) for each in commit.points])
    data = {
        "seq": commit.seq,
        "time": commit.time,
        "source": commit.source,
        "author": commit.author,
        "message": commit.message,
        "changes": [{"urn": urn, "aspect": aspect} for urn, aspect in touched],
    }
    return b"id: %b-%d\nevent: commit\ndata: %b\n\n" % (epoch.encode(), commit.seq, orjson.dumps(data))


def _seq_of(read: Callable[[str], int], token: str) -> int:
    try:
        return read(token)
    except BadInput as error:
        error.where = "after"
        raise
