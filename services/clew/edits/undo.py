"""Taking an edit back: the steward's claims as they were before it, where nobody changed them since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from clew.edits.conflicts import changed_since
from clew.edits.plans import Plan, Planned, Reading, Step
from clew.edits.references import is_creatable
from clew.edits.stand import Stand, stand_of
from clew.edits.trees import PLACE, guarding
from clew.errors import CallerError
from clew.ledger import Commit, LedgerReader
from clew.ledger.port import STEWARD

BIRTH = "lifecycle"
"""The aspect by which an edit brings into being what it names; that stays when the edit is taken back."""


class Undone(NamedTuple):
    """One claim that an edit changed: the steward's stand before and after it."""

    urn: str
    aspect: str
    before: Stand
    after: Stand


def undone(ledger: LedgerReader, seqs: Sequence[int]) -> dict[str, Undone]:
    """Return what the edit in these commits changed, by item: `<urn> <aspect>`."""
    found: dict[str, Undone] = {}
    for seq in seqs:
        for commit in ledger.tail(seq - 1, 1):
            ids = [change.entity for change in commit.changes]
            was = ledger.claims(ids, seq - 1)
            for change in commit.changes:
                before = stand_of(was[change.entity].get(change.aspect, ()))[0]
                after = stand_of(change.claims)[0]
                if before == after or _is_birth(commit, change.urn, change.aspect, before):
                    continue
                item = f"{change.urn} {change.aspect}"
                first = found[item].before if item in found else before
                found[item] = Undone(change.urn, change.aspect, first, after)
    return found


def plan_of_undo(ledger: LedgerReader, changes: dict[str, Undone]) -> Plan:
    """Return the plan that takes these changes back; what was edited since is refused with both values."""

    def planned(reading: Reading, item: str) -> Planned:
        change = changes[item]
        step = reading.step(change.urn, change.aspect, lambda _: change.before)
        if step.before in (change.after, change.before):
            return _guarded(ledger, item, change, step)
        made, now = _shown(change.after), _shown(step.before)
        return Planned(item, refusal=changed_since(ledger, change.urn, change.aspect, made, now))

    def plan(items: Sequence[str]) -> list[Planned]:
        reading = Reading(ledger, [changes[item].urn for item in items])
        return [planned(reading, item) for item in items]

    return plan


def _guarded(ledger: LedgerReader, item: str, change: Undone, step: Step) -> Planned:
    """Return the step alone, or for a place in a tree with what watches over it, so that no ring can close."""
    parent = None if change.aspect != PLACE or change.before.says is None else change.before.says["parent"]
    if parent is None or not is_creatable(change.urn):
        return Planned(item, (step,))
    try:
        return Planned(item, (step, *guarding(ledger, change.urn, parent)))
    except CallerError as error:
        return Planned(item, refusal=error)


def _is_birth(commit: Commit, urn: str, aspect: str, before: Stand) -> bool:
    named_by_another = any(change.urn != urn for change in commit.changes)
    return commit.source == STEWARD and aspect == BIRTH and is_creatable(urn) and before.is_empty and named_by_another


def _shown(stand: Stand) -> dict[str, Any] | None:
    if stand.is_empty:
        return None
    denies = "all" if stand.denies == "all" else sorted(stand.denies)
    return {"says": stand.says, "denies": denies}
