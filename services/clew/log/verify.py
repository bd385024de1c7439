"""From a record of the log to a proposal that may be committed: who signed it, in which words, about what.

The signature is over raw bytes, so that it is checked first: nothing is parsed, and the registry is asked nothing, for
a record that nobody signed. What is wrong never quotes bytes of the record.
"""

from __future__ import annotations

from collections.abc import Callable

from clew.ledger.port import STEWARD
from clew.log.keys import fingerprint, is_signed
from clew.log.record import KEY_NAME, SIGNATURE, LogRecord, signed_bytes
from clew.log.schema_ids import SchemaIds
from clew_schemas.definitions import DEFINING
from clew_schemas.errors import BadInput, Forbidden, NotFound
from clew_schemas.event import Group, Record
from clew_schemas.wire import PROPOSALS, from_avro, unframe

DERIVED = "derived."
DIRECT_ASPECTS = frozenset({"alias", "hook", "policy", *DEFINING})
"""Who may do what, what is one thing, and what may be said at all are decided at a door that knows people."""
DIRECT_KINDS = ("urn:clew:policy:", "urn:clew:kind:", "urn:clew:aspect:")

KeyOf = Callable[[str], bytes | None]
"""The public key of a source, None when it has none or is unknown."""


def verified(record: LogRecord, key_of: KeyOf, schemas: SchemaIds) -> Record:
    """Return the proposal that a record holds.

    Raises Forbidden or BadInput with what is wrong with the record itself, NotFound for an unknown schema; Unreachable
    when the registry does not answer, which says nothing about the record.
    """
    source = _source(record)
    assert record.value is not None
    _check_signature(record, record.value, key_of(source))
    schema_id, body = unframe(record.value)
    try:
        schemas.check(schema_id, PROPOSALS)
    except NotFound as error:
        raise BadInput(error.what, where="schema id", hint=error.hint) from None
    proposal = from_avro(body)
    if proposal.source != source:
        raise Forbidden("the record's key is not the source it speaks for", where="key", hint="Key records by source")
    _check_subject(proposal)
    return proposal


def _source(record: LogRecord) -> str:
    """Return the source that the key names; raise for one that does not speak through the log."""
    if not record.key or record.value is None:
        raise BadInput("a record without key or value", hint="The key is the source, the value one group or crawl mark")
    try:
        source = record.key.decode()
    except UnicodeDecodeError:
        raise BadInput("the key is no source's name", where="key", hint="Key records by source, in UTF-8") from None
    if source == STEWARD or source.startswith(DERIVED) or "\0" in source:
        raise Forbidden(
            "this source does not speak through the log", where="key", hint="Use the API; it knows who is asking"
        )
    return source


def _check_signature(record: LogRecord, value: bytes, public: bytes | None) -> None:
    signature, name = record.headers.get(SIGNATURE), record.headers.get(KEY_NAME)
    if signature is None or name is None:
        raise Forbidden("not signed", where=SIGNATURE, hint=f"Send the headers {SIGNATURE} and {KEY_NAME}")
    if public is None:
        raise Forbidden(
            "an unknown source, or one without a key", where="key", hint="Register it: clew source add, clew source key"
        )
    if name != fingerprint(public).encode():
        raise Forbidden("signed with another key than the source's", where=KEY_NAME, hint="See clew source list")
    if not is_signed(public, signature, signed_bytes(record.topic, record.key or b"", value)):
        raise Forbidden("the signature is not that of this record", where=SIGNATURE, hint="Sign topic, key and value")


def _check_subject(proposal: Record) -> None:
    if not isinstance(proposal, Group):
        return
    for at, event in enumerate(proposal.events):
        if event.aspect in DIRECT_ASPECTS or event.urn.startswith(DIRECT_KINDS):
            raise Forbidden(
                "policies, hooks, aliases, kinds and aspects are not changed through the log",
                where=f"events[{at}]",
                hint="Use the API; it knows who is asking",
            )
