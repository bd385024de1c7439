"""The outcome as JUnit XML: a test case for each asset, failed where the rules say so; one more for gaps."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from clew.check.outcome import Outcome
from clew.check.reports.words import headline, owners, proof, sentence
from clew.check.rules import Judged
from clew.check.terms import Decision, OnGap


def written(outcome: Outcome) -> str:
    cases = [_case(each) for each in outcome.judgement.assets] or [_nothing(outcome)]
    cases += [_gaps(outcome)] if outcome.gaps else []
    failed = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    suite = Element(
        "testsuite", name="clew check", tests=str(len(cases)), failures=str(failed), errors="0", skipped=str(skipped)
    )
    suite.extend(cases)
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(judged: Judged) -> Element:
    asset = judged.asset
    case = Element("testcase", classname=f"clew.{asset.kind}", name=_clean(asset.name))
    said = "\n".join(
        filter(None, [sentence(judged), proof(asset.path), owners(judged) and f"owners: {owners(judged)}"])
    )
    if judged.decision == Decision.FAIL:
        SubElement(case, "failure", type=asset.verdict.value, message=_clean(sentence(judged))).text = _clean(said)
    elif judged.decision == Decision.WAIVED:
        reason = judged.waiver.reason if judged.waiver else ""
        SubElement(case, "skipped", message=_clean(f"waived: {reason}"))
    else:
        SubElement(case, "system-out").text = _clean(said)
    return case


def _nothing(outcome: Outcome) -> Element:
    case = Element("testcase", classname="clew", name="no asset is affected")
    SubElement(case, "system-out").text = headline(outcome)
    return case


def _gaps(outcome: Outcome) -> Element:
    case = Element("testcase", classname="clew", name="everything was understood")
    said = _clean("\n".join(f"{gap.code} {gap.place or gap.about}: {gap.detail}" for gap in outcome.gaps))
    if outcome.on_gap == OnGap.WARN:
        SubElement(case, "system-out").text = said
    else:
        SubElement(case, "failure", type="gap", message=f"{len(outcome.gaps)} gaps").text = said
    return case


def _clean(text: str) -> str:
    """Text without the characters that XML has no way to write."""
    return "".join(each for each in text if each in "\t\n" or (each >= " " and not "\ud800" <= each <= "\udfff"))
