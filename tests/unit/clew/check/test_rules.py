"""clew.yml: read strictly, judged in order, waived for a reason until a day."""

from __future__ import annotations

from datetime import date

import pytest

from clew.check.overlay import Asset
from clew.check.rules import Rules, judge, parse_rules
from clew.check.terms import Decision, OnGap
from clew.errors import BadInput
from clew.query.terms import Verdict

BOARD = Asset(
    "urn:clew:dashboard:(bi,board)", "dashboard", "The board", Verdict.CHANGES, "direct", "", (), (), ("ada",), "1"
)
TABLE = Asset("urn:clew:dataset:(x,s.t)", "dataset", "s.t", Verdict.BREAKS, "direct", "", (), (), (), None)
TODAY = date(2026, 6, 1)


def rules(text: str) -> Rules:
    return parse_rules(text.encode(), "clew.yml")


def decisions(said: Rules) -> list[str]:
    return [each.decision.value for each in judge(said, [BOARD, TABLE], TODAY).assets]


def test_without_rules_breaks_fail_and_the_rest_warns() -> None:
    assert rules("") == Rules() == rules("check:\n")
    assert decisions(Rules()) == ["warn", "fail"]
    assert Rules().on_gap == OnGap.INCOMPLETE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("check: {fail: changes, warn: []}", ["fail", "pass"]),
        ("check: {rules: [{tier: 1, then: fail}]}", ["fail", "fail"]),
        ("check: {rules: [{kind: dashboard, verdict: changes, then: pass}]}", ["pass", "fail"]),
        ("check: {rules: [{owner: a*, then: fail}, {then: pass}]}", ["fail", "pass"]),
        ("check: {rules: [{asset: t, then: warn}, {asset: 's.*', then: fail}]}", ["warn", "warn"]),
        ("check: {waivers: [{asset: s.t, reason: agreed, expires: 2026-06-01}]}", ["warn", "waived"]),
        ("check: {waivers: [{asset: s.t, reason: agreed, expires: 2026-05-31}]}", ["warn", "fail"]),
        ("check: {waivers: [{asset: s.t, verdict: changes, reason: agreed, expires: 2026-07-01}]}", ["warn", "fail"]),
    ],
)
def test_the_first_rule_that_fits_counts_and_waivers_hold_until_the_end_of_their_day(
    text: str, expected: list[str]
) -> None:
    assert decisions(rules(text)) == expected


def test_waivers_that_did_not_hold_are_told() -> None:
    said = rules(
        "check:\n  waivers:\n"
        "    - {asset: s.t, reason: past, expires: 2026-01-01}\n"
        "    - {asset: nothing, reason: idle, expires: 2027-01-01}\n"
    )
    judged = judge(said, [TABLE], TODAY)
    assert [each.reason for each in judged.expired] == ["past"]
    assert [each.reason for each in judged.unused] == ["idle"]
    assert judged.count(Decision.FAIL) == 1


@pytest.mark.parametrize(
    ("text", "where", "hint"),
    [
        ("check: {fial: [breaks]}", "check.fial", "Did you mean fail?"),
        ("check: {waivers: [{asset: a, reason: b, expire: 2026-01-01}]}", "check.waivers.0", "expires"),
        ("check: {rules: [{when: x, then: fail}]}", "check.rules.0.when", "then"),
        ("check: {fail: [explodes]}", "check.fail.0", "docs/check.md"),
        ("check: {waivers: [{asset: a, expires: 2026-01-01}]}", "check.waivers.0.reason", ""),
        ("check: {waivers: [{asset: a, reason: b, expires: soon}]}", "check.waivers.0.expires", ""),
        ("checks: {}", "clew.yml", "check:"),
        ("- a", "clew.yml", "check:"),
        ("check: [", "clew.yml", ""),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text: str, where: str, hint: str) -> None:
    with pytest.raises(BadInput) as error:
        rules(text)
    assert where in str(error.value.where)
    assert hint in (error.value.hint or "")
