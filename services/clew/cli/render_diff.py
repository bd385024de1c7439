"""What changed of a thing between two moments, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich.markup import escape

from clew.cli.render import console, envelope, name_of
from clew_schemas.urn import unescape

_WIDEST = 100
_MARKS = {"added": "[green]+[/]", "removed": "[red]-[/]", "changed": "[yellow]~[/]"}


def diff(answer: Mapping[str, Any]) -> None:
    """Print what changed, aspect by aspect, with who said so; then columns, series, and edges."""
    totals = answer["totals"]
    console.print(f"[bold]{escape(unescape(answer['name']))}[/] [dim]{answer['kind']}[/]")
    console.print(f"[dim]{_moment(answer['from'])} → {_moment(answer['to'])}[/]")
    console.print(
        f"{totals['fields']} fields differ in {totals['aspects']} aspects, {totals['columns']} columns and"
        f" {totals['series']} series; {totals['appeared']} edges appeared, {totals['disappeared']} disappeared"
    )
    _aspects(answer["aspects"], "")
    for each in answer["columns"]:
        console.print(f"[cyan]column[/] {escape(unescape(each['name']))}")
        _aspects(each["aspects"], "  ")
    for each in answer["series"]:
        console.print(f"[cyan]{each['series']}[/] [dim]{each['appeared']} new points of {each['points']}[/]")
        _fields(each["differences"], "  ")
    for side in ("upstream", "downstream"):
        _edges(side, answer["lineage"][side])
    envelope(answer)


def _moment(said: Mapping[str, Any]) -> str:
    return f"seq {said['seq']} ({said['time'] or 'nothing yet'})"


def _aspects(aspects: Sequence[Mapping[str, Any]], indent: str) -> None:
    for each in aspects:
        more = each["differing"] - len(each["differences"])
        rest = f", {more} more not listed" if more else ""
        console.print(f"{indent}[cyan]{each['aspect']}[/] {each['change']} [dim]{each['equal']} fields equal{rest}[/]")
        _fields(each["differences"], indent + "  ")


def _fields(differences: Sequence[Mapping[str, Any]], indent: str) -> None:
    for each in differences:
        if each["change"] == "changed":
            value = f"{_said(each['a'])} → {_said(each['b'])}"
        else:
            value = _said(each["b"] if each["change"] == "added" else each["a"])
        console.print(
            f"{indent}{_MARKS[each['change']]} {escape(each['path'])}: {escape(value)}{_sayer(each.get('said'))}"
        )


def _sayer(said: Mapping[str, Any] | None) -> str:
    if said is None:
        return ""
    who = f"{said['author']} by {said['source']}" if said["author"] else said["source"]
    why = f": {said['message']}" if said["message"] else ""
    return escape(f"  ({who}, seq {said['seq']}, {said['time'][:19]}{why})").join(("[dim]", "[/]"))


def _edges(side: str, edges: Mapping[str, Any]) -> None:
    for word, mark in (("appeared", "added"), ("disappeared", "removed")):
        for edge in edges[word]:
            about = f"{edge['subtype'].lower()}, {name_of(edge['carrier'])}, {edge['source']}"
            sure = "" if edge["confidence"] == 1 else f", confidence {edge['confidence']:g}"
            console.print(
                f"{_MARKS[mark]} [cyan]{side}[/] {escape(name_of(edge['from']))} → {escape(name_of(edge['to']))}"
                f" [dim]({escape(about + sure)})[/]"
            )
        more = edges["total"][word] - len(edges[word])
        if more:
            console.print(f"[dim]… {more} more {word} {side}[/]")
    for word in ("Closed", "Opened"):
        for gap in edges["gaps" + word]:
            where = escape(name_of(gap["urn"])) if gap["urn"] else ""
            console.print(f"[dim]{side} gap {word.lower()}: {gap['code']} {where}[/]")


def _said(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
