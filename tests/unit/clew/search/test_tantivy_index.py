"""What is particular to the embedded index: its folder, its damage, its writer's death, and any text as a query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tantivy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.search import tantivy_store
from clew.search.port import Document, Position, SearchChange, SearchQuery
from clew.search.stored import to_json
from clew.search.tantivy_index import TantivyIndex
from clew_schemas.errors import BadInput, Damaged, Locked, OurError, Unreachable


def document(id: int, name: str = "main.flights", **texts: list[str]) -> Document:
    urn, facets = f"urn:clew:dataset:(db,{name}{id})", {"tag": [f"t{id}"]}
    return Document(id, urn, "dataset", {"name": [name], **texts}, facets, b"d", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "search"


@pytest.fixture
def index(folder: Path) -> Iterator[TantivyIndex]:
    index = TantivyIndex.open(folder)
    index.apply("e", SearchChange(3, [document(id) for id in range(3)]))
    index.apply("e", SearchChange(4, [document(3)], gone=[0]))
    yield index
    index.close()


def ids(index: TantivyIndex) -> list[int]:
    return sorted(each.id for each in index.dump())


# The folder.


def test_a_sound_index_is_not_called_damaged(index: TantivyIndex, folder: Path) -> None:
    index.close()
    again = TantivyIndex.open(folder)
    assert again.damaged is None and again.position() == Position("e", 4) and ids(again) == [1, 2, 3]


def committed_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "generation-1").iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "remove"])
def test_any_harm_to_any_file_is_found_at_open_and_leaves_an_empty_index(folder: Path, harm: str) -> None:
    for number in range(len(_written(folder / "first"))):
        home = folder / str(number)
        path = _written(home)[number]
        if harm == "flip" and path.name == "meta.json":
            continue  # It has no checksum, and a letter changed in it may mean nothing.
        content = path.read_bytes()
        middle = len(content) // 3
        if harm == "remove":
            path.unlink()
        else:
            flipped = bytes([content[0] ^ 0x55]) + content[1:]
            path.write_bytes({"flip": flipped, "cut": content[:middle], "empty": b""}[harm])
        index = TantivyIndex.open(home)
        assert index.damaged, path.name
        assert index.position() == Position("", 0) and ids(index) == []
        index.apply("e", SearchChange(9, [document(9)]))
        index.close()
        again = TantivyIndex.open(home)
        assert again.damaged is None and ids(again) == [9]
        again.close()


def _written(folder: Path) -> list[Path]:
    """Return the files of an index of one commit."""
    index = TantivyIndex.open(folder)
    index.apply("e", SearchChange(3, [document(id) for id in range(3)]))
    index.close()
    return committed_files(folder)


@pytest.mark.parametrize("way", [7919, -1], ids=["shuffled", "backwards"])
@pytest.mark.parametrize("rare", [2, 250])
def test_many_hits_of_one_score_are_in_order_of_urn_wherever_a_page_begins(folder: Path, rare: int, way: int) -> None:
    """The better ones are rare, or many; URNs go another way than ids, so that the hits met first are not the first."""
    index = TantivyIndex.open(folder)
    size = 6_000

    def made(id: int) -> Document:
        texts = {
            "name": [f"loading{id}"] if id % rare == 0 else [f"x{id}"],
            "prose": ["loading" if id % 3 else "loads"],
        }
        return Document(id, f"urn:clew:dataset:(db,é{id * way % size:05})", "dataset", texts, {}, b"d", 1)

    documents = [made(id) for id in range(size)]
    for start in range(0, size, 1_500):
        index.apply("e", SearchChange(start + 1, documents[start : start + 1_500]))
    expected = sorted(documents, key=lambda each: (each.id % rare != 0, each.urn))
    for offset in (0, 5, size // rare - 4, size // rare + 700, size - 3):
        for stable in (False, True):
            page = index.search(SearchQuery("loa", limit=8, offset=offset, stable=stable))
            assert page.total == size
            assert [hit.id for hit in page.hits] == [each.id for each in expected[offset : offset + 8]]
    index.close()


def test_files_of_an_unfinished_commit_are_no_damage(index: TantivyIndex, folder: Path) -> None:
    index.close()
    (folder / "generation-1" / "0123456789abcdef0123456789abcdef.store").write_bytes(b"half")
    again = TantivyIndex.open(folder)
    assert again.damaged is None and ids(again) == [1, 2, 3]


def test_a_folder_of_something_else_is_left_as_it_is(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    index = TantivyIndex.open(folder)
    assert index.damaged and ids(index) == []
    assert (folder / "notes.txt").read_text() == "mine"


def test_an_index_of_other_fields_is_damage(folder: Path) -> None:
    TantivyIndex.open(folder).close()
    for path in (folder / "generation-1").iterdir():
        path.unlink()
    tantivy.Index(tantivy.SchemaBuilder().build(), str(folder / "generation-1"))
    assert "schema" in str(TantivyIndex.open(folder).damaged)


def test_an_index_of_a_newer_clew_is_refused_and_kept(index: TantivyIndex, folder: Path) -> None:
    index.close()
    (folder / "index.json").write_text('{"format": 99, "generation": 1}')
    with pytest.raises(BadInput, match="newer Clew"):
        TantivyIndex.open(folder)
    assert committed_files(folder)


def test_a_folder_that_cannot_be_made_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unreachable):
        TantivyIndex.open(tmp_path / "file")


def test_a_fresh_index_that_was_never_promoted_goes_at_the_next_one(index: TantivyIndex, folder: Path) -> None:
    abandoned = index.fresh()
    second = index.fresh()
    third = second.fresh()
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["generation-1", "generation-3", "generation-4", "index.json"]
    for each in (abandoned, second, third):
        each.close()
    assert ids(index) == [1, 2, 3]


def test_promotion_drops_the_old_store_and_its_writer_but_not_its_answers(index: TantivyIndex, folder: Path) -> None:
    fresh = index.fresh()
    fresh.apply("f", SearchChange(1, [document(7)]))
    fresh.promote()
    fresh.promote()
    assert sorted(path.name for path in folder.iterdir()) == ["generation-2", "index.json"]
    assert ids(index) == [1, 2, 3] and index.search(SearchQuery("flights")).total == 3
    with pytest.raises(OurError, match="replaced"):
        index.apply("e", SearchChange(5, [document(5)]))
    fresh.apply("f", SearchChange(2, [document(8)]))
    fresh.close()


def test_a_closed_index_says_so(index: TantivyIndex) -> None:
    index.close()
    index.close()
    for use in (index.position, lambda: index.search(SearchQuery()), lambda: index.get(1), index.fresh):
        with pytest.raises(OurError, match="closed"):
            use()
    with pytest.raises(OurError, match="closed"):
        index.replace([document(5)], [])


def test_a_second_writer_is_told_that_the_index_is_locked(index: TantivyIndex, folder: Path) -> None:
    second = TantivyIndex.open(folder)
    with pytest.raises(Locked):
        second.apply("e", SearchChange(5, [document(5)]))
    index.close()
    second.apply("e", SearchChange(5, [document(5)]))
    assert ids(second) == [1, 2, 3, 5]
    second.close()


# The writer.


def test_a_writer_that_died_is_rebuilt(index: TantivyIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(document: Document) -> tantivy.Document:
        made = tantivy.Document()
        made.add_text("id", "a text, which ends tantivy's thread")
        return made

    with monkeypatch.context() as patched:
        patched.setattr(tantivy_store, "encoded", wrong)
        with pytest.raises(OurError, match="could not be written"):
            index.apply("e", SearchChange(5, [document(1), document(5)]))
    assert index.position() == Position("e", 4) and ids(index) == [1, 2, 3]
    index.apply("e", SearchChange(5, [document(6)]))
    assert index.position() == Position("e", 5) and ids(index) == [1, 2, 3, 6]


def test_a_change_goes_well_after_a_kill_before_its_commit_was_in_force(index: TantivyIndex, folder: Path) -> None:
    change = SearchChange(6, [document(20)], gone=[10])
    index.apply("e", SearchChange(5, [document(id) for id in range(10, 20)]))
    index.close()
    in_force = folder / "generation-1" / "meta.json"
    before = in_force.read_bytes()
    # The first change of a writer: its files are named by what was counted before it.
    killed = TantivyIndex.open(folder)
    killed.apply("e", change)
    killed.close()
    assert in_force.read_bytes() != before
    in_force.write_bytes(before)
    again = TantivyIndex.open(folder)
    assert again.damaged is None and again.position() == Position("e", 5)
    again.apply("e", change)
    assert again.position() == Position("e", 6) and ids(again) == [1, 2, 3, *range(11, 21)]
    again.close()


class Failing:
    """A writer that takes everything and fails at its commit, and at its mending."""

    def __init__(self, writer: Any, error: BaseException, mends: bool) -> None:
        self._writer, self._error, self._mends = writer, error, mends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def commit(self) -> None:
        raise self._error

    def rollback(self) -> None:
        if not self._mends:
            self._writer = None
            raise RuntimeError("dead")
        self._writer.rollback()


@pytest.mark.parametrize("mends", [True, False])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("disk"), MemoryError()])
def test_nothing_of_an_interrupted_change_comes_with_the_next(
    index: TantivyIndex, error: BaseException, mends: bool
) -> None:
    writer, index._writer = index._writer, None
    assert writer is not None
    index._writer = Failing(writer, error, mends)  # type: ignore[assignment]
    del writer
    with pytest.raises(OurError if isinstance(error, ValueError) else type(error)):
        index.apply("e", SearchChange(5, [document(5)], gone=[1]))
    if mends:
        assert isinstance(index._writer, Failing)
        index._writer = index._writer._writer
    assert index.position() == Position("e", 4) and ids(index) == [1, 2, 3]
    index.apply("e", SearchChange(5, [document(6)]))
    assert ids(index) == [1, 2, 3, 6]


class Endless:
    """A writer whose merges fail at its end."""

    def wait_merging_threads(self) -> None:
        raise ValueError("a thread has died")


def test_a_writer_that_does_not_end_well_is_no_writer_any_more(index: TantivyIndex) -> None:
    index._writer = None
    index._writer = Endless()  # type: ignore[assignment]
    with pytest.raises(Damaged):
        index.release()
    index.take_back()
    index.apply("e", SearchChange(5, [document(6)]))
    assert ids(index) == [1, 2, 3, 6]


def test_a_rebuilt_index_takes_the_place_of_one_that_does_not_end_well(index: TantivyIndex, folder: Path) -> None:
    fresh = index.fresh()
    fresh.apply("e", SearchChange(5, [document(7)]))
    index._writer = None
    index._writer = Endless()  # type: ignore[assignment]
    fresh.promote()
    fresh.apply("e", SearchChange(6, [document(8)]))
    assert ids(fresh) == [7, 8]
    fresh.close()
    again = TantivyIndex.open(folder)
    assert ids(again) == [7, 8]


def test_a_panic_while_reading_is_damage() -> None:
    searcher = tantivy.Index(tantivy_store.schema()).searcher()
    with pytest.raises(Damaged, match="Rebuild"), tantivy_store.reading():
        searcher.search(tantivy.Query.all_query(), 0)


# What is dumped is what is indexed.


def test_dump_says_under_which_id_and_class_a_document_is_found(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fields(document: Document) -> tantivy.Document:
        made = tantivy.Document()
        made.add_bytes("stored", to_json(document))
        made.add_integer("id", 77)
        made.add_integer("class", 5)
        made.add_text("urn", document.urn)
        return made

    monkeypatch.setattr(tantivy_store, "encoded", fields)
    index.replace([document(1)], [])
    assert ids(index) == [2, 3, 77]
    assert [each.policy_class for each in index.dump() if each.id == 77] == [5]


def test_more_values_of_a_facet_than_tantivy_counts_are_counted(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = index.search(SearchQuery("flights", facets=("tag", "kind")))

    def refuse(*_: Any) -> None:
        raise ValueError("Aborting aggregation because bucket limit was exceeded. Limit: 65000")

    class Searcher:
        def __init__(self, searcher: Any) -> None:
            self._searcher = searcher
            self.aggregate = refuse

        def __getattr__(self, name: str) -> Any:
            return getattr(self._searcher, name)

    view = index._view
    assert view is not None
    monkeypatch.setattr(view, "_searcher", Searcher(view._searcher))
    assert index.search(SearchQuery("flights", facets=("tag", "kind"))) == whole
    assert whole.facets["tag"] == {"t1": 1, "t2": 1, "t3": 1}


# Any text.


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TantivyIndex]:
    index = TantivyIndex.open(tmp_path_factory.mktemp("many"))
    names = ["flight", "delay", "carrier", "dep_delay", "depDelay", "orders", "order", "s3_2024", "Größe"]
    documents = [document(id, f"main.{names[id % 9]}_{id % 4}", prose=[names[id * 7 % 9]]) for id in range(60)]
    for seq in (1, 2, 3):
        index.apply("e", SearchChange(seq, documents[seq * 20 - 20 : seq * 20]))
    yield index
    index.close()


WORDS = ["flight", "dely", "ord", "dep_delay", "Größe", "s3", '"', "(", "*", "~", ":", "-", " ", "\x00"]
TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=60), st.lists(st.sampled_from(WORDS), max_size=20).map("".join)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.booleans(), st.integers(0, 70), st.integers(0, 30))
def test_any_text_is_answered_and_its_pages_are_its_whole(
    many: TantivyIndex, text: str, stable: bool, offset: int, limit: int
) -> None:
    try:
        whole = many.search(SearchQuery(text, limit=100, stable=stable, facets=("kind", "tag")))
    except BadInput:
        assert len(text) > 90 or sum(map(str.isalnum, text)) > 40
        return
    assert len({hit.id for hit in whole.hits}) == len(whole.hits) == whole.total
    assert sum(whole.facets["kind"].values()) == sum(whole.facets["tag"].values()) == whole.total
    order = [(-hit.score, hit.urn) for hit in whole.hits]
    assert order == sorted(order)
    assert all(hit.matched for hit in whole.hits) or not text.strip()
    page = many.search(SearchQuery(text, limit=limit, offset=offset, stable=stable))
    assert page.hits == whole.hits[offset : offset + limit]
    assert page.total == whole.total
