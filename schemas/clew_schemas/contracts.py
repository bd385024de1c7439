"""The published contracts: one JSON Schema document an aspect and version, with a good and a bad example each.

    python -m clew_schemas.contracts            check: models and published documents agree
    python -m clew_schemas.contracts --write    publish the documents of new versions

A published document is frozen. A model that says something else needs a new version, and a new version must be able to
read what was written under the old one: nothing that was allowed may be refused, unless the aspect has an upcast.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clew_schemas.aspects import BUILT_IN
from clew_schemas.aspects.base import ANNOTATION
from clew_schemas.documents import from_document
from clew_schemas.errors import ClewError
from clew_schemas.published import path_of
from clew_schemas.registry import Aspect, export, from_model


def text_of(document: dict[str, Any]) -> str:
    """Return a contract as it is published."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write() -> list[Path]:
    """Publish the documents that are not published yet; return their paths. Published ones are left alone."""
    written = []
    for model in BUILT_IN:
        document = export(model)
        path = path_of(document[ANNOTATION]["name"], document[ANNOTATION]["version"])
        if not path.exists():
            path.write_text(text_of(document))
            written.append(path)
    return written


def problems() -> Iterator[str]:
    """Yield what is wrong between models, published documents and examples; nothing when all is well."""
    for model in BUILT_IN:
        document = export(model)
        name, version = document[ANNOTATION]["name"], document[ANNOTATION]["version"]
        path = path_of(name, version)
        if not path.exists():
            yield f"{name} v{version} is not published: run python -m clew_schemas.contracts --write"
            continue
        aspect = from_model(model)
        if path.read_text() != text_of(document):
            yield f"{path.name} is published and differs from the model: raise the version and publish anew"
        earlier = path_of(aspect.name, aspect.version - 1)
        if earlier.exists() and aspect.version - 1 not in aspect.upcasts:
            for each in narrowed(json.loads(earlier.read_text()), document):
                yield f"{aspect.name} v{aspect.version} refuses what v{aspect.version - 1} allowed: {each}"
        yield from _examples(aspect, document)


def _examples(aspect: Aspect, document: dict[str, Any]) -> Iterator[str]:
    for part, wanted in (("good.json", True), ("bad.json", False)):
        path = path_of(aspect.name, aspect.version, part)
        if not path.exists():
            yield f"{path.name} is missing: each contract has a good and a bad example"
            continue
        payload = json.loads(path.read_text())
        for said, by in ((aspect, "the model"), (from_document(document), "the published document")):
            if _accepts(said, payload) != wanted:
                yield f"{path.name}: {by} {'refuses' if wanted else 'accepts'} it"


def _accepts(aspect: Aspect, payload: Any) -> bool:
    try:
        aspect.check(payload)
    except ClewError:
        return False
    return True


_LIMITS = (
    *("type", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "format", "const", "$ref", "$dynamicRef", "minItems", "maxItems", "uniqueItems", "prefixItems"),
    *("contains", "minContains", "maxContains", "minProperties", "maxProperties", "patternProperties"),
    *("propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties"),
    *("allOf", "oneOf", "not", "if", "then", "else"),
)
"""Keywords that take something away; where one is new or says something else, less may be allowed."""


def narrowed(old: Any, new: Any, place: str = "$") -> Iterator[str]:
    """Yield each place where `new` allows less than `old` did, as far as the two documents tell."""
    if new is False and old is not False:
        yield f"{place} is gone"
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{place}.{name} is required now"
    properties, before = new.get("properties", {}), old.get("properties", {})
    for name in before:
        if name not in properties and new.get("additionalProperties", True) is False:
            yield f"{place}.{name} is gone"
        elif name in properties:
            yield from narrowed(before[name], properties[name], f"{place}.{name}")
    for keyword in _LIMITS:
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{place}: {keyword} changed from {old.get(keyword)!r} to {new[keyword]!r}"
    if "enum" in new and not set(old.get("enum", [None])) <= set(new["enum"]):
        yield f"{place}: values are gone from the enumeration"
    for keyword in ("items", "additionalProperties"):
        if keyword in new:
            yield from narrowed(old.get(keyword, {}), new[keyword], f"{place}.{keyword}")
    for name in old.get("$defs", {}):
        yield from narrowed(old["$defs"][name], new.get("$defs", {}).get(name), f"{place}.$defs.{name}")
    if "anyOf" in new:
        gone = [
            each
            for each in old.get("anyOf", [{k: v for k, v in old.items() if k == "type"}])
            if each not in new["anyOf"]
        ]
        if gone:
            yield f"{place}: {gone} is no alternative any more"


def main() -> int:
    if "--write" in sys.argv[1:]:
        for path in write():
            print(f"published {path.name}")
    found = list(problems())
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
