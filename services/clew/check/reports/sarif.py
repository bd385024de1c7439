"""The outcome as SARIF 2.1.0, which code scanners show at the line of the change.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from clew import __version__
from clew.check.changes import Place
from clew.check.outcome import Outcome
from clew.check.reports.words import cause_place, proof, sentence
from clew.check.rules import Judged
from clew.check.terms import Decision, OnGap
from clew.query.terms import Verdict

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {Decision.FAIL: "error", Decision.WARN: "warning", Decision.PASS: "note", Decision.WAIVED: "note"}
TOLD: Final = {
    Verdict.BREAKS: "SQL names what is not there any more, or reads what such SQL builds",
    Verdict.MAY_BREAK: "It uses any column, a type changes under it, or it is not certain",
    Verdict.CHANGES: "Its content changes, nothing fails",
    Verdict.INFORMED: "It only asks whether there is a value",
}


def written(outcome: Outcome) -> str:
    rules: list[dict[str, Any]] = [
        {"id": verdict.value, "shortDescription": {"text": told}} for verdict, told in TOLD.items()
    ]
    rules.append({"id": "gap", "shortDescription": {"text": "Something was not understood, and may hide a change"}})
    run = {
        "tool": {"driver": {"name": "clew check", "version": __version__, "rules": rules}},
        "results": [*(_result(outcome, each) for each in outcome.judgement.assets), *_gaps(outcome)],
        "columnKind": "unicodeCodePoints",
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _result(outcome: Outcome, judged: Judged) -> dict[str, Any]:
    asset = judged.asset
    said = sentence(judged) + (f"\n{proof(asset.path)}" if asset.path else "")
    found: dict[str, Any] = {
        "ruleId": asset.verdict.value,
        "level": LEVELS[judged.decision],
        "message": {"text": said},
        "partialFingerprints": {"clewAsset/v1": asset.urn},
        "properties": {"asset": asset.urn, "owners": list(asset.owners), "tier": asset.tier, "use": asset.use},
    }
    place = cause_place(outcome, judged)
    if place is not None:
        found["locations"] = [_location(place)]
    if judged.waiver is not None:
        found["suppressions"] = [{"kind": "external", "justification": judged.waiver.reason}]
    return found


def _gaps(outcome: Outcome) -> list[dict[str, Any]]:
    level = "error" if outcome.on_gap == OnGap.FAIL else "warning"
    return [
        {
            "ruleId": "gap",
            "level": level,
            "message": {"text": f"{gap.code}: {gap.detail}"},
            **({"locations": [_location(gap.place)]} if gap.place else {}),
        }
        for gap in outcome.gaps
    ]


def _location(place: Place) -> dict[str, Any]:
    region = {"startLine": place.line or 1, **({"startColumn": place.column} if place.column else {})}
    return {"physicalLocation": {"artifactLocation": {"uri": place.file}, "region": region}}
