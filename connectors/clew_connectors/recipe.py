"""Recipes: a YAML file that says which connector reads what, and under which name it makes its claims.

name: warehouse                  # the source
connector: duckdb
config:
  database: ${WAREHOUSE}         # from the environment
  namespace: ${NS:-duckdb://wh}  # with a default, also for an empty variable; $${ is a plain ${
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from clew_connectors import installed
from clew_connectors.port import Connector
from clew_schemas.errors import BadInput, ClewError, NotFound, TooLarge, Unreachable

_VARIABLE = re.compile(r"\$(?:\$\{|\{([^}]*)\}|\{)")
_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
MAX_BYTES = 200_000
MAX_VALUES = 10_000
MAX_DEPTH = 32
_SHAPE = "A recipe is a mapping with name, connector and config"


class _Document(BaseModel):
    """A recipe as it stands in the file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]{0,199}$")]
    connector: str
    config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe that can be run: `name` is the source that makes the claims, `file` where it was read from."""

    name: str
    connector: Connector[Any, Any]
    config: Any
    file: str


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Recipe:
    """Return the recipe in a file; raise NotFound, Unreachable or BadInput."""
    try:
        return parse(path.read_bytes(), str(path), environ)
    except FileNotFoundError as error:
        raise NotFound("there is no such recipe", where=str(path)) from error
    except OSError as error:
        raise Unreachable(f"the recipe can't be read: {error.strerror}", where=str(path)) from error


def parse(data: bytes, file: str, environ: Mapping[str, str]) -> Recipe:
    """Return the recipe in `data`; raise BadInput with file, place and hint, and without any value."""
    document = _checked(_Document, expanded(_yaml(data, file), environ, file), file)
    try:
        connector = installed.load(document.connector)
    except ClewError as error:
        error.where = f"{file}: connector"
        raise
    return Recipe(document.name, connector, _checked(connector.spec, document.config, file, "config"), file)


def expanded(value: Any, environ: Mapping[str, str], file: str, place: str = "") -> Any:
    """Return `value` with `${VAR}` and `${VAR:-default}` filled in; raise BadInput for a variable that is not set."""
    if isinstance(value, dict):
        return {key: expanded(each, environ, file, f"{place}.{key}".strip(".")) for key, each in value.items()}
    if isinstance(value, list):
        return [expanded(each, environ, file, f"{place}[{at}]") for at, each in enumerate(value)]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda match: _filled(match, environ, f"{file}: {place}"), value)


def _filled(match: re.Match[str], environ: Mapping[str, str], where: str) -> str:
    if match[0] == "$${":
        return "${"
    named = _NAMED.fullmatch(match[1] or "")
    if named is None:
        raise BadInput("a ${ that names no variable", where=where, hint="Write ${VAR}, ${VAR:-default}, or $${ for ${")
    name, default = named.groups()
    value = environ.get(name)
    if default is not None:
        return value or str(default)
    if value is None:
        raise BadInput(
            f"the variable {name} is not set", where=where, hint=f"Set {name}, or write ${{{name}:-default}}"
        )
    return value


def _yaml(data: bytes, file: str) -> Any:
    if len(data) > MAX_BYTES:
        raise TooLarge(f"a recipe has at most {MAX_BYTES} bytes", where=file, hint=_SHAPE)
    try:
        found = yaml.safe_load(data.decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=f"{file}, byte {error.start}") from error
    except RecursionError:
        raise _too_large(file) from None
    except (yaml.YAMLError, ValueError) as error:  # such as a day that no calendar has
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
        # What the parser says may quote a value; where it stands is enough.
        raise BadInput("not valid YAML", where=f"{file}{place}", hint=_SHAPE) from None
    if not isinstance(found, dict):
        raise BadInput("not a recipe", where=file, hint=_SHAPE)
    _check_size(found, file)
    return found


def _check_size(found: Any, file: str) -> None:
    """Raise TooLarge for too many values or too deep ones: aliases multiply, and may lead back to themselves."""
    left, count = [(found, 1)], 0
    while left:
        value, depth = left.pop()
        count += 1
        if count > MAX_VALUES or depth > MAX_DEPTH:
            raise _too_large(file)
        if isinstance(value, dict | list):
            left += [(each, depth + 1) for each in (value.values() if isinstance(value, dict) else value)]


def _too_large(file: str) -> TooLarge:
    said = f"a recipe holds at most {MAX_VALUES} values, nested {MAX_DEPTH} deep, aliases filled in"
    return TooLarge(said, where=file, hint=_SHAPE)


def _checked(model: type[BaseModel], value: Any, file: str, place: str = "") -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        places = [_place(place, each["loc"]) for each in problems]
        what, hint = _said(problems[0], model)
        raise BadInput(what, where=f"{file}: {places[0]}", hint=hint, problems=places) from None


def _said(problem: Any, model: type[BaseModel]) -> tuple[str, str | None]:
    """Return a problem of pydantic's in words, with a hint."""
    name = str(problem["loc"][-1]) if problem["loc"] else ""
    known = list(model.model_fields)
    listed = f"Known keys: {', '.join(known)}"
    if problem["type"] == "extra_forbidden":
        meant = get_close_matches(name, known, 1)
        return f"unknown key {name!r}", f"Did you mean {meant[0]!r}? {listed}" if meant else listed
    described = model.model_fields[name].description if name in model.model_fields else None
    if problem["type"] == "missing":
        return f"the key {name!r} is missing", described or listed
    return str(problem["msg"]), described


def _place(place: str, steps: tuple[int | str, ...]) -> str:
    for step in steps:
        place += f"[{step}]" if isinstance(step, int) else f".{step}"
    return place.strip(".") or "$"
