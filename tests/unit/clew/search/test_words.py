"""What counts as a word: the cut of names, code, prose and queries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.search import words
from clew.search.words import Word
from clew_schemas.errors import TooLarge

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dep_delay", {"depdelay", "dep", "delay"}),
        ("depDelay", {"depdelay", "dep", "delay"}),
        ("dep-delay", {"depdelay", "dep", "delay"}),
        ("main.flights", {"main", "flights", "flight"}),
        ("s3://raw/sales2024", {"s3", "s", "3", "raw", "sales2024", "sales", "sale", "2024"}),
        ("h3_index", {"h3index", "h3", "h", "3", "index"}),
        ("HTTPServerId", {"httpserverid", "http", "server", "id"}),
        ("Café_Größe", {"cafegrosse", "cafe", "grosse"}),
        ("Łódź Ørsted ﬁle", {"lodz", "orsted", "file"}),
        ("_leading__twice_", {"leadingtwice", "leading", "twice"}),
        ("Отчёт.продажи", {"отчет", "продажи"}),
        ("a\ud800b \x00 \U0001f680", {"a", "b"}),
        ("", set()),
    ],
)
def test_a_name_is_known_by_its_segments_pieces_and_parts(text: str, expected: set[str]) -> None:
    assert set(words.identifiers([text])) == expected


def test_words_are_given_once() -> None:
    found = words.identifiers(["a_b", "a_b", "b.a"])
    assert found == ["ab", "a", "b"]


def test_a_very_long_segment_is_cut_and_nothing_of_it_skipped() -> None:
    found = words.identifiers(["x" * 1_000])
    assert found == ["x" * 300, "x" * 100]
    assert words.prose(["y" * 301]) == ["y" * 300, "y"]


def test_prose_has_no_stop_words_and_keeps_its_order() -> None:
    assert words.prose(["The retention of RAW data.", "Raw: Größe"]) == ["retention", "raw", "data", "raw", "grosse"]


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("flights", "flight"),
        ("categories", "category"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("addresses", "address"),
        ("warehouses", "warehouse"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("address", "address"),
        ("gas", "gas"),
        ("is", "is"),
    ],
)
def test_singular(plural: str, singular: str) -> None:
    assert words.singular(plural) == singular


@pytest.mark.parametrize(
    ("word", "count"), [("dep", 0), ("delay", 1), ("flights", 1), ("departure", 2), ("sales2024", 0)]
)
def test_typos_forgiven(word: str, count: int) -> None:
    assert words.typos(word) == count


@pytest.mark.parametrize("text", ["flight_delays", "flight delays", "FlightDelays", "flight-delays", "Flight.Delays"])
def test_all_ways_to_write_a_name_have_one_key(text: str) -> None:
    assert words.keys(text).whole == "flightdelays"
    assert words.keys(text).alike[0] == "flightdelay"


def test_a_name_is_known_by_its_ends_too() -> None:
    name = words.keys("db.main.flight_delays")
    assert name.tails == ("mainflightdelays", "flightdelays")
    assert name.alike == ("dbmainflightdelay", "mainflightdelay", "flightdelay")
    assert words.keys("flights").tails == () and words.keys("").alike == ("",)
    assert words.keys(".".join("abcdefghijklmnop")).tails[0] == "ghijklmnop"


def test_a_query_is_read_into_words_and_their_parts() -> None:
    read = words.wanted("flights.dep_delay  airTime Flights")
    assert read.words == (Word("flights"), Word("depdelay", ("dep", "delay")), Word("airtime", ("air", "time")))
    assert read.key == "flightsdepdelayairtimeflights"


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert words.wanted("the delay of it").words == (Word("delay"),)
    assert words.wanted("number_of_seats").words == (Word("numberofseats", ("number", "seats")),)
    assert words.wanted("to be").words == (Word("to"), Word("be"))


def test_a_hash_is_one_word() -> None:
    assert words.wanted("3f2a9b1c8d7e6f5a4b").words == (Word("3f2a9b1c8d7e6f5a4b"),)


def test_limits_are_stated_and_kept() -> None:
    assert words.wanted("x" * words.MAX_CHARACTERS).words
    with pytest.raises(TooLarge, match="1001 characters"):
        words.wanted("x" * (words.MAX_CHARACTERS + 1))
    many = " ".join(f"w{'abcdefghijklmnopqrstuvwxyz'[n % 26]}{'xyz'[n // 26]}" for n in range(words.MAX_WORDS))
    assert len(words.wanted(many).words) == words.MAX_WORDS
    with pytest.raises(TooLarge, match="49 words"):
        words.wanted(many + " more")


@given(ANY_TEXT)
def test_the_words_of_any_text_are_plain(text: str) -> None:
    wanted = words.wanted(text[:20]).words
    for word in (*words.identifiers([text]), *words.prose([text]), *(word.whole for word in wanted)):
        assert re.fullmatch(r"[^\W_]+", word), "no white space, which joins the words in the index"
        word.encode()


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=5))
def test_a_name_and_its_query_agree_however_they_are_joined(parts: list[str]) -> None:
    ways = ["_".join(parts), "-".join(parts), parts[0] + "".join(map(str.capitalize, parts[1:]))]
    for name in ways[:2]:
        for query in ways[:2]:
            (word, *_) = words.wanted(query).words
            assert word.whole in words.identifiers([name])
    assert len({words.keys(way).whole for way in ways}) == 1
