"""Bringing a home of an earlier format to today's, in one transaction: all of it, or nothing."""

from __future__ import annotations

import secrets
import sqlite3

from clew.ledger import dictionaries, sqlite_names
from clew.ledger.dictionaries import Dictionary
from clew.ledger.sqlite_tables import NAMES


def bring_up(connection: sqlite3.Connection) -> None:
    """Bring the ledger to format 2: names within datasets, and the dictionary of payloads. Facts stay as they are.

    It gets a new epoch, so that views are drawn anew. Doing it twice, or in two places at once, is once.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()[0] < 2:
            _names_within_datasets(connection)
            keep(connection, dictionaries.carried(1))
            connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (secrets.token_hex(4),))
            connection.execute("UPDATE meta SET value = 2 WHERE key = 'format'")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def keep(connection: sqlite3.Connection, dictionary: Dictionary) -> None:
    """Have the ledger keep a dictionary that its payloads are written with."""
    connection.execute("INSERT INTO dictionary (id, hash, body) VALUES (?, ?, ?)", dictionary)


def _names_within_datasets(connection: sqlite3.Connection) -> None:
    connection.execute("DROP INDEX entity_tail")
    connection.execute("ALTER TABLE entity RENAME TO entity_before")
    for statement in filter(str.strip, NAMES.split(";")):
        connection.execute(statement)
    rows = connection.execute("SELECT id, urn, parent, class FROM entity_before ORDER BY id")
    connection.executemany(sqlite_names.INSERT, sqlite_names.compact(rows))
    connection.execute("DROP TABLE entity_before")
    connection.execute("INSERT INTO meta (key, value) VALUES ('called', 0)")
    sqlite_names.enter(connection)
