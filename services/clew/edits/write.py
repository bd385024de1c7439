"""Edits into the ledger: planned, grouped, proposed; planned again where somebody was faster. And taken back.

The steward's claim about an aspect is one document for all people, so every edit carries the claim as it was planned
from: two people who add different tags at once both succeed, one of them at the second try.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from clew.edits.plans import Plan, Planned
from clew.errors import BadInput, CallerError, ClewError, Conflict, Forbidden, NotFound
from clew.ledger import LedgerReader
from clew.ledger.port import STEWARD
from clew.ledger.standing import etag as etag_of
from clew_schemas.event import MAX_EVENTS, Event, Group, Receipt

Propose = Callable[[Sequence[Group]], Sequence[Receipt]]
"""Sends groups of the steward's to the ledger, signed with who edits; returns a receipt each."""

SHOWN = 20
"""How many things a preview shows."""
_ROUNDS = 32
"""How often an edit is planned anew because others were faster."""
_AT_ONCE = 500
_BYTES = 600_000
"""Payload bytes in one group; the limit of the ledger is higher, and counts a little more than payloads."""
_MISSING = 100
_EDIT = re.compile(r"(edit-[0-9a-f]{32})(?:/\d+)?")
_PLACE = re.compile(r"events\[(\d+)\]")
_TOKEN = re.compile(r"([0-9a-f]+)-([0-9]{1,18})")


