"""The ledger on PostgreSQL takes definitions as the contract says, and many processes write by them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from tools.servers import Server

from clew.ledger import Ledger
from clew.ledger.postgres import PostgresLedger
from clew_schemas import event
from clew_schemas.definitions import aspect_event, kind_event, withdrawal
from contracts.definition_contract import *  # noqa: F403
from contracts.definition_contract import AMOUNT, CELL, Reopen, define, define_both, flow, refused, second
from contracts.ledger_contract import Clock, edit, one

_schemas = count()


@pytest.fixture
def opened() -> Iterator[list[Ledger]]:
    ledgers: list[Ledger] = []
    yield ledgers
    for each in ledgers:
        each.close()


@pytest.fixture
def reopen(postgres: Server, opened: list[Ledger]) -> Reopen:
    """Another ledger in the same schema, as another process has it."""
    name = f"definitions_{next(_schemas)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        connection.execute(f"CREATE SCHEMA {name}")

    def reopen() -> Ledger:
        opened.append(PostgresLedger.open(f"{postgres.url}?options=-csearch_path%3D{name}", clock=Clock()))
        return opened[-1]

    return reopen


@pytest.fixture
def ledger(reopen: Reopen) -> Ledger:
    return reopen()


def test_one_registers_and_the_other_accepts_at_once(ledger: Ledger, reopen: Reopen) -> None:
    other = reopen()
    define_both(ledger)
    assert one(other, edit(flow(feeds=[AMOUNT]))).status == "accepted"
    define(other, aspect_event(second(note={"type": "string"})))
    assert one(ledger, edit(flow(feeds=[], note="by another"))).status == "accepted"


def test_what_one_withdrew_the_other_refuses_at_once(ledger: Ledger, reopen: Reopen) -> None:
    define_both(ledger)
    other = reopen()
    assert other.registry.get("cell_flow").version == 1
    define(ledger, withdrawal("aspect", "cell_flow"))
    assert not other.registry.get("cell_flow").retired, "it has not looked yet"
    assert "withdrawn" in refused(one(other, edit(flow(feeds=[AMOUNT]))))["what"]


def test_what_one_uses_the_other_does_not_withdraw(ledger: Ledger, reopen: Reopen) -> None:
    define_both(ledger)
    other = reopen()
    define(other, flow(feeds=[AMOUNT]))
    assert "in use" in refused(one(ledger, edit(withdrawal("aspect", "cell_flow"))))["what"]


def test_two_that_define_the_same_at_once_leave_one_definition(ledger: Ledger, reopen: Reopen) -> None:
    writers = [ledger, reopen(), reopen()]
    texts = [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]
    define(ledger, kind_event("cell", {}))
    statuses: list[str] = []

    def write(writer: Ledger, text: dict[str, str]) -> None:
        document = second(note=text)
        statuses.append(one(writer, edit(aspect_event(document))).status)

    threads = [threading.Thread(target=write, args=pair) for pair in zip(writers, texts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == ["accepted", "refused", "refused"]


def test_claims_go_on_while_others_define(ledger: Ledger, reopen: Reopen) -> None:
    define_both(ledger)
    other = reopen()
    failed: list[object] = []

    def claim() -> None:
        for number in range(60):
            receipt = one(other, edit(flow(f"urn:clew:cell:(a,c{number})", feeds=[AMOUNT])))
            if receipt.status != "accepted":
                failed.append(receipt)

    thread = threading.Thread(target=claim)
    thread.start()
    for number in range(20):
        define(ledger, kind_event(f"kind{number}", {}))
    thread.join()
    assert not failed
    assert other.learn() == ledger.registry.seq
    assert {f"kind{number}" for number in range(20)} <= other.registry.now().kinds.keys()


def test_a_group_that_was_read_by_other_words_is_read_again(ledger: Ledger, reopen: Reopen) -> None:
    define_both(ledger)
    other = reopen()
    define(ledger, aspect_event(second(note={"type": "string"})))
    receipt = one(other, edit(flow(feeds=[]), event(CELL, "documentation", {"text": "a"})))
    assert receipt.status == "accepted"
    assert other.registry.get("cell_flow").version == 2
