"""The embedded search index, on tantivy: no server, one folder, one commit a change."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

import tantivy

from clew.search import generations, tantivy_store
from clew.search.port import Document, Position, SearchChange, SearchQuery, SearchResult
from clew.search.tantivy_query import Translator
from clew.search.tantivy_view import View
from clew_schemas.errors import Damaged, Locked, OurError, Unreachable

log = logging.getLogger(__name__)

_HEAP = 64_000_000


class TantivyIndex:
    """The engine of the `Search` port that needs no server.

    Every word of a query must match, exactly, but for a plural, as a beginning or with a typo; when no document has
    all words, those with all but one match, or else those with half of them. Readers never wait for the writer.
    """

    name = "tantivy"

    def __init__(self, folder: Path, generation: int, predecessor: TantivyIndex | None = None) -> None:
        self.damaged: str | None = None
        """What was wrong with the index that was found at `open`; this one is empty then, and wants a rebuild."""
        self._folder = folder
        self._generation = generation
        self._predecessor = predecessor
        self._writing = Lock()
        self._writer: tantivy.IndexWriter | None = None
        self._refusal: str | None = None
        with tantivy_store.reading():
            self._index: tantivy.Index | None = tantivy_store.create(generations.store(folder, generation))
            self._translator = Translator(self._index)
            self._view: View | None = View(self._index.searcher(), self._translator)

    @classmethod
    def open(cls, folder: Path) -> TantivyIndex:
        """Open the index in `folder`, or begin an empty one: with `damaged` set, when there is one that can't be read.

        One process opens a folder at a time, as the lock of the home sees to; what is damaged is thrown away.
        Raises BadInput for an index of a newer Clew, Unreachable for a folder that can't be read or made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls._open(folder)
        except OSError as error:
            raise Unreachable(f"the search index can't be opened: {error}", where=str(folder)) from error

    @classmethod
    def _open(cls, folder: Path) -> TantivyIndex:
        damaged = None
        try:
            generation = generations.current(folder)
            if generation is not None:
                tantivy_store.check(generations.store(folder, generation))
                generations.keep_only(folder, generation)
                return cls(folder, generation)
        except Damaged as error:
            damaged = str(error)
        generation = generations.begin(folder)
        index = cls(folder, generation)
        index.damaged = damaged
        generations.put_in_force(folder, generation)
        generations.keep_only(folder, generation)
        return index

    @classmethod
    def join(cls, folder: Path) -> TantivyIndex:
        """Write the index that another process has opened and reads. Raises Damaged when there is none in force."""
        generation = generations.current(folder)
        if generation is None:
            raise Damaged("there is no search index", where=str(folder))
        return cls(folder, generation)

    def position(self) -> Position:
        """Return how far what can be searched has come; ("", 0) when it is empty."""
        return self._readable().position

    def apply(self, epoch: str, change: SearchChange) -> None:
        """Take a change, and commit it with its position: when this returns, it is searched and on the disk.

        One call is one commit, tens of milliseconds, so callers gather what they can. Raises ValueError for another
        epoch than the index's, and OurError when tantivy fails: nothing is changed then, and the next call may go well.
        """
        with self._writing:
            held = self._readable().position
            if held.epoch not in ("", epoch):
                raise ValueError(f"the search index holds epoch {held.epoch!r}, and the change is of {epoch!r}")
            if change.seq > held.seq:
                self._commit(change.documents, change.gone, Position(epoch, change.seq))

    def search(self, query: SearchQuery) -> SearchResult:
        """Return what matches; `View.search` promises more."""
        return self._readable().search(query)

    def get(self, id: int) -> Document | None:
        """Return the stored document of an entity, or None."""
        return self._readable().get(id)

    def dump(self) -> Iterator[Document]:
        """Yield every stored document of the present commit, under the ids and classes by which they are found."""
        return self._readable().dump()

    def replace(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        """Write these documents and drop these ids, leaving the position. Raises as `apply` does."""
        with self._writing:
            self._commit(documents, gone, None)

    def fresh(self) -> TantivyIndex:
        """Return an empty index beside this one. An earlier fresh one that was never promoted is dropped."""
        self._readable()
        in_force = generations.current(self._folder)
        # Begun before the others go: a number is not given again to a store that somebody may still write.
        begun = generations.begin(self._folder)
        generations.keep_only(self._folder, self._generation, begun, *([in_force] if in_force else []))
        return TantivyIndex(self._folder, begun, predecessor=self)

    def promote(self) -> None:
        """Put this index in force, durably, and drop the other stores. The predecessor only answers from now on."""
        self._readable()
        generations.put_in_force(self._folder, self._generation)
        predecessor, self._predecessor = self._predecessor, None
        if predecessor is not None:
            try:
                predecessor._retire("the search index was replaced by a rebuilt one")
            except Damaged:
                log.exception("the index that was replaced did not end well")
        generations.keep_only(self._folder, self._generation)

    def close(self) -> None:
        """Let the writer end its merges, and release the folder. Closing twice is closing once."""
        self._retire("the search index is closed")
        # What a reader still holds stays mapped until it is done.
        self._view = self._index = None

    # -- lent to another process

    def release(self) -> None:
        """Let another process write; here it is only read until `take_back`."""
        with self._writing:
            self._end_writing()

    def refresh(self) -> None:
        """See what another process has committed."""
        with self._writing:
            if self._index is not None:
                self._renew()

    def take_back(self) -> None:
        """See what another process, which has ended, has left, and be able to write again."""
        with self._writing:
            if self._index is None:
                return
            # Opened anew: this one's list of files, by which tantivy clears away, is of before.
            with tantivy_store.reading():
                self._index = tantivy_store.create(generations.store(self._folder, self._generation))
                self._translator = Translator(self._index)
            self._renew()

    def _readable(self) -> View:
        view = self._view
        if view is None:
            raise OurError("the search index is closed", where=str(self._folder))
        return view

    def _retire(self, why: str) -> None:
        with self._writing:
            self._refusal = why
            self._end_writing()

    def _end_writing(self) -> None:
        # Whatever comes of it, it writes no more.
        writer, self._writer = self._writer, None
        if writer is not None:
            with tantivy_store.reading():
                writer.wait_merging_threads()

    def _commit(self, documents: Sequence[Document], gone: Iterable[int], position: Position | None) -> None:
        if self._refusal:
            raise OurError(self._refusal, where=str(self._folder))
        try:
            self._write({document.id: document for document in documents}, gone, position)
        except BaseException as error:
            self._abandon()
            if not tantivy_store.failed(error):
                raise
            raise OurError(
                f"the search index could not be written: {error}",
                where=str(self._folder),
                hint="Try again, then rebuild",
            ) from error
        self._renew()

    def _write(self, documents: Mapping[int, Document], gone: Iterable[int], position: Position | None) -> None:
        writer = self._open_writer()
        try:
            for id in {*documents, *gone}:
                writer.delete_documents_by_term("id", id)
            for document in documents.values():
                # One by one: tantivy's thread indexes the last while the next is made.
                writer.add_document(tantivy_store.encoded(document))
            if position is not None:
                writer.delete_documents_by_term("marker", 1)
                writer.add_document(tantivy_store.encoded_position(position))
            writer.commit()
        finally:
            # Its lock goes with its last reference, and a traceback would keep this one.
            del writer

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            assert self._index is not None
            try:
                # One thread: two would leave two segments a commit, to be searched and merged, and gain little.
                self._writer = self._index.writer(_HEAP, 1)
                self._clear_away(self._writer)
            except ValueError as error:
                if "LockBusy" not in str(error):
                    raise
                hint = "End the other process"
                raise Locked("another process writes the search index", where=str(self._folder), hint=hint) from error
        return self._writer

    def _abandon(self) -> None:
        """Throw away a writer that failed, or was interrupted, with all that it had not committed."""
        if self._writer is not None:
            try:
                self._writer.rollback()
                self._clear_away(self._writer)
            except BaseException as error:
                if not tantivy_store.failed(error):
                    raise
                self._writer = None
        self._renew()

    @staticmethod
    def _clear_away(writer: tantivy.IndexWriter) -> None:
        """Remove the files of a commit that did not end: the same change asks for the same names, and fails on them."""
        writer.garbage_collect_files()

    def _renew(self) -> None:
        assert self._index is not None
        with tantivy_store.reading():
            self._index.reload()
            self._view = View(self._index.searcher(), self._translator)