@dataclass(slots=True)
class Outcome:
    """What an edit did, or with `dry_run` would do. `edit` names it, for taking it back; `first` previews things.

    `created` are the URNs of what comes into being by being named; `etags` are of what stands afterwards, given for
    an edit of one thing.
    """

    edit: str
    dry_run: bool = False
    total: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[str, ClewError]] = field(default_factory=list)
    first: list[dict[str, Any]] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    token: str = ""
    etags: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as it goes over the wire; of what was refused the first hundred, by thing."""
        return {
            "edit": self.edit,
            "dryRun": self.dry_run,
            "total": self.total,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refusedCount": len(self.refused),
            "refused": [{"item": item, **error.to_dict()} for item, error in self.refused[:100]],
            "first": self.first,
            "created": self.created if self.changed else [],
            "token": self.token,
            "etags": self.etags,
            "undo": self.edit if self.changed and not self.dry_run else None,
        }


class Parcel(NamedTuple):
    """Things whose events go into one group."""

    members: list[Planned]
    events: list[Event]


class Edits:
    """Carries plans out. `propose` is bound to the person who edits."""

    def __init__(self, ledger: LedgerReader, propose: Propose) -> None:
        self._ledger = ledger
        self._propose = propose

    def one(
        self, item: str, plan: Plan, *, created: Sequence[Event] = (), message: str | None = None, dry_run: bool = False
    ) -> Outcome:
        """Carry out a plan for one thing; raise why it can't be."""
        outcome = self.many([item], plan, created=created, message=message, dry_run=dry_run)
        if outcome.refused:
            raise outcome.refused[0][1]
        return outcome

    def many(
        self,
        items: Sequence[str],
        plan: Plan,
        *,
        created: Sequence[Event] = (),
        message: str | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Carry out a plan for any number of things, in groups of at most 500 events; what is refused costs no other.

        `created` are events that bring into being what the edit names. Raises Forbidden when the door refuses all.
        """
        outcome = Outcome(f"edit-{uuid.uuid4().hex}", dry_run, len(items), token=self._token())
        outcome.created = [event.urn for event in created]
        work = _Work(self._ledger, self._propose, plan, message, outcome, list(created))
        pending = list(items)
        for _ in range(1 if dry_run else _ROUNDS):
            pending = work.round(pending)
            if not pending:
                break
        outcome.refused += [(item, _restless(item)) for item in pending]
        return outcome

    def _token(self) -> str:
        return f"{self._ledger.epoch}-{self._ledger.head_seq()}"

    def commits_of(self, name: str) -> list[int]:
        """Return the seqs of an edit's commits, by its name, the token or the id of one of its groups.

        Raises NotFound for an unknown one, BadInput for what stewards did not do.
        """
        token = _TOKEN.fullmatch(name)
        if token is not None:
            name = self._group_at(token[1], int(token[2]))
        edit = _EDIT.fullmatch(name)
        seqs = sorted(set(self._parts(edit[1]))) if edit else []
        if not edit:
            receipt = self._ledger.receipt(STEWARD, name)
            seqs = [receipt.seq] if receipt is not None and receipt.seq else []
        if not seqs:
            raise NotFound(f"no edit is called {name!r}", hint="Its name and token stand in its answer", name=name)
        return seqs

    def _group_at(self, epoch: str, seq: int) -> str:
        if epoch != self._ledger.epoch:
            raise BadInput(
                f"the token is of epoch {epoch}, this ledger is of {self._ledger.epoch}",
                where="undo",
                hint="The ledger was restored or replaced since",
            )
        commits = self._ledger.tail(seq - 1, 1) if seq > 0 else []
        if not commits or commits[0].seq != seq:
            raise NotFound(f"there is no commit {seq}", hint="A token is <epoch>-<seq>")
        if commits[0].source != STEWARD:
            raise BadInput(
                f"the commit {seq} is of {commits[0].source}: only what people edited can be taken back",
                where="undo",
                hint="Deny what is wrong in it: clew edit --help",
            )
        return commits[0].group

    def _parts(self, edit: str) -> Iterator[int]:
        """Yield the seqs of an edit's groups; numbers of groups that were refused are missing among them."""
        number = missing = 0
        while missing < _MISSING:
            receipt = self._ledger.receipt(STEWARD, f"{edit}/{number}")
            missing = missing + 1 if receipt is None else 0
            if receipt is not None and receipt.seq:
                yield receipt.seq
            number += 1


class _Work:
    """One edit under way."""

    def __init__(
        self,
        ledger: LedgerReader,
        propose: Propose,
        plan: Plan,
        message: str | None,
        outcome: Outcome,
        created: list[Event],
    ) -> None:
        self._ledger = ledger
        self._propose = propose
        self._plan = plan
        self._message = message
        self._outcome = outcome
        self._created = created
        self._number = 0

    def round(self, items: Sequence[str]) -> list[str]:
        """Plan and propose for these; return those for which somebody was faster."""
        outcome = self._outcome
        planned = [each for at in range(0, len(items), _AT_ONCE) for each in self._plan(items[at : at + _AT_ONCE])]
        changing = []
        for each in planned:
            if each.refusal is not None:
                outcome.refused.append((each.item, each.refusal))
            elif each.changes:
                changing.append(each)
            else:
                outcome.unchanged += 1
        self._preview(changing)
        if outcome.dry_run:
            outcome.changed = len(changing)
            return []
        parcels = list(packed(changing, len(self._created)))
        groups = [self._group(parcel) for parcel in parcels]
        receipts = self._propose(groups) if groups else ()
        again: list[str] = []
        for parcel, receipt in zip(parcels, receipts, strict=True):
            again += self._landed(parcel, receipt)
        return again

    def _preview(self, planned: Sequence[Planned]) -> None:
        room = SHOWN - len(self._outcome.first)
        self._outcome.first += [step.shown() for each in planned[:room] for step in each.steps if not step.is_watch][
            : max(room, 0)
        ]

    def _group(self, parcel: Parcel) -> Group:
        # What is named comes into being with the first group; the others repeat it at no cost, should that be refused.
        events = (*self._created, *parcel.events)
        self._number += 1
        return Group(STEWARD, f"{self._outcome.edit}/{self._number - 1}", events, message=self._message)

    def _landed(self, parcel: Parcel, receipt: Receipt) -> list[str]:
        """Count what became of a group; return the things to be tried again."""
        outcome = self._outcome
        if receipt.status != "refused":
            outcome.changed += len(parcel.members)
            outcome.token = receipt.token
            if outcome.total == 1:
                outcome.etags = self._etags(parcel.members[0])
            return []
        errors = [raised(each) for each in receipt.errors]
        if all(isinstance(each, Conflict) for each in errors):
            return [each.item for each in parcel.members]
        if any(isinstance(each, Forbidden) for each in errors):
            raise errors[0]
        return self._apart(parcel, errors)

    def _apart(self, parcel: Parcel, errors: Sequence[ClewError]) -> list[str]:
        """Refuse the things whose events are bad; return the others, to be tried without them."""
        bad: dict[str, ClewError] = {}
        for error in errors:
            place = _PLACE.search(error.where or "")
            if place is None:
                self._outcome.refused += [(each.item, error) for each in parcel.members]
                return []
            at = int(place[1]) - len(self._created)
            if at < 0:
                raise error
            bad[_owner(parcel, at)] = error
        self._outcome.refused += bad.items()
        return [each.item for each in parcel.members if each.item not in bad]

    def _etags(self, planned: Planned) -> dict[str, str]:
        found = {}
        for step in planned.steps:
            (entity,) = self._ledger.ids([step.urn])
            claims = self._ledger.claims([entity])[entity].get(step.aspect.name, ()) if entity else ()
            if not step.is_watch:
                found[step.aspect.name] = etag_of(self._ledger.registry, step.aspect.name, claims)
        return found


def packed(planned: Sequence[Planned], reserved: int = 0) -> Iterator[Parcel]:
    """Yield things in parcels that each fit into one group, in order; a thing is never cut."""
    parcel, size = Parcel([], []), 0
    for each in planned:
        events = each.events()
        weight = sum(len(bytes(event.payload)) for event in events)
        if parcel.events and (len(parcel.events) + len(events) + reserved > MAX_EVENTS or size + weight > _BYTES):
            yield parcel
            parcel, size = Parcel([], []), 0
        parcel.members.append(each)
        parcel.events.extend(events)
        size += weight
    if parcel.events:
        yield parcel


def _owner(parcel: Parcel, at: int) -> str:
    """Return the thing to which the event at a place of the parcel belongs."""
    for each in parcel.members:
        at -= len(each.events())
        if at < 0:
            return each.item
    return parcel.members[-1].item


def _restless(item: str) -> Conflict:
    return Conflict("others keep editing this at the same time", where=item, hint="Try again in a moment")


def raised(said: dict[str, Any]) -> ClewError:
    """Return the error that a receipt carries, as the one that was raised."""
    rest = dict(said)
    kind = _BY_CODE.get(str(rest.pop("code", "")), CallerError)
    return kind(str(rest.pop("what", "refused")), where=rest.pop("where", None), hint=rest.pop("hint", None), **rest)


def _kinds(kind: type[ClewError]) -> Iterator[tuple[str, type[ClewError]]]:
    yield kind.code, kind
    for each in kind.__subclasses__():
        if each.__module__ == ClewError.__module__:
            yield from _kinds(each)


_BY_CODE = dict(_kinds(ClewError))
