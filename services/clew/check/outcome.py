"""All of a check put together: changes, their effects, verdicts, and what the rules say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from clew.check.catalog import Catalog
from clew.check.changes import Certainty, Change, ChangeKind, Found, Gap, Step
from clew.check.effects import effects
from clew.check.overlay import assets
from clew.check.project import Project
from clew.check.rules import Judged, Judgement, Rules, Waiver, judge
from clew.check.terms import Decision, OnGap
from clew.query.terms import Verdict

DONE, FAILED, INCOMPLETE = 0, 1, 3
"""Exit codes, of those that every verb has."""


class Summary(StrEnum):
    """A check in one word, from the strongest."""

    BREAKS = "breaks"
    MAY_BREAK = "may break"
    CHANGES = "changes meaning"
    INFORMS = "informs"
    SAFE = "safe"
    NOTHING = "nothing"


_OF_VERDICT: Final = {
    Verdict.BREAKS: Summary.BREAKS,
    Verdict.MAY_BREAK: Summary.MAY_BREAK,
    Verdict.CHANGES: Summary.CHANGES,
    Verdict.INFORMED: Summary.INFORMS,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check says. `changes` hold what is written down, then what follows; `against` names the catalog."""

    changes: tuple[Change, ...]
    judgement: Judgement
    gaps: tuple[Gap, ...]
    on_gap: OnGap
    against: str
    compared: tuple[str, str]

    @property
    def written(self) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.certainty == Certainty.WRITTEN)

    @property
    def summary(self) -> Summary:
        """The strongest verdict; safe when something changed that reaches nobody, nothing when nothing did."""
        found = {_OF_VERDICT[each.asset.verdict] for each in self.judgement.assets}
        for word in Summary:
            if word in found:
                return word
        real = any(change.kind != ChangeKind.HARMLESS for change in self.changes)
        return Summary.SAFE if real else Summary.NOTHING

    @property
    def decision(self) -> Decision:
        """What the rules say of it all."""
        if self.judgement.count(Decision.FAIL) or (self.gaps and self.on_gap == OnGap.FAIL):
            return Decision.FAIL
        warned = self.judgement.count(Decision.WARN) or self.judgement.expired or self.gaps
        return Decision.WARN if warned else Decision.PASS

    @property
    def exit_code(self) -> int:
        if self.decision == Decision.FAIL:
            return FAILED
        return INCOMPLETE if self.gaps and self.on_gap == OnGap.INCOMPLETE else DONE

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as `--json` prints it."""
        return {
            "summary": self.summary.value,
            "decision": self.decision.value,
            "exitCode": self.exit_code,
            "complete": not self.gaps,
            "before": self.compared[0],
            "after": self.compared[1],
            "against": self.against,
            "changes": [change_dict(each) for each in self.changes],
            "assets": [_asset_dict(each) for each in self.judgement.assets],
            "gaps": [
                {"code": gap.code, "detail": gap.detail, "place": str(gap.place) if gap.place else None,
                 "about": gap.about or None}
                for gap in self.gaps
            ],
            "waivers": {
                "expired": [waiver_dict(each) for each in self.judgement.expired],
                "unused": [waiver_dict(each) for each in self.judgement.unused],
            },
        }  # fmt: skip


def outcome(
    before: Project,
    after: Project,
    found: Iterable[Found],
    catalog: Catalog,
    rules: Rules,
    today: date,
    compared: tuple[str, str],
    gaps: Sequence[Gap] = (),
) -> Outcome:
    """Return what the step from one state to the other, and the changes that were found beside, do to everything."""
    every = list(found)
    seeds = [change for each in every for change in each.changes]
    seen = [*gaps, *(gap for each in every for gap in each.gaps)]
    follow = effects(before, after, seeds)
    tables = {*before.tables.values(), *after.tables.values()}
    changes = _ordered([*(seed for seed in seeds if seed.dataset not in tables), *follow.changes])
    # what is written goes first: most of what follows lies downstream of it
    datasets = list(dict.fromkeys(change.dataset for change in changes if change.kind != ChangeKind.HARMLESS))
    around = catalog.around(datasets)
    ours = before.carriers | after.carriers
    seen += [*follow.gaps, *(gap for gap in around.gaps if gap.about not in ours)]
    reached = assets(changes, before, after, around)
    return Outcome(
        tuple(changes),
        judge(rules, reached, today),
        tuple(dict.fromkeys(seen)),
        rules.on_gap,
        catalog.name,
        compared,
    )


def _ordered(changes: Sequence[Change]) -> list[Change]:
    kinds = list(ChangeKind)
    return sorted(
        dict.fromkeys(changes),
        key=lambda each: (
            each.certainty == Certainty.FOLLOWS,
            kinds.index(each.kind),
            str(each.place or ""),
            each.dataset,
            each.column or "",
            each.after or "",
        ),
    )


def change_dict(change: Change) -> dict[str, Any]:
    """Return a change as JSON."""
    return {
        "kind": change.kind.value,
        "dataset": change.dataset,
        "column": change.column,
        "before": change.before,
        "after": change.after,
        "why": change.why,
        "place": str(change.place) if change.place else None,
        "certainty": change.certainty.value,
        "path": steps_dict(change.path),
    }


def steps_dict(path: Sequence[Step]) -> list[dict[str, str]]:
    """Return a proof as JSON."""
    return [{"from": each.start, "to": each.end, "carrier": each.carrier, "subtype": each.how} for each in path]


def _asset_dict(judged: Judged) -> dict[str, Any]:
    asset = judged.asset
    return {
        "urn": asset.urn,
        "kind": asset.kind,
        "name": asset.name,
        "verdict": asset.verdict.value,
        "decision": judged.decision.value,
        "use": asset.use,
        "why": asset.why,
        "columns": list(asset.columns),
        "owners": list(asset.owners),
        "tier": asset.tier,
        "path": steps_dict(asset.path),
        "waiver": waiver_dict(judged.waiver) if judged.waiver else None,
    }


def waiver_dict(waiver: Waiver) -> dict[str, str]:
    """Return a waiver as JSON."""
    return {"asset": waiver.asset, "reason": waiver.reason, "expires": waiver.expires.isoformat()}
