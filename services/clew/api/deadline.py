"""HTTP as uvicorn speaks it, but it hangs up on a client that does not finish its request.

uvicorn waits for the rest of a request for as long as the connection lasts, so that a few thousand clients that break
off without hanging up would take every file handle of the process.
"""

from __future__ import annotations

import asyncio

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from clew.errors import CallerError


class TooSlow(CallerError):
    """A request did not arrive whole in time."""

    code = "too_slow"
    http_status = 408


class DeadlineProtocol(H11Protocol):
    """One connection. Ends it when the client has owed the rest of a head or of a body for too long."""

    head_seconds = 30.0
    """What the head of a request may take, from its first byte; on a new connection, from its start."""
    body_seconds = 30.0
    """What may lie between two pieces of a body."""

    _owed: str | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Set the clock for what is owed now; more of a head does not set it back, more of a body does."""
        owed = self._owes()
        if owed == self._owed == "head":
            return
        self._forget()
        if owed is not None and not self.transport.is_closing():
            self._owed = owed
            self._timer = self.loop.call_later(self._allowed(owed), self._late)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._owed = self._timer = None

    def _allowed(self, owed: str) -> float:
        return self.head_seconds if owed == "head" else self.body_seconds

    def _owes(self) -> str | None:
        """Return which part of a request the client has begun, or has connected to send, and not ended."""
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        if self.conn.their_state is h11.IDLE and (self.cycle is None or self._has_begun()):
            return "head"
        return None

    def _has_begun(self) -> bool:
        return bool(self.conn.trailing_data[0])

    def _late(self) -> None:
        owed = self._owed
        self._forget()
        if owed is None or self.transport.is_closing():
            return
        # It is the house that does not read on, or has not told the client to go on.
        if self.flow.read_paused or self.conn.they_are_waiting_for_100_continue:
            self._watch()
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and (owed == "body" or self._has_begun()):
            self._say_late(owed)
        self.transport.close()

    def _say_late(self, owed: str) -> None:
        seconds = self._allowed(owed)
        error = TooSlow(
            f"the {owed} of the request did not arrive in time: {seconds:g} s", where=owed, hint="Send it again, whole"
        )
        body = orjson.dumps({"error": error.to_dict()})
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "close")]
        for event in (h11.Response(status_code=error.http_status, headers=headers), h11.Data(body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
