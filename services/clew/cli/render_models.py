"""Answers about models, pipelines and use on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich.markup import escape
from rich.table import Table

from clew.cli.render import console, envelope, name_of
from clew_schemas.urn import unescape

_WIDEST = 160
_SHOWN = 40
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "unused": "bold yellow", "unknown": "dim"}


def what_trained(answer: Mapping[str, Any]) -> None:
    """Print each version with its run, data, features and the columns behind them."""
    console.print(f"[bold]{escape(unescape(answer['name']))}[/] [dim]{answer['kind']}, {answer['total']} versions[/]")
    for each in answer["about"].get("data", ()):
        state = each["digest"] or each["version"] or "unknown"
        console.print(f"[cyan]made from[/] {escape(name_of(each['urn']))} [dim]state {escape(state)}[/]")
    for version in answer["versions"]:
        _version(version, answer["proof"])
    envelope(answer)


def _version(version: Mapping[str, Any], proof: Mapping[str, Any]) -> None:
    about = ", ".join(str(version[name]) for name in ("algorithm", "framework", "stage") if version.get(name))
    console.print(f"\n[bold cyan]{escape(unescape(version['name']))}[/] [dim]{escape(about)}[/]")
    run = version["run"]
    if run is not None:
        _run(run)
    _values("parameters", version["parameters"])
    _values("metrics", version["metrics"])
    for data in version["datasets"]:
        _data(data)
    if version["features"]:
        _features(version["features"], proof)
    if version["target"] is not None:
        sources = ", ".join(_column(each["urn"]) for each in version["target"]["sources"])
        console.print(f"[cyan]target[/] {escape(version['target']['name'])} [dim]←[/] {sources or 'unknown'}")
    for source in version["sources"]:
        columns = ", ".join(unescape(each) for each in source["columns"][:8])
        more = f", … {len(source['columns']) - 8} more" if len(source["columns"]) > 8 else ""
        raw = "raw " if source["raw"] else ""
        sure = "" if source["confidence"] == 1 else f" [yellow]confidence {source['confidence']:g}[/]"
        console.print(f"[cyan]from[/] {raw}{escape(name_of(source['urn']))}{sure} [dim]{escape(columns + more)}[/]")


def _run(run: Mapping[str, Any]) -> None:
    took = f"{run['durationMs'] / 1000:.1f} s" if run["durationMs"] is not None else None
    ended = run["ended"] or (took and f"after {took}") or "no end known"
    parts = [run["status"] or "status unknown", run["started"] or "start unknown", ended]
    if run["user"]:
        parts.append("by " + (name_of(run["user"]) if run["user"].startswith("urn:clew:") else run["user"]))
    code, environment = run["code"] or {}, run["environment"] or {}
    if code.get("commit"):
        parts.append(f"commit {code['commit']}")
    if environment:
        packages = environment.get("packages") or {}
        parts.append(f"python {environment.get('python', '?')}, {len(packages)} packages")
    console.print(f"[cyan]run[/] {escape(unescape(run['name']))} [dim]{escape(' · '.join(parts))}[/]")
    _values("seeds", run["seeds"])


def _values(title: str, values: Mapping[str, Any]) -> None:
    if values:
        said = [f"{name}={value}" for name, value in values.items()]
        more = f" … {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
        console.print(f"[cyan]{title}[/] {escape(', '.join(said[:_SHOWN]) + more)}")


def _data(data: Mapping[str, Any]) -> None:
    facts = [data["role"], f"{data['rows']:,} rows" if data["rows"] is not None else None]
    if data["digest"]:
        facts.append(f"digest {data['digest']}")
    said = ", ".join(each for each in facts if each)
    console.print(f"[cyan]data[/] {escape(unescape(data['name']))} [dim]{escape(said)}[/]")
    for link in data["evidence"]:
        sure = f"{link.get('confidence', 1.0):g}"
        detail = f": {link['detail']}" if link.get("detail") else ""
        console.print(
            f"  [dim]← {escape(name_of(link['from']))} by {escape(link['by'])}, confidence {sure}{escape(detail)}[/]"
        )


def _features(features: Sequence[Mapping[str, Any]], proof: Mapping[str, Any]) -> None:
    table = _table("feature", "importance", "imputed", "scaled", "encoded", "from")
    for each in features[:_SHOWN]:
        importance = each["importance"]
        table.add_row(
            escape(each["name"]),
            f"{importance:.4g}" if isinstance(importance, int | float) else "",
            escape(_imputed(each.get("imputation"))),
            escape(_scaled(each.get("scaling"))),
            escape(_encoded(each.get("encoding"))),
            ", ".join(_column(way["urn"]) for way in each["sources"][:3]) + (", …" if len(each["sources"]) > 3 else "")
            or "[yellow]unknown[/]",
        )
    console.print(table)
    if len(features) > _SHOWN:
        console.print(f"[dim]… {len(features) - _SHOWN} more: --json[/]")
    longest: list[int] = max((way["path"] for each in features for way in each["sources"]), key=len, default=[])
    if longest:
        nodes, edges = proof["nodes"]["urn"], proof["edges"]
        steps = [nodes[edges["src"][longest[0]]], *(nodes[edges["dst"][at]] for at in longest)]
        console.print("[dim]path:[/] " + " → ".join(escape(name_of(step)) for step in steps))


def _imputed(said: Mapping[str, Any] | None) -> str:
    return "" if said is None else _brief(said["strategy"], said.get("value"))


def _scaled(said: Mapping[str, Any] | None) -> str:
    if said is None:
        return ""
    values = ", ".join(f"{name} {_number(value)}" for name, value in said.get("parameters", {}).items())
    return f"{said['method']} {values}".rstrip()


def _encoded(said: Mapping[str, Any] | None) -> str:
    if said is None:
        return ""
    categories = said.get("categories") or []
    size = said.get("size", len(categories))
    return f"{said['method']} {', '.join(map(str, categories[:5]))}{f' … of {size}' if size > 5 else ''}".rstrip()


def _brief(word: str, value: Any) -> str:
    return word if value is None else f"{word} {_number(value)}"


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _column(urn: str) -> str:
    return escape(name_of(urn))


def reproduce(answer: Mapping[str, Any]) -> None:
    """Print what there is to start from, the steps in order, and what is missing."""
    console.print(f"[bold]{escape(unescape(answer['name']))}[/] [dim]{answer['kind']}, {answer['total']} versions[/]")
    for version in answer["versions"]:
        console.print(f"\n[bold cyan]{escape(unescape(version['name']))}[/]")
        code, environment = version["code"] or {}, version["environment"] or {}
        _values("code", {name: code[name] for name in ("repository", "commit", "path", "entryPoint") if name in code})
        _values("environment", {name: value for name, value in environment.items() if name != "packages"})
        _values("packages", environment.get("packages") or {})
        _values("seeds", version["seeds"])
        _values("parameters", version["parameters"])
        for data in version["data"]:
            _data(data)
        for at, step in enumerate(version["steps"], 1):
            _step(at, step)
        if version["missing"]:
            console.print(f"[yellow]missing:[/] {', '.join(version['missing'])}")
    envelope(answer)


def _step(at: int, step: Mapping[str, Any]) -> None:
    writes = [name_of(each) for each in step["writes"]]
    if step["features"]:
        writes.append(f"{step['features']} features")
    how = "SQL" if step["sql"] else f"code at {step['code'].get('commit', '?')}" if step["code"] else "?"
    reads = ", ".join(name_of(each) for each in step["reads"]) or "nothing known"
    console.print(
        f"  {at}. {step['kind']} {escape(name_of(step['carrier']))} [dim]{escape(reads)} →"
        f" {escape(', '.join(writes))} ({escape(how)})[/]"
    )


def compare(answer: Mapping[str, Any]) -> None:
    """Print what differs, part by part."""
    a, b = answer["a"], answer["b"]
    times = a["urn"] == b["urn"]
    titles = [f"{escape(unescape(side['name']))}" + (f" @{side['seq']}" if times else "") for side in (a, b)]
    total = sum(answer["differing"].values())
    console.print(
        f"[bold]{titles[0]}[/] [dim]→[/] [bold]{titles[1]}[/] [dim]{a['kind']}[/]: {total} differ,"
        f" {sum(answer['equal'].values())} equal"
    )
    table = _table("part", "field", "", titles[0], titles[1], "difference")
    for each in answer["differences"]:
        difference = each.get("difference")
        table.add_row(
            each["part"],
            escape(each["path"]),
            f"[{_COLOURS[each['change']]}]{each['change']}[/]",
            escape(_said(each["a"])),
            escape(_said(each["b"])),
            "" if difference is None else _signed(difference),
        )
    if answer["differences"]:
        console.print(table)
    equal = ", ".join(f"{part} {count}" for part, count in answer["equal"].items())
    console.print(f"[dim]equal: {escape(equal) or 'nothing'}[/]")
    envelope(answer)


def _signed(difference: float) -> str:
    return f"{difference:+,}" if isinstance(difference, int) else f"{difference:+.6g}"


def _said(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def bottlenecks(answer: Mapping[str, Any]) -> None:
    """Print the steps, the slowest first, and the critical path."""
    console.print(f"[bold]{escape(unescape(answer['name']))}[/] [dim]pipeline, {answer['total']} steps[/]")
    table = _table("step", "median", "latest", "status", "failed", "runs", "owners")
    for step in answer["steps"]:
        share = step["failureShare"]
        table.add_row(
            escape(unescape(step["name"])),
            _took(step["medianMs"]),
            _took(step["latestMs"]),
            "inlined" if step["inlined"] else escape(step["latestStatus"] or "no run known"),
            "" if share is None else f"[red]{share:.0%}[/]" if share else "0%",
            str(step["runs"]),
            escape(", ".join(name_of(owner) for owner in step["owners"])),
        )
    console.print(table)
    path = answer["criticalPath"]
    if path is not None:
        steps = " → ".join(escape(name_of(urn)) for urn in path["steps"])
        console.print(f"critical path, {_took(path['lengthMs'])} by {answer['orderedBy']}: {steps}")
    for circle in answer["circles"]:
        console.print(f"[yellow]in a circle: {escape(' → '.join(name_of(urn) for urn in circle))}[/]")
    envelope(answer)


def _took(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "?"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.2f} s"


def unused(answer: Mapping[str, Any]) -> None:
    """Print what is unused, then what can't be told."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in answer["byVerdict"].items())
    console.print(
        f"[bold]unread for {answer['days']} days[/]: {counts} of {answer['examined']}, {_bytes(answer['bytes'])} unused"
    )
    table = _table("verdict", "kind", "name", "size", "last read", "known from", "owners", "why")
    for each in answer["assets"]:
        evidence = each["evidence"]
        table.add_row(
            f"[{_COLOURS[each['verdict']]}]{each['verdict']}[/]",
            each["kind"],
            escape(unescape(each["name"])),
            _bytes(each["bytes"]),
            _day(each["lastRead"]) or ("never seen" if each["verdict"] == "unused" else ""),
            _day(evidence["readsKnownFrom"]),
            escape(", ".join(name_of(owner) for owner in each["owners"])),
            escape(evidence["unknown"] or "no use downstream, no read"),
        )
    if answer["assets"]:
        console.print(table)
    envelope(answer)


def _bytes(size: int | None) -> str:
    if size is None:
        return "?"
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _day(moment: str | None) -> str:
    return "" if moment is None else moment[:10]


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table
