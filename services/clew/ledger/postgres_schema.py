"""Bringing the database's tables to what this Clew knows.

Migrations run in one transaction under an advisory lock (PostgreSQL's own; nothing else here takes one), so that
several processes may start at once and a killed one leaves nothing half done.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text

from clew.ledger import dictionaries
from clew.ledger.dictionaries import Dictionary
from clew.ledger.postgres_link import Link
from clew.ledger.postgres_tables import FORMAT, dictionary, meta
from clew_schemas.errors import BadInput

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('clew ledger ' || current_schema()))")


class Migrated(NamedTuple):
    """The revisions of the tables before and after; `before` is None for a new ledger."""

    before: str | None
    after: str


def migrate(url: str) -> Migrated:
    """Bring the tables of the ledger at `url` up to date; doing it twice, or in two places at once, is once.

    Raises BadInput when a newer Clew made the tables, and what `Link` raises when the server can't be reached.
    """
    return bring_up_to_date(Link(url))


def bring_up_to_date(link: Link) -> Migrated:
    """See `migrate`."""
    engine = link.engine()
    try:
        with link.translating():
            with engine.connect() as connection:
                before = _revision(connection)
            if before != _newest():
                with engine.begin() as connection:
                    before = _upgrade(connection, link)
            with engine.connect() as connection:
                _check_format(connection, link)
    finally:
        engine.dispose()
    return Migrated(before, _newest())


def _upgrade(connection: Connection, link: Link) -> str | None:
    _check_encoding(connection, link)
    connection.execute(_LOCK)
    before = _revision(connection)
    if before is not None and before not in {each.revision for each in _scripts().walk_revisions()}:
        raise _newer(link, f"its tables are at revision {before}, this one knows {_newest()}")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before


def _check_format(connection: Connection, link: Link) -> None:
    """Refuse rows that mean what this Clew does not know, and dictionaries that are not those of their numbers."""
    found = connection.execute(select(meta.c.value).where(meta.c.key == "format")).scalar_one()
    if int(found) > FORMAT:
        raise _newer(link, f"format {found}, this one knows {FORMAT}")
    for row in connection.execute(select(dictionary.c.id, dictionary.c.hash, dictionary.c.body)):
        dictionaries.check(Dictionary(*row))


def _newer(link: Link, how: str) -> BadInput:
    return BadInput(f"this ledger was written by a newer Clew ({how})", where=link.where, hint="Upgrade Clew")


def _check_encoding(connection: Connection, link: Link) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding.upper() not in ("UTF8", "UTF-8"):
        raise BadInput(
            f"the database stores text as {encoding}, the ledger needs UTF8",
            where=link.where,
            hint="Create a database with: createdb --encoding UTF8 --template template0",
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _newest() -> str:
    return str(_scripts().get_current_head())
