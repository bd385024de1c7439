"""The document that `registry_dump.py` prints, as models; and how it is run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from clew_connectors.feast.config import FeastConfig
from clew_schemas.errors import BadInput, ClewError, NotFound, Unreachable
from clew_schemas.scrub import scrub

SCRIPT = Path(__file__).with_name("registry_dump.py")
LAST_WORDS = 300
"""Characters of what an interpreter said at the end that an error quotes."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Entity(_Part):
    name: str
    key: str
    type: str | None = None
    description: str | None = None


class Field(_Part):
    name: str
    type: str | None = None
    description: str | None = None
    tags: dict[str, str] = {}


class About(_Part):
    name: str
    description: str | None = None
    owner: str | None = None
    tags: dict[str, str] = {}


class Source(About):
    """`via` is the push or stream source that brings it; `mapping` gives a column's name as a feature."""

    via: str | None = None
    type: str
    table: str | None = None
    path: str | None = None
    query: str | None = None
    database: str | None = None
    schema_: str | None = None
    timestamp: str | None = None
    mapping: dict[str, str] = {}

    model_config = ConfigDict(frozen=True, alias_generator=lambda name: name.rstrip("_"), populate_by_name=True)


class Read(_Part):
    """Features of another view that are read."""

    view: str
    features: list[str] = []


class Request(_Part):
    name: str
    fields: list[Field] = []


class View(About):
    type: str
    version: str | None = None
    entities: list[str] = []
    ttl: float | None = None
    online: bool | None = None
    features: list[Field] = []
    source: Source | None = None
    stream: Source | None = None
    mode: str | None = None
    code: str | None = None
    aggregations: int = 0
    reads: list[Read] = []
    requests: list[Request] = []


class Service(About):
    reads: list[Read] = []


class Dump(_Part):
    """A registry: one project of it."""

    project: str
    description: str | None = None
    entities: list[Entity] = []
    sources: list[Source] = []
    views: list[View] = []
    services: list[Service] = []


def registry(config: FeastConfig) -> Dump:
    """Return what the other interpreter reads of the registry; raise NotFound, BadInput or Unreachable."""
    return parsed(_printed(config), config)


def parsed(text: str, config: FeastConfig) -> Dump:
    """Return the document in what was printed."""
    where = str(config.path)
    try:
        said = json.loads(text)
        if "error" in said:
            raise _translated(said["error"], config)
        return Dump.model_validate(said)
    except (ValueError, TypeError, ValidationError) as error:
        raise BadInput(
            "the registry can't be understood",
            where=where,
            hint=f"{config.python} -I {SCRIPT.name} prints it; see what is odd about it",
        ) from error


def _printed(config: FeastConfig) -> str:
    python = Path(config.python).expanduser()
    where = str(config.path)
    if not config.path.is_dir():
        raise NotFound("there is no such Feast repository", where=where, hint="Check `repository` in the recipe")
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter is the recipe's, the script ours
            [str(python), "-I", str(SCRIPT), where, config.settings],
            capture_output=True,
            timeout=config.timeout,
            env=_environment(os.environ),
            cwd=where,
        )
    except FileNotFoundError as error:
        raise NotFound("there is no such interpreter", where=str(python), hint=_ABOUT_PYTHON) from error
    except OSError as error:
        raise BadInput(
            f"the interpreter can't be started: {error.strerror}", where=str(python), hint=_ABOUT_PYTHON
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unreachable(
            f"reading the registry took longer than {config.timeout:g} s",
            where=where,
            hint="Raise `timeout`, or see whether the registry answers",
        ) from error
    if done.returncode:
        words = scrub(done.stderr.decode(errors="replace").strip())[-LAST_WORDS:]
        raise BadInput(
            f"the interpreter gave up with code {done.returncode}: {words}", where=str(python), hint=_ABOUT_PYTHON
        )
    return done.stdout.decode(errors="replace")


_ABOUT_PYTHON = "`python` is the interpreter of an environment with Feast: pip install feast, then <it>/bin/python"


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return our environment, which settings may refer to, without what would send Feast astray."""
    return {**own, "FEAST_USAGE": "False", "DO_NOT_TRACK": "1"}


def _translated(error: Any, config: FeastConfig) -> ClewError:
    what, where = scrub(str(error.get("what", ""))).split("\n", 1)[0], str(config.path)
    match error.get("code"):
        case "no_feast":
            return NotFound(f"this interpreter has no Feast: {what}", where=config.python, hint=_ABOUT_PYTHON)
        case "no_settings":
            return NotFound(what, where=where, hint="Check `repository` and `settings` in the recipe")
        case "bad_settings":
            return BadInput(f"the settings can't be read: {what}", where=where, hint="Check them with feast apply")
        case "no_registry":
            return NotFound(what, where=where, hint="Run feast apply first")
        case "bad_registry":
            return BadInput(what, where=where, hint="Run feast apply, with the version of Feast that is used here")
        case _:
            return Unreachable(
                f"Feast could not read the registry: {what}", where=where, hint="Try feast entities list"
            )
