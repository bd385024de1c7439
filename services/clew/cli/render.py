"""Answers on a terminal: tables and trees with rich; `--json` prints them as they are."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clew_schemas.urn import Urn, unescape

console = Console(soft_wrap=False)
problems = Console(stderr=True)

_COLOURS = {"breaks": "bold red", "may_break": "yellow", "changes": "cyan", "informed": "dim"}


def print_json(answer: Any) -> None:
    """Print an answer as JSON on standard output."""
    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    sys.stdout.buffer.flush()


def name_of(urn: str) -> str:
    """Return the dotted name of a URN, for reading."""
    parsed = Urn.parse(urn)
    name = unescape(parsed.dotted_name)
    if parsed.kind == "any":
        return f"any column of {name}"
    return f"rows of {name}" if parsed.kind == "rows" else name


def envelope(answer: Mapping[str, Any]) -> None:
    """Print what an answer says about itself: as of when, complete or not, and why not."""
    as_of, explain = answer["asOf"], answer["explain"]
    state = "[green]complete[/]" if answer["complete"] else "[bold yellow]incomplete[/]"
    console.print(
        f"[dim]as of {as_of['token']} ({as_of['time'] or 'nothing yet'}) ·[/] {state} [dim]· {explain['engine']},"
        f" {explain['hops']} hops, {explain['ms']:.1f} ms[/]"
    )
    if answer["behind"]:
        console.print(f"[yellow]  behind by {answer['behind']} commits[/]")
    for cut in answer["frontier"]:
        console.print(f"[yellow]  cut: {escape(cut['reason'])}, {cut['count']} more[/]")
    for gap in answer["gaps"]:
        where = escape(name_of(gap["urn"])) if gap["urn"] else ""
        console.print(f"[yellow]  gap: {gap['code']} {where}: {escape(gap['detail'])}[/]")


def hits(answer: Mapping[str, Any]) -> None:
    """Print the hits of a search and the facet counts."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    measured = list(dict.fromkeys(name for hit in answer["hits"] for name in hit["measures"]))
    for title in ("kind", "name", *map(escape, measured), "owners", "summary"):
        table.add_column(title, overflow="fold")
    for hit in answer["hits"]:
        owners = ", ".join(name_of(owner) for owner in hit["owners"])
        values = [", ".join(map(str, hit["measures"].get(name, ()))) for name in measured]
        table.add_row(
            hit["kind"], escape(hit["name"]), *map(escape, values), escape(owners), escape(hit["summary"] or "")
        )
    console.print(table)
    for facet, counts in answer["facets"].items():
        said = ", ".join(f"{escape(value)} {count}" for value, count in list(counts.items())[:8])
        console.print(f"[dim]{facet}: {said}[/]")
    console.print(f"[dim]{answer['total']} in all[/]")
    envelope(answer)


def description(answer: Mapping[str, Any]) -> None:
    """Print one thing: its resolved aspects, its columns, who says what."""
    console.print(f"[bold]{escape(answer['name'])}[/] [dim]{answer['kind']}[/]\n[dim]{escape(answer['urn'])}[/]")
    aspects = answer["aspects"]
    if "documentation" in aspects:
        console.print(escape(aspects["documentation"]["text"].strip()))
    for name, document in aspects.items():
        if name not in ("documentation", "schema", "query"):
            sources = ", ".join(claim["source"] for claim in answer["claims"][name])
            said = orjson.dumps(document).decode()
            console.print(
                f"[cyan]{name}[/] {escape(said if len(said) < 400 else said[:400] + '…')} [dim]({escape(sources)})[/]"
            )
    if answer["columns"]:
        _columns(answer["columns"])
    for name, points in answer["series"].items():
        console.print(f"[cyan]{name}[/] {escape(orjson.dumps(points[0]).decode())}")
    envelope(answer)


def _columns(columns: Sequence[Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("column", "type", "documentation"):
        table.add_column(title, overflow="fold")
    for each in columns:
        text = each["aspects"].get("documentation", {}).get("text", "")
        table.add_row(escape(unescape(each["name"])), escape(each.get("type") or ""), escape(text.split("\n")[0]))
    console.print(table)


def lineage(answer: Mapping[str, Any]) -> None:
    """Print the nodes of a lineage by distance, each with what it comes from or goes to."""
    nodes, edges = answer["nodes"], answer["edges"]
    towards, near = ("dst", "src") if answer["direction"] == "down" else ("src", "dst")
    arrow = "→" if answer["direction"] == "down" else "←"
    via: dict[int, list[str]] = {}
    for at in range(len(edges["src"])):
        said = f"{name_of(nodes['urn'][edges[near][at]])} [dim]({edges['subtype'][at].lower()})[/]"
        origins = via.setdefault(edges[towards][at], [])
        if said not in origins:
            origins.append(said)
    console.print(f"[bold]{escape(name_of(answer['start']))}[/] [dim]{answer['direction']}stream[/]")
    for at, urn in enumerate(nodes["urn"]):
        if nodes["depth"][at] and nodes["kind"][at] not in ("any", "rows"):
            known = via.get(at, [])
            origins_said = ", ".join(known[:3]) + (", …" if len(known) > 3 else "")
            console.print(
                f"{'  ' * nodes['depth'][at]}{nodes['kind'][at]} {escape(name_of(urn))} [dim]{arrow}[/] {origins_said}"
            )
    envelope(answer)


def impact(answer: Mapping[str, Any], most: int) -> None:
    """Print affected assets, the strongest first, with owner and the path that proves it."""
    counts = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in answer["byVerdict"].items())
    console.print(
        f"[bold]{answer['change']} {escape(name_of(answer['start']))}[/]: {answer['total']} affected"
        + (f" ({counts})" if counts else "")
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("verdict", "use", "kind", "name", "owners"):
        table.add_column(title, overflow="fold")
    for asset in answer["assets"][:most]:
        owners = ", ".join(name_of(each["owner"]) for each in asset["owners"])
        verdict = f"[{_COLOURS[asset['verdict']]}]{asset['verdict'].replace('_', ' ')}[/]"
        table.add_row(verdict, asset["use"], asset["kind"], escape(asset["name"]), escape(owners))
    console.print(table)
    if answer["total"] > most:
        console.print(f"[dim]… {answer['total'] - most} more: --named {answer['total']} --json[/]")
    _proofs(answer["assets"])
    envelope(answer)


def _proofs(assets: Sequence[Mapping[str, Any]]) -> None:
    """Print the path to the farthest ends: what people recognise."""
    ends = [each for each in assets if each["kind"] in ("dashboard", "notebook", "model", "application")][:3]
    for asset in ends:
        steps = [name_of(asset["path"][0]["from"]), *(name_of(step["to"]) for step in asset["path"])]
        console.print("[dim]path:[/] " + " → ".join(escape(step) for step in steps))


def paths(answer: Mapping[str, Any]) -> None:
    """Print paths, one a line."""
    for path in answer["paths"]:
        steps = [name_of(path[0]["from"]), *(name_of(step["to"]) for step in path)] if path else []
        console.print(" → ".join(escape(step) for step in steps))
    if not answer["paths"]:
        console.print("no path")
    if not answer["exhaustive"]:
        console.print("[yellow]there are more paths[/]")
    envelope(answer)


def rows(found: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with the same members as a table."""
    if not found:
        console.print("[dim]none[/]")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in found[0]:
        table.add_column(str(title), overflow="fold")
    for row in found:
        table.add_row(*(escape(str(value)) for value in row.values()))
    console.print(table)
