"""The search index on an OpenSearch server: many readers, and writers that may race without doing harm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, local
from typing import Any, TypeVar

import orjson
from opensearchpy.exceptions import NotFoundError
from opensearchpy.helpers import scan

from clew.search import opensearch_store as store
from clew.search import opensearch_view as view
from clew.search.opensearch_bulk import Bulk
from clew.search.opensearch_generations import Generations
from clew.search.opensearch_link import Link
from clew.search.port import Document, Position, SearchChange, SearchQuery, SearchResult
from clew_schemas.errors import Damaged, OurError, Stale

TOMBSTONES_LIVE = 86_400.0
"""Seconds: nobody still holds a change that was drawn a day ago and not written."""

_SWEEP_EVERY = 3_600.0
_PAGE = 200
_WHOLE = {"allow_partial_search_results": "false"}
_KEPT_ALIVE = "1m"
_TRIES = 5
_SETTLES = 2.0
"""Seconds for which an index that is being replaced may not be there."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """A position as it stands on the server: in which index, and in which state of its document, if there is one."""

    position: Position
    index: str
    guard: Mapping[str, Any]


class OpenSearchIndex:
    """The engine of the `Search` port that many processes share.

    It reads through the alias of the generation in force, and follows when another process puts a rebuilt one in
    force. Hits deeper than the first 10,000 are refused; a query of dozens of words is ranked without fields.
    """

    name = "OpenSearch"

    def __init__(self, link: Link, generation: int | None = None, clock: Callable[[], float] = time.time) -> None:
        self.damaged: str | None = None
        """What was wrong with the index that was found at `open`; this one is empty then, and wants a rebuild."""
        self._link = link
        self._generations = Generations(link.client, link.index, link.where)
        self._generation = generation
        self._clock = clock
        self._swept = 0.0
        self._told = local()  # by thread: a change begins at the position that its drawer was told
        self._writing = Lock()
        self._closed = False
        link.hold()

    @classmethod
    def open(cls, url: str, *, patience: float = 10.0) -> OpenSearchIndex:
        """Open the index that `url` names, or begin an empty one: with `damaged` set, when there is an older one.

        A server that is away is waited for, `patience` seconds at most. Raises BadInput for a URL that is none, a
        server that is no OpenSearch and an index of a newer Clew, Forbidden for a wrong password, else Unreachable.
        """
        link = Link(url)
        link.connect(patience)
        index = cls(link)
        try:
            index._prepare(patience)
        except BaseException:
            index.close()
            raise
        return index

    def position(self) -> Position:
        """Return how far what can be searched has come; ("", 0) when it is empty."""
        self._told.position = self._held(realtime=False).position
        return Position(*self._told.position)

    def apply(self, epoch: str, change: SearchChange) -> None:
        """Take a change: documents first, then, when all are durable, its position, and make both searched at once.

        One call costs tens of milliseconds, so callers gather what they can. What ended half-way is taken again.
        Any number of processes may apply the same changes: each document stays as of its latest. Raises ValueError
        for another epoch than the index's, Stale when the index was replaced by one that is not so far.
        """
        with self._writing:
            bodies = self._bodies(change.documents, change.gone, change.seq)
            held = self._claimed(epoch)
            if change.seq <= held.position.seq:
                return
            self._bulk(held).write(bodies, change.seq)
            self._advance(held, Position(epoch, change.seq))
            if change.gone:
                self._sweep(held)

    def search(self, query: SearchQuery) -> SearchResult:
        """Return what matches; `opensearch_view.search` promises more."""
        return view.search(query, self._ask, self._snapshot)

    def get(self, id: int) -> Document | None:
        """Return the stored document of an entity, or None."""
        found = self._one(str(id), realtime=False)
        return store.decoded(found) if found["found"] and "gone" not in found["_source"] else None

    def dump(self) -> Iterator[Document]:
        """Yield every stored document of one moment; last, and without a digest, those that somebody else changed."""
        strangers = []
        for hit in self._all():
            try:
                document = store.decoded(hit)
            except Damaged:
                strangers.append(hit)
                continue
            if store.is_sound(hit, document):
                yield document
            else:
                strangers.append(hit)
        yield from filter(None, map(store.altered, strangers))

    def replace(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        """Write these documents and drop these ids, whatever stands there, leaving the position.

        Others that a stranger wrote for these ids go, too.
        """
        with self._writing:
            held = self._held()
            bodies = self._bodies(documents, gone, held.position.seq)
            self._bulk(held).write(bodies, held.position.seq, force=True)
            self._delete(held, _strangers(list(bodies)))
            self._refresh(held)

    def fresh(self) -> OpenSearchIndex:
        """Return an empty index beside this one. Earlier fresh ones that were never promoted are dropped."""
        with self._reaching():
            begun = self._generations.begin()
            # Begun before the others go: a number is not given again to an index that somebody may still write.
            self._generations.keep_only(begun, *([self._generation] if self._generation else []))
        return OpenSearchIndex(self._link, begun, self._clock)

    def promote(self) -> None:
        """Put this index in force and delete the one that was, in one step; all who read follow."""
        if self._generation is not None:
            with self._reaching():
                self._generations.put_in_force(self._generation)
            self._generation = None

    def close(self) -> None:
        """Let the connections go. Closing twice is closing once."""
        if not self._closed:
            self._closed = True
            self._link.release()

    def _prepare(self, patience: float) -> None:
        def prepare() -> None:
            try:
                if self._generations.current() is None:
                    self._generations.begin(in_force=True)
            except Damaged as error:
                self.damaged = str(error)
                self._generations.put_in_force(self._generations.begin())

        self._link.patiently(prepare, patience)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        if self._closed:
            raise OurError("the search index is closed", where=self._link.where)
        with self._link.translating():
            yield

    @property
    def _name(self) -> str:
        number = self._generation
        return self._generations.alias if number is None else self._generations.index(number)

    # Reading.

    def _read(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns, asking again where the alias was flipped between finding and reading an index."""
        with self._reaching():
            return self._link.patiently(ask, _SETTLES, settling=True)

    def _ask(self, body: dict[str, Any]) -> view.Answer:
        return self._read(lambda: self._link.client.search(body=body, index=self._name, params=_WHOLE))

    @contextmanager
    def _snapshot(self) -> Iterator[view.Ask]:
        """Give what asks the index as it is now, whatever is written meanwhile."""
        client = self._link.client
        kept = {"keep_alive": _KEPT_ALIVE}
        pit = self._read(lambda: client.create_pit(index=self._name, params=kept))["pit_id"]

        def ask(body: dict[str, Any]) -> view.Answer:
            with self._reaching():
                answer: view.Answer = client.search(body={**body, "pit": {"id": pit, **kept}})
                return answer

        try:
            yield ask
        finally:
            with self._reaching():
                client.delete_pit(body={"pit_id": [pit]})

    def _all(self) -> Iterator[dict[str, Any]]:
        # A document without an id is no document of ours, and no search finds it; but somebody may have taken it away.
        ours = {"bool": {"must_not": [{"ids": {"values": [store.POSITION]}}, {"exists": {"field": "gone"}}]}}
        with self._reaching():
            yield from scan(self._link.client, query={"query": ours}, index=self._name, size=_PAGE, params=_WHOLE)

    def _one(self, id: str, *, realtime: bool = True, index: str | None = None) -> dict[str, Any]:
        """Return a document as the server has it: written, or, without `realtime`, such as can be searched."""
        params = {"realtime": "true" if realtime else "false"}

        def ask() -> dict[str, Any]:
            answer = self._link.client.mget(body={"ids": [id]}, index=index or self._name, params=params)
            found: dict[str, Any] = answer["docs"][0]
            if "error" in found:
                raise NotFoundError(404, found["error"].get("type"), found)
            return found

        return self._read(ask)

    def _held(self, *, realtime: bool = True, index: str | None = None) -> Held:
        found = self._one(store.POSITION, realtime=realtime, index=index)
        if not found["found"]:
            return Held(Position("", 0), found["_index"], {"op_type": "create"})
        guard = {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
        return Held(store.decoded_position(found["_source"]), found["_index"], guard)

    # Writing.

    def _bodies(self, documents: Sequence[Document], gone: Sequence[int], at: int) -> dict[str, bytes]:
        """Return what is to be written, by id: nothing is sent before all can be."""
        grave = orjson.dumps(store.tombstone(at, self._clock()))
        buried = {str(id): grave for id in gone}
        return buried | {str(each.id): orjson.dumps(store.encoded(each, at)) for each in documents}

    def _bulk(self, held: Held) -> Bulk:
        return Bulk(self._link, self._generations.door(held.index))

    def _claimed(self, epoch: str) -> Held:
        """Return where the index stands, after making an empty one this epoch's, so that it never holds two.

        Raises ValueError for another epoch, Stale when this index went back since it was last asked.
        """
        for _ in range(_TRIES):
            held = self._held()
            if held.position.epoch:
                self._check(held, epoch)
                return held
            self._put(held, Position(epoch, 0))
        raise Stale("the index's position is changed by others all the time", where=self._link.where)

    def _check(self, held: Held, epoch: str) -> None:
        if held.position.epoch != epoch:
            raise ValueError(f"the search index holds epoch {held.position.epoch!r}, and the change is of {epoch!r}")
        told = getattr(self._told, "position", held.position)
        if told.epoch == epoch and told.seq > held.position.seq:
            raise Stale(
                f"the search index was replaced by one at {held.position.seq}, and the change begins at {told.seq}",
                where=self._link.where,
                hint="Read its position anew, and draw from there",
            )

    def _advance(self, held: Held, position: Position) -> None:
        """Store the position, unless another process brought the index further; make all that is written searched."""
        for _ in range(_TRIES):
            if self._put(held, position, refresh=True):
                return
            held = self._held(index=held.index)
            if held.position.epoch == position.epoch and held.position.seq >= position.seq:
                self._refresh(held)
                return
        raise Stale("the index's position is changed by others all the time", where=self._link.where)

    def _put(self, held: Held, position: Position, *, refresh: bool = False) -> bool:
        """Store a position in place of the one that is held; False when that is another by now."""
        when = {"require_alias": "true", "refresh": "true" if refresh else "false", "ignore": 409}
        door, body = self._generations.door(held.index), store.encoded_position(position)
        with self._reaching():
            answer = self._link.client.index(index=door, id=store.POSITION, body=body, params={**held.guard, **when})
        return bool(answer.get("status") != 409)

    def _refresh(self, held: Held) -> None:
        with self._reaching():
            self._link.client.indices.refresh(index=held.index)

    def _sweep(self, held: Held) -> None:
        """Once an hour, drop the tombstones that no writer can still be behind of."""
        now = self._clock()
        if now - self._swept > _SWEEP_EVERY:
            self._swept = now
            self._delete(held, {"range": {"gone": {"lt": int(now - TOMBSTONES_LIVE)}}})

    def _delete(self, held: Held, query: dict[str, Any]) -> None:
        with self._reaching():
            params = {"conflicts": "proceed"}
            self._link.client.delete_by_query(index=held.index, body={"query": query}, params=params)


def _strangers(ids: Sequence[str]) -> dict[str, Any]:
    """Return what finds documents that have one of these ids in a field and another on themselves."""
    same = {"terms": {"id": [int(id) for id in ids]}}
    return {"bool": {"filter": same, "must_not": {"ids": {"values": list(ids)}}}}
