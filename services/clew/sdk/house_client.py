"""Speaking with a house: things are said in the background, questions see what was said."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from clew.errors import BadInput, ClewError, OurError
from clew.sdk.answers import Answer, Described, Found, Impact, Lineage, Paths
from clew.sdk.batches import Batch, units_of
from clew.sdk.doors import Door
from clew.sdk.moments import Clock, Moment, told
from clew.sdk.naming import Names
from clew.sdk.sender import Refusal, Sender, Stats
from clew.sdk.spool import Spool
from clew.sdk.wire import Wire, quoted, refusal
from clew_schemas.event import Event, Group, Receipt, event

log = logging.getLogger("clew")

STEWARD = "steward"
FLUSH_SECONDS = 30.0
LOOK_SECONDS = 5.0

Direction = Literal["up", "down"]


class HouseClient:
    """A house, as a script sees it; safe to use from several threads.

    What is said through `emit` goes out in the background and never raises, unless `strict`. Questions first wait for
    what this client has said, and are answered with it in view.
    """

    def __init__(
        self, door: Door, spool: Spool, *, source: str, names: Names, strict: bool = False, most_queued: int = 100_000
    ) -> None:
        self.source = source
        self.names = names
        self.strict = strict
        self.clock = Clock()
        self._door = door
        self._wire = Wire(door.request, door.name)
        self._sender = Sender(
            source, self._wire.propose, spool, bytes_sent=lambda: self._wire.bytes_sent, most=most_queued
        )
        self._closed = False
        self._named: set[str] = set()
        self._sender.resume()

    # Saying

    def emit(self, *events: Event | Iterable[Event], loose: bool = False) -> None:
        """Say something, in the background. What one call says lands together, as far as a group of 500 can hold it;
        when it is `loose`, an event that is refused costs only itself.

        Never raises, and never waits for the house: what can't be taken is in `errors`. With `strict`, waits for the
        receipt and raises what went wrong.
        """
        try:
            flat = [self._stamped(each) for given in events for each in _each(given)]
            if self.strict:
                self._propose_now(flat)
            elif flat:
                self._sender.put(units_of(flat, loose=loose))
        except Exception as error:
            self.mishap(error)

    def propose(self, said: Group | Event | Iterable[Event], *, message: str | None = None) -> Receipt:
        """Say something and wait for the receipt.

        A `Group` goes out as it is; events become a group of this client's source. Raises what the house refuses it
        with, Unreachable when it is away.
        """
        if not isinstance(said, Group):
            stamped = tuple(self._stamped(each) for each in _each(said))
            said = Group(self.source, uuid.uuid4().hex, stamped, message=message)
        try:
            body = msgspec.json.encode(said)
        except (TypeError, ValueError, RecursionError) as error:
            raise BadInput(f"the group can't be encoded: {error}") from error
        (receipt,) = self._wire.propose([body])
        self._sender.heed(receipt)
        if receipt.status == "refused":
            raise refusal(receipt)
        return receipt

    def edit(
        self,
        urn: str,
        aspect: str,
        payload: Mapping[str, Any],
        *,
        if_match: str | None = None,
        message: str | None = None,
    ) -> Receipt:
        """Say something as a steward, above what platforms say; needs the token of the house's owner.

        `if_match` is the etag of the aspect as `describe` gave it: when somebody else was faster, Conflict is raised.
        """
        said = event(urn, aspect, dict(payload), if_match=if_match)
        return self.propose(Group(STEWARD, uuid.uuid4().hex, (said,), message=message))

    def flush(self, timeout: float = FLUSH_SECONDS) -> bool:
        """Wait until the house has answered everything said so far; return False when it has not in `timeout` seconds.

        False comes at once when the house is away: what was said is kept, and sent later.
        """
        return self._sender.flush(timeout)

    def stats(self) -> Stats:
        """Return what became of what was said: sent, refused, on disk, dropped."""
        return self._sender.stats()

    @property
    def errors(self) -> deque[Refusal]:
        """The newest hundred of what was not taken, oldest first."""
        return self._sender.errors

    # Asking

    def search(
        self,
        text: str = "",
        *,
        facets: Sequence[str] = ("kind",),
        limit: int = 20,
        offset: int = 0,
        **filters: str | Sequence[str],
    ) -> Found:
        """Find things by words and filters, such as `kind="dataset"`, `owner="anna"`."""
        if "as_of" in filters:  # refused by the house, in words
            filters["asOf"] = filters.pop("as_of")
        asked = {"q": text, "facets": ",".join(facets), "limit": limit, "offset": offset, **filters}
        return Found(self._asked("/v1/search", **asked))

    def describe(self, name: str, *, as_of: Moment | None = None) -> Described:
        """Return all that is known about a URN or short name; raise NotFound or Ambiguous.

        `as_of` is a moment of the past, here and below: a seq, a token, a time (a `datetime`, or in ISO 8601), a date
        (the end of that day in UTC), or a text such as "2h", "3d", "yesterday".
        """
        return Described(self._asked("/v1/entities/" + quoted(name), asOf=told(as_of)))

    def lineage(
        self,
        name: str,
        direction: Direction = "down",
        *,
        grain: str | None = None,
        indirect: bool = False,
        depth: int | None = None,
        as_of: Moment | None = None,
    ) -> Lineage:
        """Return what flows into a thing (`up`) or out of it (`down`)."""
        asked = {"direction": direction, "grain": grain, "indirect": indirect, "depth": depth}
        return Lineage(self._asked("/v1/lineage", of=name, asOf=told(as_of), **asked))

    def impact(
        self, name: str, change: str = "drop", *, named: int | None = None, as_of: Moment | None = None
    ) -> Impact:
        """Return what a change (`drop`, `rename`, `retype`, …) breaks."""
        return Impact(self._asked("/v1/impact", of=name, change=change, named=named, asOf=told(as_of)))

    def paths(
        self,
        start: str,
        end: str,
        *,
        grain: str | None = None,
        indirect: bool = False,
        most: int = 10,
        as_of: Moment | None = None,
    ) -> Paths:
        """Return how one thing reaches another downstream."""
        asked = {"from": start, "to": end, "grain": grain, "indirect": indirect, "most": most}
        return Paths(self._asked("/v1/paths", asOf=told(as_of), **asked))

    def what_trained(self, name: str, *, most: int | None = None, as_of: Moment | None = None) -> Answer:
        """Return how the model versions behind a model, deployment, endpoint or prediction set came about."""
        return Answer(self._asked("/v1/what-trained", of=name, most=most, asOf=told(as_of)))

    def diff(
        self,
        name: str,
        since: Moment,
        until: Moment | None = None,
        *,
        grain: str | None = None,
        indirect: bool = False,
        depth: int | None = None,
        most: int | None = None,
    ) -> Answer:
        """Return what changed of a thing, and of the lineage around it, between two moments; `until` is now if not
        given."""
        asked = {"from": told(since), "to": told(until), "grain": grain, "indirect": indirect}
        return Answer(self._asked("/v1/diff", of=name, depth=depth, most=most, **asked))

    def sources(self) -> list[dict[str, Any]]:
        """Return all registered sources."""
        said: list[dict[str, Any]] = self._wire.ask("/v1/sources")["sources"]
        return said

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON that a GET route of the house answers, such as `get("/v1/receipts", source=…, id=…)`."""
        return self._wire.ask(path, **parameters)

    def look(self, name: str) -> Described | ClewError:
        """Return what is known of a thing, or why not, within a few seconds; never raises. For use while a script runs.

        A house that is known to be away is not asked.
        """
        try:
            if self._sender.stats().away is not None:
                raise OurError("the house is away")
            return Described(self._wire.call("GET", "/v1/entities/" + quoted(name), timeout=LOOK_SECONDS))
        except ClewError as error:
            return error
        except Exception as error:
            return OurError(f"{type(error).__name__}: {error}")

    def _asked(self, path: str, **parameters: Any) -> Any:
        self._sender.flush(FLUSH_SECONDS)
        return self._wire.ask(path, atLeast=self._sender.token, **parameters)

    # For runs

    def announce(self, key: str, events: Sequence[Event], seconds: float) -> None:
        """Emit events in `seconds`, unless they are withdrawn before; at once when `strict`."""
        if self.strict:
            self.emit(events)
            return
        try:
            self._sender.announce(key, units_of([self._stamped(each) for each in events], loose=True), seconds)
        except Exception as error:
            self.mishap(error)

    def withdraw(self, key: str) -> bool:
        """Take an announcement back; return False when it is already on its way."""
        return self._sender.withdraw(key)

    def waiting(self, key: str) -> bool:
        """Say whether an announcement has not gone out yet."""
        return self._sender.announced(key)

    def first_time(self, urn: str) -> bool:
        """Say whether this client is about to speak of a thing for the first time."""
        if urn in self._named:
            return False
        self._named.add(urn)
        return True

    def ended(self, run: Any) -> None:
        """Take note that a run has ended."""

    def mishap(self, error: Exception) -> None:
        """Keep and log an error that the caller's pipeline must not suffer from; raise it when `strict`."""
        if self.strict:
            raise error
        if not isinstance(error, ClewError):
            log.debug("in the SDK", exc_info=error)
            error = BadInput(f"{type(error).__name__}: {error}")
        self._sender.refuse(error)

    def _stamped(self, said: Event) -> Event:
        if not isinstance(said, Event):
            raise BadInput(f"a {type(said).__name__} is no event", hint="Make one: clew.event(urn, aspect, payload)")
        if said.observed is not None or said.time is not None:
            return said
        return msgspec.structs.replace(said, observed=self.clock.now())

    def _propose_now(self, events: Sequence[Event]) -> None:
        for unit in units_of(events):
            batch = Batch(self.source, uuid.uuid4().hex, (unit,))
            (receipt,) = self._wire.propose([batch.body()])
            self._sender.heed(receipt)
            if receipt.status == "refused":
                raise refusal(receipt)

    # Ending

    def close(self, timeout: float = FLUSH_SECONDS) -> None:
        """Send what waits within `timeout` seconds, put the rest on disk, and let go of the house."""
        if self._closed:
            return
        self._closed = True
        self._sender.close(timeout)
        self._door.close()

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def after_fork(self) -> None:
        """Begin anew in a child process."""
        self.clock.after_fork()
        self._door.after_fork()


def _each(given: Event | Iterable[Event]) -> Iterable[Event]:
    return (given,) if isinstance(given, Event) else given
