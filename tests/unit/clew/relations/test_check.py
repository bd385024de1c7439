"""Only one SELECT over the published relations passes, and what does not is told where and what instead."""

from __future__ import annotations

import random

import pytest

from clew.errors import BadInput, ClewError, TooLarge
from clew.relations.check import checked
from clew.relations.port import MAX_CHARACTERS
from clew.relations.tables import RELATIONS
from contracts.relations_contract import QUERIES

DIALECTS = ("sqlite", "postgres")

REFUSED = [
    "",
    "   -- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM claims",
    "INSERT INTO tags VALUES ('a', 'b')",
    "UPDATE entities SET title = 'x'",
    "DELETE FROM claims",
    "DROP TABLE stored_claim",
    "CREATE TABLE x (a integer)",
    "CREATE TABLE x AS SELECT 1",
    "WITH gone AS (DELETE FROM claims RETURNING *) SELECT * FROM gone",
    "SELECT * INTO mine FROM entities",
    "SELECT * FROM entities FOR UPDATE",
    "PRAGMA table_info(stored_claim)",
    "ATTACH 'other.db' AS other",
    "VACUUM INTO 'copy.db'",
    "EXPLAIN SELECT 1",
    "COPY entities TO 'out'",
    "DO $$ BEGIN END $$",
    "CALL something()",
    "SET ROLE admin",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_class",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM stored_claim",
    "SELECT * FROM main.stored_claim",
    "SELECT * FROM public.claim",
    "WITH pg_class AS (SELECT 1) SELECT * FROM pg_class",
    "SELECT * FROM (WITH stored_claim AS (SELECT 1) SELECT * FROM stored_claim) x, stored_claim",
    "SELECT pg_sleep(10)",
    "SELECT pg_catalog.pg_sleep(10)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_read_file('/etc/passwd')",
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT set_config('search_path', 'public', false)",
    "SELECT query_to_xml('select 1', true, true, '')",
    "SELECT dblink('a', 'b')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT nextval('a')",
    "SELECT current_setting('data_directory')",
    "SELECT 'pg_class'::regclass",
    "SELECT * FROM generate_series(1, 1000000000)",
    "SELECT randomblob(1000000000)",
    "SELECT zeroblob(1000000000)",
    "SELECT printf('%.*c', 1000000000, 'x')",
    "SELECT repeat('x', 1000000000)",
    "SELECT * FROM entities, LATERAL (SELECT 1) x",
    "SELECT * FROM entities TABLESAMPLE system (1)",
    "SELECT 1 WHERE 1 = ?",
    "SELEC 1",
    "SELECT FROM WHERE",
    "SELECT 'unclosed",
    "SELECT 1 /* unclosed",
    "SELECT (1",
    "SELECT \0 1",
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_plain_query_is_refused_in_words(text: str, dialect: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked(text, dialect, {})
    assert caught.value.where


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("title", "text"), QUERIES, ids=[title for title, _ in QUERIES])
def test_every_documented_query_passes(title: str, text: str, dialect: str) -> None:
    assert checked(text, dialect, {}).text == text.rstrip()


def test_an_unknown_relation_is_told_with_all_that_are_there() -> None:
    with pytest.raises(BadInput) as caught:
        checked("SELECT *\nFROM entitis", "sqlite", {})
    assert (caught.value.where, caught.value.details["relations"]) == ("line 2, column 6", sorted(RELATIONS))
    assert caught.value.hint is not None and caught.value.hint.startswith("Did you mean entities?")


@pytest.mark.timeout(60)
def test_a_megabyte_is_refused_and_hangs_nothing() -> None:
    with pytest.raises(TooLarge):
        checked("SELECT " + "1," * 500_000 + "1", "sqlite", {})
    with pytest.raises(TooLarge):
        checked("SELECT " + "1," * (MAX_CHARACTERS // 2 - 10) + "1", "sqlite", {})


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 2400 + "1" + ")" * 2400,
        "SELECT " + "NOT " * 4900 + "1",
        "SELECT " + "- " * 4900 + "1",
        "SELECT " + "CASE WHEN " * 2400 + "1",
        "SELECT * FROM " + "(SELECT * FROM " * 900 + "entities" + ")" * 900,
        "SELECT 1 FROM entities " + "JOIN entities " * 2400,
        "SELECT " + "coalesce(" * 2000 + "1",
        "SELECT 1 " + "UNION SELECT 1 " * 1600,
        "SELECT 1" + " + 1" * 2400,
        "WITH a AS (" * 1200 + "SELECT 1",
    ],
    ids=lambda text: text[:24],
)
def test_deep_nesting_neither_crashes_nor_hangs(text: str, dialect: str) -> None:
    try:
        checked(text, dialect, {})
    except BadInput as error:
        assert error.what


def test_parameters_must_be_those_of_the_query() -> None:
    assert checked("SELECT :a, ':b' -- :c", "postgres", {"a": 1}).parameters == {"a"}
    for given in ({}, {"a": 1, "b": 2}, {"a": 2**70}, {"a": "\0"}):
        with pytest.raises(BadInput) as caught:
            checked("SELECT :a", "sqlite", given)
        assert caught.value.where is not None and caught.value.where.startswith("parameters.")


def test_words_in_any_order_are_refused_in_words_or_pass() -> None:
    words = (
        "SELECT FROM WHERE entities urn , ( ) * = 'a' 1 WITH AS x JOIN ON GROUP BY :p UNION ORDER CASE WHEN END".split()
    )
    dice = random.Random(7)
    for _ in range(1500):
        text = " ".join(dice.choices(words, k=dice.randint(1, 14)))
        try:
            checked(text, dice.choice(DIALECTS), {"p": 1} if ":p" in text else {})
        except ClewError as error:
            assert isinstance(error, BadInput), text
