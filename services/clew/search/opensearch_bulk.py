"""Writing documents of an OpenSearch index: in bulk, each with the seq that it is as of, and nothing passed over.

A document carries its seq as its external version, so that a late or doubled write moves nothing back. A version can
also be raised by a stranger's hand: what refuses a write is therefore looked at, and gives way unless it is newer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from opensearchpy.exceptions import OpenSearchException

from clew.search.opensearch_link import Link, is_about_now
from clew_schemas.errors import ClewError, OurError, Stale, Unreachable

log = logging.getLogger(__name__)

CHUNK_BYTES = 4_000_000
CHUNK_DOCUMENTS = 2_000
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries of what a server refused as it had too much to do."""

_ROUNDS = 10
_DONE, _CONFLICT, _BUSY = range(200, 300), 409, 429


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be written. `guard` is what the server compares before it takes it."""

    id: str
    body: bytes
    guard: Mapping[str, Any]

    def lines(self) -> bytes:
        """Return the two lines of a bulk."""
        return orjson.dumps({"index": {"_id": self.id, **self.guard}}) + b"\n" + self.body + b"\n"


class Bulk:
    """Writes into one index, through the alias that is there only as long as the index is."""

    def __init__(self, link: Link, door: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._link = link
        self._door = door
        self._sleep = sleep

    def write(self, bodies: Mapping[str, bytes], at: int, *, force: bool = False) -> None:
        """Write documents by their ids, all as of `at`; what stands there as of later stays, unless `force`.

        When this returns, all are durable, though not yet searched. Raises Unreachable when the server can't take
        them now, Stale when the index is gone, OurError when it refuses one; some may be written then.
        """
        guard = {"version": at, "version_type": "external_gte"}
        entries = [Entry(id, body, guard) for id, body in bodies.items()]
        for _ in range(_ROUNDS):
            refused = [entry for chunk in chunks(entries) for entry in self._send(chunk)]
            entries = [entry for page in chunks(refused) for entry in self._again(page, at, force)]
            if not entries:
                return
        raise Unreachable(f"{len(entries)} documents are changed by others all the time", where=self._link.where)

    def _send(self, entries: Sequence[Entry]) -> list[Entry]:
        """Write one chunk, waiting for a busy server, and return the entries that were refused for their version."""
        conflicts: list[Entry] = []
        for pause in (*PAUSES, None):
            entries, refused = self._once(entries)
            conflicts += refused
            if not entries:
                return conflicts
            if pause is not None:
                log.info("the search server is busy: %s documents wait %s s", len(entries), pause)
                self._sleep(pause)
        hint = "Give it more memory, or less to do"
        raise Unreachable("the search server has too much to do to take documents", where=self._link.where, hint=hint)

    def _once(self, entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
        """Return what the server was too busy for, and what it refused for its version."""
        body = b"".join(entry.lines() for entry in entries)
        try:
            answer = self._link.client.bulk(body=body, index=self._door, params={"require_alias": "true"})
        except OpenSearchException as error:
            if not is_about_now(error):
                raise self._link.translated(error) from None
            return list(entries), []
        busy, conflicts = [], []
        for entry, item in zip(entries, answer["items"], strict=True):
            (said,) = item.values()
            if said["status"] == _BUSY:
                busy.append(entry)
            elif said["status"] == _CONFLICT:
                conflicts.append(entry)
            elif said["status"] not in _DONE:
                raise self._refusal(entry, said)
        return busy, conflicts

    def _again(self, refused: Sequence[Entry], at: int, force: bool) -> Iterator[Entry]:
        """Yield the refused entries anew that are not older than what stands there, guarded by just that."""
        with self._link.translating():
            asked = {"ids": [entry.id for entry in refused]}
            found = self._link.client.mget(body=asked, index=self._door, params={"_source_includes": "at"})["docs"]
        for entry, standing in zip(refused, found, strict=True):
            if "error" in standing:
                raise self._refusal(entry, {"status": 0, **standing})
            if not standing["found"]:
                yield replace(entry, guard={"op_type": "create"})
            elif force or not _is_newer(standing["_source"], at):
                guard = {"if_seq_no": standing["_seq_no"], "if_primary_term": standing["_primary_term"]}
                yield replace(entry, guard=guard)

    def _refusal(self, entry: Entry, said: Mapping[str, Any]) -> ClewError:
        error, where = said["error"], self._link.where
        reason = f"{error.get('type')}: {error.get('reason')}"
        if error.get("type") == "index_not_found_exception":
            hint = "Read its position anew, and draw from there"
            return Stale("the index was replaced or deleted while it was written", where=where, hint=hint)
        if said.get("status", 0) == 403 or said.get("status", 0) >= 500:
            hint = "Check its disk and health"
            return Unreachable(f"the search server can't write: {reason}", where=where, hint=hint)
        return OurError(f"the search server refuses document {entry.id}: {reason}", where=where)


def _is_newer(source: Mapping[str, Any], at: int) -> bool:
    held = source.get("at")
    return isinstance(held, int) and held > at


def chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in chunks of at most so many, and so many bytes; one that is larger stands alone."""
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        if chunk and (size + len(entry.body) > CHUNK_BYTES or len(chunk) == CHUNK_DOCUMENTS):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += len(entry.body)
    if chunk:
        yield chunk
