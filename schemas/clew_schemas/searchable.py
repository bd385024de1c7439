"""What of a thing is searched: the values that the schemas' annotations send into the fields of the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from clew_schemas.registry import Registry
from clew_schemas.select import select


def fields(registry: Registry, aspects: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, by field of the index, the texts found in the resolved `aspects` of one entity.

    Text fields are `title`, `columns`, `prose`, `code`; facets are `facet.<name>`.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(aspects):
        for rule in registry.get(name).search if aspects[name] is not None else ():
            found[rule.field].extend(str(value) for value in select(aspects[name], rule.path))
    return dict(found)
