"""The outcome for a terminal: changes, then assets, the strongest first, each with its proof."""

from __future__ import annotations

from collections.abc import Iterator

from clew.check.outcome import Outcome
from clew.check.reports.words import columns, harmless, headline, name_of, owners, proof, real, waived
from clew.check.terms import Decision

MOST = 200
"""Assets that are listed; the JSON has all."""


def lines(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield (style as rich knows it, line)."""
    style = {Decision.FAIL: "bold red", Decision.WARN: "yellow", Decision.PASS: "green"}[outcome.decision]
    yield style, headline(outcome)
    yield "dim", f"{outcome.compared[0]} → {outcome.compared[1]}, against {outcome.against}"
    yield from _changes(outcome)
    yield from _assets(outcome)
    for gap in outcome.gaps:
        where = str(gap.place) if gap.place else name_of(gap.about) if gap.about else ""
        yield "yellow", f"gap  {gap.code}  {where}: {gap.detail}"
    for waiver in outcome.judgement.expired:
        yield "yellow", f"waiver past its day  {waived(waiver)}"
    for waiver in outcome.judgement.unused:
        yield "dim", f"waiver that nothing needs  {waived(waiver)}"


def _changes(outcome: Outcome) -> Iterator[tuple[str, str]]:
    changes, same = real(outcome), harmless(outcome)
    if changes or same:
        yield "", ""
        yield "bold", "changes"
    for change in changes:
        yield "", f"  {change.kind.value:<8}  {change.why}  {change.place or ''}".rstrip()
    for change in same:
        yield "dim", f"  harmless  {change.why}  {change.place or ''}".rstrip()


def _assets(outcome: Outcome) -> Iterator[tuple[str, str]]:
    found = outcome.judgement.assets
    if not found:
        return
    yield "", ""
    yield "bold", "affected"
    for judged in found[:MOST]:
        asset = judged.asset
        style = {Decision.FAIL: "red", Decision.WARN: "yellow"}.get(judged.decision, "dim")
        of = f" ({columns(judged)})" if asset.columns else ""
        about = [asset.use, f"tier {asset.tier}" if asset.tier else "", owners(judged)]
        verdict = asset.verdict.value.replace("_", " ")
        yield (
            style,
            f"  {judged.decision.value:<6}  {verdict:<9}  {asset.kind} {asset.name}{of}  ["
            + ", ".join(filter(None, about))
            + "]",
        )
        yield "", f"          {asset.why}"
        if asset.path:
            yield "dim", f"          {proof(asset.path)}"
        if judged.waiver:
            yield "dim", f"          waived: {judged.waiver.reason}, until {judged.waiver.expires.isoformat()}"
    if len(found) > MOST:
        yield "dim", f"  … {len(found) - MOST} more: --format json"


def written(outcome: Outcome) -> str:
    return "\n".join(line for _, line in lines(outcome)) + "\n"
