"""Aspects that have no class: a JSON Schema document with annotations is all there is, validated by `jsonschema`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema

from clew_schemas.errors import BadInput
from clew_schemas.registry import Aspect, Mismatch, read_document


def from_document(document: Mapping[str, Any]) -> Aspect:
    """Return the aspect that a document describes; raise BadInput if it describes none."""
    try:
        jsonschema.Draft202012Validator.check_schema(dict(document))
        checker = jsonschema.Draft202012Validator(dict(document))
        return read_document(document, _validator(checker))
    except (jsonschema.SchemaError, KeyError, TypeError) as error:
        raise BadInput(f"not a schema document of an aspect: {error}", where=str(document.get("$id"))) from error


def _validator(checker: jsonschema.Draft202012Validator) -> Any:
    def validate(payload: Any) -> None:
        error = next(iter(sorted(checker.iter_errors(payload), key=lambda each: len(each.absolute_path))), None)
        if error is not None:
            raise Mismatch(error.message, list(error.absolute_path))

    return validate
