"""What of a thing is searched: the values that the schemas' annotations send into the fields of the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from clew_schemas.registry import Registry
from clew_schemas.select import select

MEASURE = "measure"
TEXTS = ("title", "columns", "prose", "code")
"""The fields of the index that take text."""
FACETS = (
    "kind",
    "namespace",
    "subtype",
    "owner",
    "tag",
    "term",
    "domain",
    "tier",
    "certification",
    "state",
    "status",
)
"""What can be filtered and counted by; `facet.<name>` in an annotation."""


def measures(registry: Registry, aspects: Mapping[str, Any]) -> dict[str, list[str | float | bool]]:
    """Return, by name, the values of one entity that can be compared: metrics, parameters, importances.

    A rule with the field `measure.param` says that each value of the object at its path is called
    `param.<name>`, or, where the value is no object, `param`; the field `measure` gives the bare name. Each item of a
    list is a value.
    Numbers that are none (`NaN` and the infinities) compare with nothing, and are left out.
    """
    found: dict[str, list[str | float | bool]] = defaultdict(list)
    for aspect in sorted(aspects):
        for rule in registry.get(aspect).search if aspects[aspect] is not None else ():
            head, _, prefix = rule.field.partition(".")
            if head != MEASURE:
                continue
            for value in select(aspects[aspect], rule.path):
                for name, each in _named(prefix, value):
                    if isinstance(each, str | int | float) and each not in _NO_NUMBERS:
                        found[name].append(each)
    return dict(found)


_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


def _named(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _named(prefix, each)
        return
    if not isinstance(value, dict):
        yield prefix or MEASURE, value
        return
    for name, each in value.items():
        yield from _named(f"{prefix}.{name}" if prefix else name, each)


SERIES: Mapping[str, Mapping[str, str]] = {
    "profile": {"rows": "rows", "bytes": "bytes"},
    "quality_result": {"status": "quality", "failures": "failures"},
    "usage": {"reads": "reads", "writes": "writes", "lastRead": "last_read", "lastWritten": "last_written"},
}
"""By series aspect, what the members of its newest point are called as measures. The history itself is not searched."""


def point_measures(newest: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str | float | bool]]:
    """Return, by name, what the newest point of each series says that can be compared; `newest` is by aspect."""
    found: dict[str, list[str | float | bool]] = {}
    for aspect in sorted(newest.keys() & SERIES.keys()):
        for member, name in SERIES[aspect].items():
            value = newest[aspect].get(member)
            if isinstance(value, str | int | float):
                found.setdefault(name, []).append(value)
    return found


def fields(registry: Registry, aspects: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, by field of the index, the texts found in the resolved `aspects` of one entity.

    Text fields are `title`, `columns`, `prose`, `code`; facets are `facet.<name>`. For `measure` see `measures`.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(aspects):
        for rule in registry.get(name).search if aspects[name] is not None else ():
            if rule.field.partition(".")[0] != MEASURE:
                found[rule.field].extend(str(value) for value in select(aspects[name], rule.path))
    return dict(found)
