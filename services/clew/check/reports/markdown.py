"""The outcome as Markdown, as a comment on a pull request. Bounded, since a comment is."""

from __future__ import annotations

from collections.abc import Iterator

from clew.check.outcome import Outcome
from clew.check.reports.words import columns, harmless, headline, name_of, owners, proof, real, waived
from clew.check.terms import Decision

MOST = 50
"""Rows of a table; GitHub takes 65,536 characters a comment."""
MARKS = {Decision.FAIL: "❌", Decision.WARN: "⚠️", Decision.PASS: "✅", Decision.WAIVED: "🕊️"}


def written(outcome: Outcome) -> str:
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"### {MARKS[outcome.decision]} clew check: {_plain(headline(outcome))}"
    yield ""
    yield f"`{outcome.compared[0]}` → `{outcome.compared[1]}`, against {_plain(outcome.against)}"
    changes, same = real(outcome), harmless(outcome)
    if changes:
        yield from ("", "| change | what | where |", "|---|---|---|")
        for change in changes[:MOST]:
            yield f"| {change.kind.value} | {_plain(change.why)} | {f'`{change.place}`' if change.place else ''} |"
        yield from _more(len(changes))
    if same:
        files = ", ".join(f"`{change.place}`" for change in same[:MOST] if change.place)
        yield from ("", f"Written differently and proved to mean the same: {files}")
    found = outcome.judgement.assets
    if found:
        yield from ("", "| | verdict | asset | tier | owners | why |", "|---|---|---|---|---|---|")
        for judged in found[:MOST]:
            asset = judged.asset
            of = f" ({_plain(columns(judged))})" if asset.columns else ""
            verdict = asset.verdict.value.replace("_", " ")
            row = [MARKS[judged.decision], verdict, f"{asset.kind} **{_plain(asset.name)}**{of}", asset.tier or ""]
            yield "| " + " | ".join([*row, _plain(owners(judged)), _plain(_why(asset.why, asset.path))]) + " |"
        yield from _more(len(found))
    yield from _small_print(outcome)


def _why(why: str, path: object) -> str:
    return f"{why}: {proof(path)}" if isinstance(path, tuple) and path else why


def _small_print(outcome: Outcome) -> Iterator[str]:
    said = []
    for gap in outcome.gaps[:MOST]:
        where = str(gap.place) if gap.place else name_of(gap.about) if gap.about else ""
        said.append(f"- gap `{gap.code}` {_plain(where)}: {_plain(gap.detail)}")
    said += [f"- waiver past its day: {_plain(waived(each))}" for each in outcome.judgement.expired]
    said += [f"- waiver that nothing needs: {_plain(waived(each))}" for each in outcome.judgement.unused]
    said += [
        f"- waived: {_plain(each.asset.name)}, {_plain(waived(each.waiver))}"
        for each in outcome.judgement.assets
        if each.waiver is not None
    ]
    if said:
        yield from ("", *said)


def _more(count: int) -> Iterator[str]:
    if count > MOST:
        yield from ("", f"… and {count - MOST} more.")


def _plain(text: str) -> str:
    """Text that is no markup, on one line."""
    text = " ".join(text.split())
    return "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in text)
