"""From bytes at the door to receipts: decode, authorise, register, propose."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

import msgspec
import orjson

from clew.api.auth import Principal
from clew.errors import BadInput, ClewError
from clew.ledger import Ledger, Source
from clew.ledger.definitions import defines
from clew.ledger.port import OrderMode
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt, Record, decode

SOURCE_NAME = r"[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]{0,199}"
"""What the ledger takes as the name of a source."""

Written = bytes | Record


class Writer:
    """Proposes what principals send. A bad record costs only its own slot in the answer."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._registering = threading.Lock()

    def write(self, principal: Principal, records: Iterable[Written], *, only_marks: bool = False) -> list[Receipt]:
        """Return one receipt for each record, in order. With `only_marks`, a group is refused.

        Raises Forbidden for a principal that may not write at all, Unreachable when the ledger can't be written.
        """
        principal.check_scope("write")
        known = {source.name: source for source in self._ledger.sources()}
        slots = [self._admitted(principal, each, known, only_marks) for each in records]
        proposed = [each for each in slots if not isinstance(each, Receipt)]
        receipts = iter(self._ledger.propose(proposed, door=principal.door) if proposed else ())
        return [each if isinstance(each, Receipt) else next(receipts) for each in slots]

    def _admitted(
        self, principal: Principal, written: Written, known: dict[str, Source], only_marks: bool
    ) -> Record | Receipt:
        """Return the record to propose, or the receipt that refuses it."""
        try:
            record = decode(written) if isinstance(written, bytes) else written
            if only_marks and isinstance(record, Group):
                raise BadInput("a group is no crawl mark", where="type", hint="Send groups to /v1/groups")
            principal.check_source(record.source, known.get(record.source))
            if defines(record):
                principal.check_scope("admin")
            self._register(principal, record, known)
        except ClewError as error:
            return self._refused(written, error)
        if isinstance(record, Group):
            return msgspec.structs.replace(record, author=principal.signs(record.source, record.author))
        return record

    def _register(self, principal: Principal, record: Record, known: dict[str, Source]) -> None:
        """Make a source known at its first word, unless a token is bound to it: that one was named beforehand."""
        if record.source in known or principal.source is not None or not re.fullmatch(SOURCE_NAME, record.source):
            return
        door = "loopback" if principal.door == "loopback" else "connector"
        known[record.source] = self.register(Source(record.source, _order_of(record), door=door))

    def register(self, source: Source) -> Source:
        """Make a source known, or return it as it is known; raise Conflict when its order mode would change."""
        with self._registering:
            return self._ledger.register(source)

    def _refused(self, written: Written, error: ClewError) -> Receipt:
        token = f"{self._ledger.epoch}-{self._ledger.head_seq()}"
        return Receipt(_name_of(written), "refused", token, errors=(error.to_dict(),))


def _order_of(record: Record) -> OrderMode:
    is_crawled = not isinstance(record, Group) or record.crawl is not None
    return "crawl" if is_crawled else "time"


def _name_of(written: Written) -> str:
    """Return by what name a receipt speaks of a record, "" when not even that can be read."""
    if isinstance(written, Group):
        return written.id
    if isinstance(written, CrawlOpen | CrawlClose):
        kind = "crawl.open" if isinstance(written, CrawlOpen) else "crawl.close"
        return f"{kind} {written.number}"
    try:
        said = orjson.loads(written)
    except orjson.JSONDecodeError:
        return ""
    name = said.get("id") if isinstance(said, dict) else None
    return name[:200] if isinstance(name, str) else ""
