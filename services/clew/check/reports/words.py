"""What every report says the same way: names, headlines, proofs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clew.check.changes import Certainty, Change, ChangeKind, Place, Step
from clew.check.outcome import Outcome
from clew.check.rules import Judged, Waiver
from clew.check.terms import Decision
from clew_schemas.urn import Urn, kind_of, unescape

DECISIONS = {Decision.FAIL: "fails", Decision.WARN: "warns", Decision.PASS: "passes", Decision.WAIVED: "is waived"}


def name_of(urn: str) -> str:
    """Return the name of a thing for reading; what a dbt project names has its last part only."""
    parsed = Urn.parse(urn)
    name = unescape(parsed.dotted_name)
    if kind_of(urn) == "any":
        return f"any column of {_short(parsed, name)}"
    return f"rows of {_short(parsed, name)}" if kind_of(urn) == "rows" else _short(parsed, name)


def _short(parsed: Urn, name: str) -> str:
    if not unescape(parsed.namespace).startswith("dbt://"):
        return name
    return ".".join(name.split(".")[2:]) or name


def headline(outcome: Outcome) -> str:
    """Return the outcome in one line."""
    verdicts = Counter(each.asset.verdict.value.replace("_", " ") for each in outcome.judgement.assets)
    counts = ", ".join(f"{count} {word}" for word, count in verdicts.items())
    changed = _counted(len(real(outcome)), "change")
    said = f"{outcome.summary.value}: {changed}, {_counted(len(outcome.judgement.assets), 'asset')} affected"
    return said + (f" ({counts})" if counts else "")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def real(outcome: Outcome) -> list[Change]:
    """Return what is written down and is not harmless."""
    return [
        each for each in outcome.changes if each.certainty == Certainty.WRITTEN and each.kind != ChangeKind.HARMLESS
    ]


def harmless(outcome: Outcome) -> list[Change]:
    """Return what was written differently and proved to mean the same."""
    return [each for each in outcome.changes if each.kind == ChangeKind.HARMLESS]


def proof(path: Sequence[Step]) -> str:
    """Return a path as names with arrows; a dataset of which a column was named just before is not repeated."""
    names: list[str] = []
    for urn in [path[0].start, *(step.end for step in path)] if path else []:
        name = name_of(urn)
        if not names or names[-1] != name:
            names.append(name)
    return " → ".join(names)


def cause_place(outcome: Outcome, judged: Judged) -> Place | None:
    """Return where the change is written that reaches an asset."""
    start = judged.asset.path[0].start if judged.asset.path else judged.asset.urn
    dataset = Urn.parse(start)
    for change in outcome.changes:
        if change.place is None or change.certainty != Certainty.WRITTEN:
            continue
        if Urn.parse(change.dataset).name == dataset.name and Urn.parse(change.dataset).namespace == dataset.namespace:
            return change.place
    return None


def owners(judged: Judged) -> str:
    """Return who answers for an asset, "" if nobody is said to."""
    return ", ".join(judged.asset.owners)


def columns(judged: Judged) -> str:
    """Return the affected columns of a dataset, "" for all of it."""
    names = judged.asset.columns
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def sentence(judged: Judged) -> str:
    """Return what happens to an asset and why, as one sentence."""
    asset = judged.asset
    verdict = asset.verdict.value.replace("_", " ")
    of = f" ({columns(judged)})" if asset.columns else ""
    return f"{asset.kind} {asset.name}{of} {verdict}: {asset.why}"


def waived(waiver: Waiver) -> str:
    """Return a waiver in one line."""
    return f"{waiver.asset}: {waiver.reason} (until {waiver.expires.isoformat()})"
