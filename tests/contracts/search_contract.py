"""What every search engine promises. An engine's test class derives from `SearchContract` and says how to open it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from clew.search.measures import LEFT_OUT, MOST_CONDITIONS, MOST_VALUES, OPERATORS, fits, kept, reading
from clew.search.port import (
    MOST_AMONG,
    TEXT_FIELDS,
    Condition,
    Document,
    Operator,
    Position,
    Search,
    SearchChange,
    SearchQuery,
    SearchResult,
    Value,
)
from clew_schemas.errors import BadInput, TooLarge

Open = Callable[[], Search]


def document(id: int, name: str, kind: str = "dataset", policy_class: int = 0, **said: Sequence[str]) -> Document:
    """Return a document of that name; keywords are its text fields and facets."""
    lists = {key: list(value) for key, value in said.items()}
    texts = {"name": [name]} | {key: value for key, value in lists.items() if key in TEXT_FIELDS}
    facets = {key: value for key, value in lists.items() if key not in TEXT_FIELDS}
    return Document(id, f"urn:clew:{kind}:(db,{name})", kind, texts, facets, bytes([id % 256]) * 4, 1, policy_class)


FLIGHTS = document(
    1,
    "main.flights",
    columns=["flight_id", "dep_delay", "arrDelay", "carrier", "origin"],
    prose=["Departures of all carriers, with retention of two years."],
    namespace=["duckdb://local"],
    owner=["ann@x.org"],
    tag=["gold", "pii"],
)
DELAYS = document(
    2,
    "marts.flight_delays",
    "job",
    columns=["carrier", "total"],
    code=["select carrier, sum(dep_delay) as total from main.flights group by 1"],
    namespace=["dbt://jaffle"],
    owner=["bob@x.org"],
    tag=["gold"],
)
CARRIERS = document(3, "main.carriers", title=["Airlines"], columns=["code", "name"], namespace=["duckdb://local"])
CAFE = document(4, "shop.Café_Umsätze", title=["Umsatz je Café"], namespace=["duckdb://local"], owner=["ann@x.org"])
BOARD = document(5, "boards.17", "dashboard", title=["Flight delays"], prose=["What a category of flights costs."])
ALL = (FLIGHTS, DELAYS, CARRIERS, CAFE, BOARD)


MEASURED = tuple(
    replace(document(id, f"delay.{id}", "model_version", tag=["gold"] if id in (1, 4) else ["silver"]), measures=said)
    for id, said in enumerate(
        (
            {
                "rmse": [25_000.5],
                "param.max_depth": [8],
                "param.algorithm": ["RandomForestRegressor"],
                "param.bootstrap": [True],
            },
            {
                "rmse": [28_000],
                "param.max_depth": ["8"],
                "param.algorithm": ["RANDOMFORESTREGRESSOR"],
                "param.bootstrap": ["True"],
            },
            {"rmse": [-1.5, 31_000.25], "param.max_depth": ["none", 12]},
            {"rmse": [0], "param.algorithm": ["Ridge", False], "last_read": ["2026-10-31T23:59:59+00:00"]},
            {"rmse": [1e300, "n/a", 0.1], "last_read": ["2026-11-01T00:00:00Z"], "odd <name>\x1f= ü": ["8", 8.5]},
            {"other": [8]},
            {},
        ),
        start=1,
    )
)
COMPARED: tuple[Value, ...] = (
    *(0, -0.0, 8, 8.5, -1.5, 0.1, 25_000.5, 28_000, 31_000.25, 1e300, -1e300, 5e-324, True, False),
    *("8", "none", "NONE", "true", "ridge", "", "RandomForestRegressor", "2026-11-01"),
)


def is_ordered(value: Value) -> bool:
    read = reading(value)
    return read is not None and not (isinstance(value, str) and read[0] == "n")


def found(result: SearchResult) -> list[int]:
    return [hit.id for hit in result.hits]


class SearchContract:
    @pytest.fixture
    def reopen(self) -> Open:
        """Return a function that opens the one store of this test, again and again."""
        raise NotImplementedError

    @pytest.fixture
    def empty(self, reopen: Open) -> Iterator[Search]:
        index = reopen()
        yield index
        index.close()

    @pytest.fixture
    def index(self, empty: Search) -> Search:
        empty.apply("e", SearchChange(7, ALL))
        return empty

    # Finding.

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("flights", 1),
            ("main.flights", 1),
            ("MAIN.FLIGHTS", 1),
            ("dep_delay", 1),
            ("depDelay", 1),
            ("DEP-DELAY", 1),
            ("flights.dep_delay", 1),
            ("arr_delay", 1),
            ("airlines", 3),
            ("cafe", 4),
            ("café umsätze", 4),
            ("cafeumsatze", 4),
            ("boards.17", 5),
            ("urn:clew:dataset:(db,main.carriers)", 3),
        ],
    )
    def test_a_name_is_found_however_it_is_written(self, index: Search, text: str, first: int) -> None:
        assert found(index.search(SearchQuery(text)))[0] == first

    @pytest.mark.parametrize("text", ["carrer", "carreir", "cxrrier", "carriier"])
    def test_a_typo_is_forgiven(self, index: Search, text: str) -> None:
        assert {1, 2, 3} <= set(found(index.search(SearchQuery(text))))

    def test_two_typos_are_forgiven_in_long_words_only(self, index: Search) -> None:
        assert 1 in found(index.search(SearchQuery("deqartres")))
        assert found(index.search(SearchQuery("oxigyn"))) == []

    def test_short_words_and_numbers_are_not_guessed(self, index: Search) -> None:
        assert found(index.search(SearchQuery("dex"))) == []
        assert found(index.search(SearchQuery("boards 1799"))) == [5], "no 1799, so all but one word"
        assert found(index.search(SearchQuery("1700"))) == []

    @pytest.mark.parametrize("text", ["carr", "ca", "departu", "flight_del"])
    def test_a_beginning_is_found(self, index: Search, text: str) -> None:
        assert index.search(SearchQuery(text)).total >= 1

    def test_one_letter_is_a_word_and_no_beginning(self, index: Search) -> None:
        assert found(index.search(SearchQuery("c"))) == []

    @pytest.mark.parametrize(("text", "id"), [("carrier", 3), ("carriers", 1), ("categories", 5), ("departure", 1)])
    def test_singular_and_plural_find_each_other(self, index: Search, text: str, id: int) -> None:
        assert id in found(index.search(SearchQuery(text)))

    def test_two_words_are_found_in_different_fields(self, index: Search) -> None:
        assert set(found(index.search(SearchQuery("flight delay")))) == {1, 2, 5}
        assert set(found(index.search(SearchQuery("retention carrier")))) == {1}

    def test_all_words_must_match(self, index: Search) -> None:
        assert found(index.search(SearchQuery("carrier gold airlines"))) == [3], "two of three, as no document has all"
        assert found(index.search(SearchQuery("airlines code"))) == [3]

    def test_where_nothing_has_all_words_most_are_enough(self, index: Search) -> None:
        assert found(index.search(SearchQuery("airlines zzzzz"))) == [3]
        assert found(index.search(SearchQuery("yyyyy zzzzz"))) == []

    def test_stop_words_are_not_asked_for(self, index: Search) -> None:
        assert found(index.search(SearchQuery("retention of the carriers"))) == [1]

    def test_text_without_words_finds_nothing_and_empty_text_all(self, index: Search) -> None:
        assert index.search(SearchQuery("!? \U0001f680")).total == 0
        urns = [hit.urn for hit in index.search(SearchQuery("  ")).hits]
        assert urns == sorted(each.urn for each in ALL)

    @pytest.mark.parametrize(
        "text",
        ["name:flights", '"flights', "flights AND (", "flights^9 ~", "fl*ghts\\", "\x00 flights", "flights\ud800"],
    )
    def test_text_is_never_a_query_language(self, index: Search, text: str) -> None:
        assert 1 in found(index.search(SearchQuery(text)))

    def test_a_text_over_the_limits_is_refused(self, index: Search) -> None:
        for text in ("x" * 1_001, " ".join(map(str, range(100))), "flights " * 200_000):
            with pytest.raises(BadInput, match="at most"):
                index.search(SearchQuery(text))

    def test_what_matched_is_said(self, index: Search) -> None:
        hits = {hit.id: hit for hit in index.search(SearchQuery("carrier")).hits}
        assert hits[1].matched == ("columns", "prose")
        assert hits[2].matched == ("columns", "code")
        assert hits[3].matched == ("name",)
        assert (hits[2].urn, hits[2].kind) == (DELAYS.urn, "job")

    # Ranking.

    def ranking(self, index: Search, text: str, *documents: Document) -> list[int]:
        """Return the order of documents for a text, which must be the same in the stable order."""
        index.apply("e", SearchChange(index.position().seq + 1, documents))
        plain, stable = (found(index.search(SearchQuery(text, stable=stable))) for stable in (False, True))
        assert plain == stable
        return plain

    def test_as_typed_comes_before_a_beginning_and_that_before_a_typo(self, empty: Search) -> None:
        order = self.ranking(
            empty, "order", document(1, "a.older"), document(2, "a.order_items"), document(3, "b.orderly")
        )
        assert order == [2, 3, 1]

    def test_any_field_as_typed_comes_before_a_name_that_begins_so(self, empty: Search) -> None:
        order = self.ranking(empty, "order", document(1, "a.orderly"), document(2, "a.b", prose=["in order"]))
        assert order == [2, 1]

    def test_a_whole_name_comes_first_then_a_last_segment_then_a_part(self, empty: Search) -> None:
        names = ("orders.log", "stg_orders", "zz.orders", "orders", "order")
        order = self.ranking(empty, "orders", *(document(id, name) for id, name in enumerate(names)))
        assert order[:2] == [3, 2]
        assert order[2] == 4, "the same name but for the plural"
        assert set(order[3:]) == {0, 1}

    def test_fields_count_by_their_weight(self, empty: Search) -> None:
        order = self.ranking(
            empty,
            "churn",
            document(1, "a.x", code=["select churn"]),
            document(2, "a.y", prose=["the churn"]),
            document(3, "a.z", columns=["churn_rate"]),
            document(4, "a.w", title=["Churn board"]),
            document(5, "zz.churn_model"),
        )
        assert order == [5, 4, 3, 2, 1]

    def test_one_typo_comes_before_two(self, empty: Search) -> None:
        order = self.ranking(empty, "retention", document(1, "a.retentiom_x"), document(2, "a.ratantion_x"))
        assert order == [1, 2]

    def test_the_singular_as_typed_comes_before_the_plural(self, empty: Search) -> None:
        assert self.ranking(empty, "order", document(1, "a.orders"), document(2, "b.order")) == [2, 1]

    def test_ties_are_in_order_of_urn(self, empty: Search) -> None:
        names = [f"t{number % 10}.same_thing" for number in range(300)]
        documents = [
            replace(document(id, name), urn=f"urn:clew:dataset:(db,{id * 7919 % 300:03})")
            for id, name in enumerate(names)
        ]
        for start in range(0, 300, 50):
            empty.apply("e", SearchChange(start + 1, documents[start : start + 50]))
        for stable in (False, True):
            urns = [hit.urn for hit in empty.search(SearchQuery("thing", limit=300, stable=stable)).hits]
            assert urns == sorted(urns) and len(urns) == 300
            page = empty.search(SearchQuery("thing", limit=7, offset=120, stable=stable))
            assert [hit.urn for hit in page.hits] == urns[120:127]

    def test_ties_are_in_order_of_urn_below_better_matches_too(self, empty: Search) -> None:
        documents = [
            replace(document(id, "thing" if id % 2 else "other", title=["thing"]), urn=f"urn:clew:dataset:(db,{id:03})")
            for id in range(300)
        ]
        empty.apply("e", SearchChange(1, documents))
        expected = [*range(1, 300, 2), *range(0, 300, 2)]
        for offset in (0, 100, 145, 155, 290):
            for stable in (False, True):
                page = empty.search(SearchQuery("thing", limit=20, offset=offset, stable=stable))
                assert found(page) == expected[offset : offset + 20]

    def test_pages_put_together_are_the_whole_answer(self, index: Search) -> None:
        for text in ("", "flight delay", "carrier", "fl", "carreir"):
            whole = index.search(SearchQuery(text, limit=100))
            pages = [hit for offset in range(6) for hit in index.search(SearchQuery(text, limit=1, offset=offset)).hits]
            assert pages == list(whole.hits)
            assert whole.total == len(pages)
            assert [hit.score for hit in pages] == sorted((hit.score for hit in pages), reverse=True)

    def test_stable_scores_do_not_change_when_other_documents_are_added(self, index: Search) -> None:
        texts = ("flight delay", "carrier", "fl", "carreir", "airlines zzzzz", "")
        before = {text: index.search(SearchQuery(text, limit=100, stable=True)).hits for text in texts}
        others = [document(id, f"o.thing_{id}", prose=["flight delay carrier"] * (id % 5)) for id in range(100, 160)]
        for seq, other in enumerate(others, start=8):
            index.apply("e", SearchChange(seq, [other]))
        for text in texts:
            after = index.search(SearchQuery(text, limit=100, stable=True)).hits
            assert [hit for hit in after if hit.id < 100] == list(before[text]), text

    # Filters, facets, totals.

    def test_filters_are_exact(self, index: Search) -> None:
        def ids(**filters: Sequence[str]) -> set[int]:
            return set(found(index.search(SearchQuery(filters=filters))))

        assert ids(kind=["job"]) == {2}
        assert ids(namespace=["duckdb://local"]) == {1, 3, 4}
        assert ids(namespace=["duckdb"]) == set()
        assert ids(kind=["Job"]) == set()
        assert ids(kind=["job", "dashboard"]) == {2, 5}
        assert ids(owner=["ann@x.org"], tag=["gold"]) == {1}
        assert ids(kind=[]) == set()
        assert ids(tag=["gold\ud800"]) == set(), "what can't be stored matches nothing"
        assert index.search(SearchQuery("urn:\ud800")).total == 0
        assert found(index.search(SearchQuery("carrier", filters={"tag": ["gold"], "kind": ["dataset"]}))) == [1]

    def test_facets_and_total_are_counted_over_all_that_matches(self, index: Search) -> None:
        result = index.search(SearchQuery("flight", facets=("kind", "tag", "owner", "state"), limit=1))
        assert result.total == 3 and len(result.hits) == 1
        assert result.facets == {
            "kind": {"dataset": 1, "job": 1, "dashboard": 1},
            "tag": {"gold": 2, "pii": 1},
            "owner": {"ann@x.org": 1, "bob@x.org": 1},
            "state": {},
        }

    def test_facets_are_counted_under_the_filters(self, index: Search) -> None:
        result = index.search(SearchQuery(filters={"tag": ["pii"]}, facets=("kind", "tag")))
        assert result.facets == {"kind": {"dataset": 1}, "tag": {"gold": 1, "pii": 1}}

    def test_counts_are_exact_with_many_values(self, empty: Search) -> None:
        documents = [document(id, f"t.n{id}", tag=[f"tag{id}", "all"]) for id in range(500)]
        empty.apply("e", SearchChange(1, documents))
        empty.apply("e", SearchChange(2, documents[:100], gone=range(400, 500)))
        result = empty.search(SearchQuery("t", facets=("tag",)))
        assert result.total == 400
        assert result.facets["tag"] == {"all": 400} | {f"tag{id}": 1 for id in range(400)}

    def test_a_limit_of_none_counts_only(self, index: Search) -> None:
        result = index.search(SearchQuery("flight", limit=0))
        assert result.hits == () and result.total == 3

    def test_beyond_the_end_is_nothing(self, index: Search) -> None:
        assert index.search(SearchQuery(offset=10**12, limit=10**12)).hits == ()
        assert len(index.search(SearchQuery("flight", limit=10**12)).hits) == 3

    @pytest.mark.parametrize(
        "query",
        [
            SearchQuery(facets=("colour",)),
            SearchQuery(filters={"colour": ["red"]}),
            SearchQuery(limit=-1),
            SearchQuery(offset=-1),
        ],
    )
    def test_a_question_that_makes_no_sense_is_refused(self, index: Search, query: SearchQuery) -> None:
        with pytest.raises(BadInput):
            index.search(query)

    def test_policy_classes_hide_from_hits_totals_and_facets(self, empty: Search) -> None:
        documents = [document(id, f"t.n{id}", policy_class=id % 3) for id in range(9)]
        empty.apply("e", SearchChange(1, documents))
        result = empty.search(SearchQuery("t", classes=frozenset({0, 2})))
        assert set(found(result)) == {0, 2, 3, 5, 6, 8}
        assert result.total == 6 and result.facets == {"kind": {"dataset": 6}}
        assert empty.search(SearchQuery(classes=frozenset())).total == 0

    # Conditions.

    @pytest.fixture
    def measured(self, empty: Search) -> Search:
        empty.apply("e", SearchChange(1, MEASURED[:4]))
        empty.apply("e", SearchChange(2, MEASURED[4:]))
        return empty

    @pytest.mark.parametrize("op", OPERATORS)
    @pytest.mark.parametrize("name", ["rmse", "param.max_depth", "param.algorithm", "odd <name>\x1f= ü", "nothing"])
    def test_a_condition_finds_what_fits_it_exactly(self, measured: Search, name: str, op: Operator) -> None:
        for value in COMPARED if op in ("=", "!=") else [each for each in COMPARED if is_ordered(each)]:
            condition = Condition(name, op, value)
            expected = {each.id for each in MEASURED if fits(each.measures, condition)}
            result = measured.search(SearchQuery(where=[condition]))
            assert (set(found(result)), result.total) == (expected, len(expected)), condition

    def test_any_of_several_values_may_fit_and_none_be_equal(self, measured: Search) -> None:
        def ids(*where: Condition) -> set[int]:
            return set(found(measured.search(SearchQuery(where=where))))

        assert ids(Condition("rmse", "<", 0)) == {3}
        assert ids(Condition("rmse", ">", 26_000)) == {2, 3, 5}
        assert ids(Condition("rmse", "!=", 28_000)) == {1, 3, 4, 5}
        assert ids(Condition("param.algorithm", "=", "randomforestREGRESSOR")) == {1, 2}
        assert ids(Condition("param.bootstrap", "=", True)) == {1, 2}
        assert ids(Condition("param.max_depth", "=", 8)) == {1, 2}, "a text that reads as a number is one"
        assert ids(Condition("last_read", "<", "2026-11-01")) == {4}

    def test_all_conditions_must_fit(self, measured: Search) -> None:
        where = [Condition("rmse", "<", 30_000), Condition("param.algorithm", "=", "RandomForestRegressor")]
        assert set(found(measured.search(SearchQuery(where=where)))) == {1, 2}
        assert found(measured.search(SearchQuery(where=[*where, Condition("rmse", ">", 26_000)]))) == [2]

    def test_conditions_go_with_words_filters_facets_and_pages(self, measured: Search) -> None:
        where = [Condition("rmse", "<=", 28_000)]
        result = measured.search(SearchQuery("delay", {"tag": ["gold"]}, ("tag",), where=where))
        assert set(found(result)) == {1, 4} and result.total == 2 and result.facets["tag"] == {"gold": 2}
        whole = measured.search(SearchQuery("delay", where=where))
        pages = [
            measured.search(SearchQuery("delay", limit=1, offset=at, where=where)).hits for at in range(whole.total)
        ]
        assert [hit for page in pages for hit in page] == list(whole.hits)

    def test_hits_show_what_conditions_were_about(self, measured: Search) -> None:
        where = [Condition("rmse", "<", 26_000), Condition("param.bootstrap", "=", "true")]
        for text in ("", "delay"):
            (hit,) = measured.search(SearchQuery(text, where=where)).hits
            assert hit.measures == {"rmse": [25_000.5], "param.bootstrap": [True]}
            assert all(not hit.measures for hit in measured.search(SearchQuery(text)).hits)

    @pytest.mark.parametrize(
        "condition",
        [
            Condition("rmse", "<", "low"),
            Condition("rmse", ">", True),
            Condition("rmse", "=", float("nan")),
            Condition("rmse", "<", float("inf")),
            Condition("rmse", "~", 1),  # type: ignore[arg-type]
        ],
    )
    def test_a_condition_that_means_nothing_is_refused(self, measured: Search, condition: Condition) -> None:
        with pytest.raises(BadInput):
            measured.search(SearchQuery(where=[condition]))

    def test_more_conditions_or_ids_than_are_taken_are_refused(self, measured: Search) -> None:
        most = [Condition("rmse", "<", number) for number in range(MOST_CONDITIONS + 1)]
        assert measured.search(SearchQuery("flight delay carrier", where=most[1:])).total == 0
        for query in (SearchQuery(where=most), SearchQuery(among=frozenset(range(MOST_AMONG + 1)))):
            with pytest.raises(TooLarge, match="at most"):
                measured.search(query)

    def test_only_what_is_among_the_given_is_found_and_counted(self, measured: Search) -> None:
        for ids in (frozenset[int](), frozenset({2, 3, 99}), frozenset(range(2, 2 + MOST_AMONG))):
            result = measured.search(SearchQuery(facets=("kind", "tag"), among=ids))
            expected = [each for each in MEASURED if each.id in ids]
            assert set(found(result)) == {each.id for each in expected} and result.total == len(expected)
            assert result.facets["kind"] == ({"model_version": len(expected)} if expected else {})
        where = [Condition("rmse", ">", 25_000)]
        assert found(measured.search(SearchQuery("delay", among=frozenset({2, 4}), where=where))) == [2]

    def test_measures_are_replaced_with_their_document(self, measured: Search) -> None:
        measured.apply("e", SearchChange(3, [replace(MEASURED[0], measures={"rmse": [5.0]})]))
        assert found(measured.search(SearchQuery(where=[Condition("rmse", "=", 5)]))) == [1]
        assert 1 not in found(measured.search(SearchQuery(where=[Condition("param.max_depth", "=", 8)])))
        assert measured.search(SearchQuery(where=[Condition("rmse", "=", 25_000.5)])).total == 0

    def test_as_many_measures_as_a_document_keeps_are_taken(self, empty: Search) -> None:
        many = kept({f"{'x' * 400}.{number}": ["y" * 900, number] for number in range(MOST_VALUES)})
        wide = replace(document(1, "a.wide"), measures=many)
        empty.apply("e", SearchChange(1, [wide]))
        assert empty.get(1) == wide
        assert found(empty.search(SearchQuery(where=[Condition(LEFT_OUT, "=", MOST_VALUES)]))) == [1]
        assert found(empty.search(SearchQuery(where=[Condition(f"{'x' * 400}.0", "=", "Y" * 900)]))) == [1]

    # Writing.

    def test_an_empty_index_is_empty(self, empty: Search) -> None:
        assert empty.position() == Position("", 0)
        assert empty.search(SearchQuery()) == SearchResult((), 0, {"kind": {}}, 0)
        assert empty.search(SearchQuery("flights")).total == 0
        assert list(empty.dump()) == [] and empty.get(1) is None

    def test_what_was_written_reads_back(self, index: Search) -> None:
        assert index.get(1) == FLIGHTS
        assert index.get(99) is None
        assert sorted(index.dump(), key=lambda each: each.id) == list(ALL)

    def test_the_position_comes_with_the_effect(self, index: Search) -> None:
        assert index.position() == Position("e", 7)
        assert index.search(SearchQuery("flights")).seq == 7
        index.apply("e", SearchChange(9, ()))
        assert index.position() == Position("e", 9)

    def test_the_position_is_no_document(self, index: Search) -> None:
        for text in ("", "e", "7", "marker", "position"):
            assert set(found(index.search(SearchQuery(text)))) <= {1, 2, 3, 4, 5}
        assert index.search(SearchQuery()).total == 5 and len(list(index.dump())) == 5

    def test_a_document_is_replaced_whole(self, index: Search) -> None:
        renamed = replace(FLIGHTS, urn="urn:clew:dataset:(db,departures)", texts={"name": ["departures"]}, facets={})
        index.apply("e", SearchChange(8, [CARRIERS, renamed]))
        assert index.get(1) == renamed
        assert 1 not in found(index.search(SearchQuery("dep_delay")))
        assert found(index.search(SearchQuery("departures"))) == [1]
        result = index.search(SearchQuery(facets=("tag",)))
        assert result.total == 5 and result.facets["tag"] == {"gold": 1}

    def test_the_last_of_two_versions_in_a_change_stays(self, empty: Search) -> None:
        empty.apply("e", SearchChange(1, [document(1, "a.old"), document(1, "a.new")]))
        assert [each.texts["name"] for each in empty.dump()] == [["a.new"]]

    def test_what_is_gone_is_found_no_more(self, index: Search) -> None:
        index.apply("e", SearchChange(8, (), gone=[1, 99]))
        assert index.get(1) is None and index.search(SearchQuery()).total == 4
        assert 1 not in found(index.search(SearchQuery("dep_delay")))

    def test_a_change_at_or_below_the_position_changes_nothing(self, index: Search) -> None:
        for seq in (7, 3, 0):
            index.apply("e", SearchChange(seq, [document(9, "late")], gone=[1]))
        assert index.position() == Position("e", 7)
        assert index.get(9) is None and index.get(1) == FLIGHTS

    def test_another_epoch_is_refused(self, index: Search) -> None:
        with pytest.raises(ValueError, match="epoch"):
            index.apply("f", SearchChange(8, [document(9, "late")]))
        assert index.get(9) is None and index.position() == Position("e", 7)

    def test_replace_mends_and_leaves_the_position(self, index: Search) -> None:
        index.replace([replace(CARRIERS, texts={"name": ["main.airlines"]})], [4])
        assert index.position() == Position("e", 7)
        assert found(index.search(SearchQuery("main.airlines")))[0] == 3
        assert index.get(4) is None

    def test_a_document_with_unknown_fields_leaves_nothing_behind(self, index: Search) -> None:
        bad: Mapping[str, Sequence[str]] = {"nam": ["x"]}
        with pytest.raises(BadInput, match="nam"):
            index.apply("e", SearchChange(8, [document(9, "good"), replace(FLIGHTS, texts=bad)]))
        with pytest.raises(BadInput, match="stored"):
            index.replace([document(9, "good"), document(10, "bad\ud800")], [])
        index.apply("e", SearchChange(8, [document(11, "next")]))
        assert {each.id for each in index.dump()} == {1, 2, 3, 4, 5, 11}

    def test_large_and_strange_documents_are_taken(self, empty: Search) -> None:
        columns = [f"column_{number}" for number in range(10_000)]
        wide = document(
            2**62, "wide.table", columns=columns, prose=["x" * 100_000, "\x00 \U0001f680 ok"], tag=["a\x00b"]
        )
        empty.apply("e", SearchChange(1, [wide]))
        assert empty.get(2**62) == wide
        assert found(empty.search(SearchQuery("column_9999"))) == [2**62]
        assert found(empty.search(SearchQuery(filters={"tag": ["a\x00b"]}))) == [2**62]

    # Life.

    def test_everything_is_there_after_reopening(self, reopen: Open) -> None:
        first = reopen()
        first.apply("e", SearchChange(7, ALL))
        first.close()
        second = reopen()
        assert second.position() == Position("e", 7)
        assert sorted(second.dump(), key=lambda each: each.id) == list(ALL)
        assert found(second.search(SearchQuery("main.flights")))[0] == 1
        second.apply("e", SearchChange(8, [document(9, "next")]))
        assert second.search(SearchQuery()).total == 6
        second.close()

    def test_a_fresh_index_is_built_beside_and_promoted(self, reopen: Open) -> None:
        old = reopen()
        old.apply("e", SearchChange(7, ALL))
        fresh = old.fresh()
        assert fresh.position() == Position("", 0) and list(fresh.dump()) == []
        fresh.apply("f", SearchChange(3, [CARRIERS]))
        assert old.search(SearchQuery()).total == 5, "the old one answers on"
        old.apply("e", SearchChange(8, [document(9, "meanwhile")]))
        assert fresh.search(SearchQuery()).total == 1
        fresh.promote()
        assert fresh.search(SearchQuery()).total == 1
        old.close()
        fresh.apply("f", SearchChange(4, [FLIGHTS]))
        fresh.close()
        again = reopen()
        assert again.position() == Position("f", 4)
        assert {each.id for each in again.dump()} == {1, 3}
        again.close()

    def test_without_promotion_the_old_index_is_found(self, reopen: Open) -> None:
        old = reopen()
        old.apply("e", SearchChange(7, ALL))
        fresh = old.fresh()
        fresh.apply("f", SearchChange(3, [CARRIERS]))
        fresh.close()
        old.close()
        again = reopen()
        assert again.position() == Position("e", 7) and again.search(SearchQuery()).total == 5
        again.close()

    def test_readers_see_whole_commits_while_one_writes(self, empty: Search) -> None:
        def read(_: int) -> list[tuple[int, int, int]]:
            results = (empty.search(SearchQuery("thing", limit=100)) for _ in range(20))
            return [(result.seq, result.total, len(result.hits)) for result in results]

        with ThreadPoolExecutor(3) as pool:
            reading = [pool.submit(read, number) for number in range(3)]
            for seq in range(1, 11):
                empty.apply("e", SearchChange(seq, [document(seq * 3 + n, f"a.thing{seq}_{n}") for n in range(3)]))
            for answers in reading:
                assert all(total == hits == 3 * seq for seq, total, hits in answers.result())
        assert empty.search(SearchQuery("thing")).total == 30
