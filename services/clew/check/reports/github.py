"""The outcome as GitHub's workflow commands, which show at the file of the change."""

from __future__ import annotations

from collections.abc import Iterator

from clew.check.changes import Place
from clew.check.outcome import Outcome
from clew.check.reports.words import cause_place, headline, proof, sentence, waived
from clew.check.terms import Decision, OnGap

LEVELS = {Decision.FAIL: "error", Decision.WARN: "warning", Decision.PASS: "notice", Decision.WAIVED: "notice"}


def written(outcome: Outcome) -> str:
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    for judged in outcome.judgement.assets:
        asset = judged.asset
        said = sentence(judged) + (f"\n{proof(asset.path)}" if asset.path else "")
        yield _command(LEVELS[judged.decision], cause_place(outcome, judged), f"clew: {asset.verdict.value}", said)
    for gap in outcome.gaps:
        level = "error" if outcome.on_gap == OnGap.FAIL else "warning"
        yield _command(level, gap.place, f"clew: {gap.code}", gap.detail)
    for waiver in outcome.judgement.expired:
        yield _command("warning", None, "clew: waiver past its day", waived(waiver))
    level = {Decision.FAIL: "error", Decision.WARN: "warning"}.get(outcome.decision, "notice")
    yield _command(level, None, "clew check", headline(outcome))


def _command(level: str, place: Place | None, title: str, said: str) -> str:
    at = {"file": place.file, "line": str(place.line or 1)} if place else {}
    if place and place.column:
        at["col"] = str(place.column)
    properties = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in {**at, "title": title}.items())
    return f"::{level} {properties}::{_escaped(said)}"


def _escaped(text: str, more: str = "") -> str:
    for each in "%\r\n" + more:
        text = text.replace(each, f"%{ord(each):02X}")
    return text
