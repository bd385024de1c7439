"""The tables of the ledger on PostgreSQL: the embedded ledger's model, and what several writers need besides.

`ledger_head` is the one row that orders everything: whoever holds its lock commits. `writer` holds the last batch of
each writing process, so that a COMMIT whose answer was lost can be asked for. An entity is found by the hash of its
URN, because an index entry holds no 2,048 characters. A change here is a new migration.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

FORMAT = 2
"""What the rows mean. The shape of the tables is numbered by the migrations."""

TAIL = 200
"""Characters of the last segment of a name by which an entity is found."""

metadata = MetaData()


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _bytes(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def _id(kind: type[BigInteger] | type[Integer] = Integer) -> Column[int]:
    return Column("id", kind, Identity(), primary_key=True)


meta = Table("meta", metadata, Column("key", Text, primary_key=True), _text("value"))

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    _count("seq"),
    _count("time"),
    _count("claims"),
    _count("crawls"),
)

writer = Table(
    "writer",
    metadata,
    Column("id", Text, primary_key=True),
    _count("batch"),
    Column("seen", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

branch = Table(
    "branch", metadata, Column("id", Integer, primary_key=True, autoincrement=False), _text("name"), _count("base_seq")
)
aspect = Table("aspect", metadata, _id(), _text("name"), UniqueConstraint("name", name="aspect_name"))
source = Table(
    "source",
    metadata,
    _id(),
    _text("name"),
    _text("ord"),
    _number("rank"),
    _text("door"),
    Column("retired", Boolean, nullable=False, server_default=text("false")),
    _bytes("public_key", null=True),
    UniqueConstraint("name", name="source_name"),
)

entity = Table(
    "entity",
    metadata,
    _id(BigInteger),
    _text("urn"),
    _bytes("hash"),
    _count("parent"),
    _text("tail"),
    Column("class", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("hash", name="entity_hash"),
    Index("entity_tail", "tail"),
)

commits = Table(
    "commits",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _count("time"),
    _number("branch"),
    _number("source"),
    _text("grp"),
    _text("author", null=True),
    _text("message", null=True),
    Column("cause", BigInteger, nullable=False, server_default=text("0")),
    Index("commits_cause", "cause", "seq", postgresql_where=text("cause > 0")),
    Index("commits_time", "time"),
)

payload = Table(
    "payload",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _number("version"),
    _bytes("body"),
    Column("dict_id", Integer),
    Column("key_id", Integer),
)
dictionary = Table(
    "dictionary", metadata, _id(), _bytes("hash"), _bytes("body"), UniqueConstraint("hash", name="dictionary_hash")
)

claim = Table(
    "claim",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _count("entity"),
    _number("aspect"),
    _number("source"),
    _number("branch"),
    _count("seq"),
    Column("says", BigInteger),
    Column("denies", BigInteger),
    _bytes("says_hash", null=True),
    _bytes("denies_hash", null=True),
    _count("observed"),
    _bytes("mark"),
    UniqueConstraint("entity", "aspect", "source", "branch", name="claim_key"),
    Index("claim_source", "source", "aspect"),
)

fact = Table(
    "fact",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _count("claim"),
    Column("op", SmallInteger, nullable=False),
    Column("moved", Boolean, nullable=False),
    Column("says", BigInteger),
    Column("denies", BigInteger),
    _count("observed"),
    _bytes("ord"),
    Column("roots", BigInteger),
    Index("fact_claim", "claim", "seq", "n"),
)

point = Table(
    "point",
    metadata,
    Column("entity", BigInteger, primary_key=True, autoincrement=False),
    Column("aspect", Integer, primary_key=True, autoincrement=False),
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    _count("seq"),
    _number("n"),
    _count("payload"),
    _bytes("hash"),
    Index("point_seq", "seq", "n"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("grp", Text, primary_key=True),
    _bytes("body"),
)

crawl = Table(
    "crawl",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _number("source"),
    _count("number"),
    _text("state"),
    _text("prefixes"),
    _text("aspects"),
    Column("guard", Double, nullable=False),
    _count("events"),
    _count("high"),
    _count("opened"),
    Column("closed", BigInteger),
    UniqueConstraint("source", "number", name="crawl_number"),
)
crawl_named = Table(
    "crawl_named",
    metadata,
    Column("crawl", BigInteger, primary_key=True, autoincrement=False),
    Column("page", BigInteger, primary_key=True, autoincrement=False),
    _bytes("bits"),
)

parked = Table(
    "parked",
    metadata,
    _id(BigInteger),
    _text("source"),
    _text("grp"),
    Column("crawl", BigInteger),
    _count("time"),
    _text("reasons"),
    _text("urns"),
    _bytes("body"),
)

cursor = Table("cursor", metadata, Column("name", Text, primary_key=True), _count("seq"))
token = Table(
    "token",
    metadata,
    Column("name", Text, primary_key=True),
    _text("hash"),
    _text("scopes"),
    _text("source"),
    _count("created"),
    Column("revoked", Boolean, nullable=False),
    UniqueConstraint("hash", name="token_hash"),
)


def urn_hash(urn: str) -> bytes:
    """Return the hash by which an entity is found: BLAKE2b of the URN's UTF-8, 16 bytes."""
    return hashlib.blake2b(urn.encode(), digest_size=16).digest()
