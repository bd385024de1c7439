"""The outcome as GitLab's code quality report, which shows in merge requests.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from clew.check.changes import Place
from clew.check.outcome import Outcome
from clew.check.reports.words import cause_place, sentence
from clew.check.terms import Decision

SEVERITIES = {Decision.FAIL: "major", Decision.WARN: "minor", Decision.PASS: "info", Decision.WAIVED: "info"}


def written(outcome: Outcome) -> str:
    found = [
        _issue(
            each.asset.verdict.value,
            sentence(each),
            SEVERITIES[each.decision],
            cause_place(outcome, each),
            each.asset.urn,
        )
        for each in outcome.judgement.assets
    ]
    found += [_issue(gap.code, gap.detail, "minor", gap.place, f"{gap.about}{gap.detail}") for gap in outcome.gaps]
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n"


def _issue(check: str, said: str, severity: str, place: Place | None, about: str) -> dict[str, Any]:
    mark = hashlib.sha256(f"{check} {about}".encode()).hexdigest()
    where = {"path": place.file if place else "clew.yml", "lines": {"begin": (place.line if place else 0) or 1}}
    return {"description": said, "check_name": check, "fingerprint": mark, "severity": severity, "location": where}
