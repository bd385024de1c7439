"""The tables of format 1, the branch main, and what makes a ledger this one: its epoch and its hash key."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _names()
    _history()
    _standing()
    _crawls()
    _care()
    _first_rows()


def _names() -> None:
    op.create_table("meta", _text("key", key=True), _text("value"))
    op.create_table(
        "branch", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), _text("name"), _big("base_seq")
    )
    op.create_table("aspect", _id(sa.Integer()), _text("name"), sa.UniqueConstraint("name", name="aspect_name"))
    op.create_table(
        "source",
        _id(sa.Integer()),
        _text("name"),
        _text("ord"),
        _int("rank"),
        _text("door"),
        sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.text("false")),
        _bytes("public_key", null=True),
        sa.UniqueConstraint("name", name="source_name"),
    )
    op.create_table(
        "entity",
        _id(sa.BigInteger()),
        _text("urn"),
        _bytes("hash"),
        _big("parent"),
        _text("tail"),
        sa.Column("class", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.UniqueConstraint("hash", name="entity_hash"),
    )
    op.create_index("entity_tail", "entity", ["tail"])


def _history() -> None:
    op.create_table(
        "commits",
        _big("seq", key=True),
        _big("time"),
        _int("branch"),
        _int("source"),
        _text("grp"),
        _text("author", null=True),
        _text("message", null=True),
        sa.Column("cause", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("commits_cause", "commits", ["cause", "seq"], postgresql_where=sa.text("cause > 0"))
    op.create_index("commits_time", "commits", ["time"])
    op.create_table(
        "payload",
        _big("id", key=True),
        _int("version"),
        _bytes("body"),
        sa.Column("dict_id", sa.Integer),
        sa.Column("key_id", sa.Integer),
    )
    op.create_table(
        "dictionary",
        _id(sa.Integer()),
        _bytes("hash"),
        _bytes("body"),
        sa.UniqueConstraint("hash", name="dictionary_hash"),
    )
    op.create_table(
        "fact",
        _big("seq", key=True),
        _int("n", key=True),
        _big("claim"),
        sa.Column("op", sa.SmallInteger, nullable=False),
        sa.Column("moved", sa.Boolean, nullable=False),
        _big("says", null=True),
        _big("denies", null=True),
        _big("observed"),
        _bytes("ord"),
        _big("roots", null=True),
    )
    op.create_index("fact_claim", "fact", ["claim", "seq", "n"])
    op.create_table(
        "point",
        _big("entity", key=True),
        _int("aspect", key=True),
        _int("source", key=True),
        _text("name", key=True),
        _big("time", key=True),
        _big("step", key=True),
        _big("seq"),
        _int("n"),
        _big("payload"),
        _bytes("hash"),
    )
    op.create_index("point_seq", "point", ["seq", "n"])


def _standing() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        _big("seq"),
        _big("time"),
        _big("claims"),
        _big("crawls"),
    )
    op.create_table(
        "writer",
        _text("id", key=True),
        _big("batch"),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "claim",
        _big("id", key=True),
        _big("entity"),
        _int("aspect"),
        _int("source"),
        _int("branch"),
        _big("seq"),
        _big("says", null=True),
        _big("denies", null=True),
        _bytes("says_hash", null=True),
        _bytes("denies_hash", null=True),
        _big("observed"),
        _bytes("mark"),
        sa.UniqueConstraint("entity", "aspect", "source", "branch", name="claim_key"),
    )
    op.create_index("claim_source", "claim", ["source", "aspect"])


def _crawls() -> None:
    op.create_table(
        "crawl",
        _big("id", key=True),
        _int("source"),
        _big("number"),
        _text("state"),
        _text("prefixes"),
        _text("aspects"),
        sa.Column("guard", sa.Double, nullable=False),
        _big("events"),
        _big("high"),
        _big("opened"),
        _big("closed", null=True),
        sa.UniqueConstraint("source", "number", name="crawl_number"),
    )
    op.create_table("crawl_named", _big("crawl", key=True), _big("page", key=True), _bytes("bits"))


def _care() -> None:
    op.create_table("receipt", _int("source", key=True), _text("grp", key=True), _bytes("body"))
    op.create_table(
        "parked",
        _id(sa.BigInteger()),
        _text("source"),
        _text("grp"),
        _big("crawl", null=True),
        _big("time"),
        _text("reasons"),
        _text("urns"),
        _bytes("body"),
    )
    op.create_table("cursor", _text("name", key=True), _big("seq"))
    op.create_table(
        "token",
        _text("name", key=True),
        _text("hash"),
        _text("scopes"),
        _text("source"),
        _big("created"),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.UniqueConstraint("hash", name="token_hash"),
    )


def _first_rows() -> None:
    op.execute("INSERT INTO branch (id, name, base_seq) VALUES (1, 'main', 0)")
    op.execute("INSERT INTO ledger_head (id, seq, time, claims, crawls) VALUES (1, 0, 0, 0, 0)")
    meta = sa.table("meta", sa.column("key", sa.Text), sa.column("value", sa.Text))
    values = {"format": "1", "epoch": secrets.token_hex(4), "hash_key": secrets.token_hex(32)}
    op.bulk_insert(meta, [{"key": key, "value": value} for key, value in values.items()])


def _column(name: str, kind: sa.types.TypeEngine[Any], *, null: bool, key: bool) -> sa.Column[Any]:
    if key:
        return sa.Column(name, kind, primary_key=True, autoincrement=False)
    return sa.Column(name, kind, nullable=null)


def _big(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    return _column(name, sa.BigInteger(), null=null, key=key)


def _int(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Integer(), null=null, key=key)


def _text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Text(), null=null, key=key)


def _bytes(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.LargeBinary(), null=null, key=False)


def _id(kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column("id", kind, sa.Identity(), primary_key=True)
