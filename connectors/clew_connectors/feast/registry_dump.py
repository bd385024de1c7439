"""Prints the registry of a Feast repository as JSON, in an interpreter that has Feast. It imports nothing of ours.

    python -I registry_dump.py FOLDER SETTINGS

Standard output gets one JSON document and nothing else: `{"project": …}` in the shape that `dump.py` describes, or
`{"error": {"code": …, "what": …}}`. The registry is taken as the messages that it is kept in: Feast's own objects would
unpickle, and so run, the code of transformations.
"""

from __future__ import annotations  # the other interpreter may be older than ours

import base64
import importlib
import importlib.util
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

NOBODY = "__dummy"
"""Feast's stand-in for the entity of a view that has none."""


def main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed on the way must not stand in the document
    try:
        said = dump(Path(sys.argv[1]), sys.argv[2])
    except Failed as failure:
        said = {"error": {"code": failure.code, "what": failure.what}}
    except Exception as error:
        said = {"error": {"code": "failed", "what": f"{type(error).__name__}: {error}"}}
    with os.fdopen(out, "w", encoding="utf-8") as stream:
        json.dump(said, stream)


class Failed(Exception):
    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what


def dump(folder: Path, settings: str) -> dict[str, Any]:
    """Return the document about the project that the settings name."""
    place = importlib.util.find_spec("feast")
    if place is None:
        raise Failed("no_feast", "No module named 'feast'")
    said = settings_of(folder / settings)
    project = str(said["project"])
    file = local_registry(said["registry"], folder)
    if file is None:
        registry = fetched(folder, settings)
    else:
        bare(list(place.submodule_search_locations or ()))
        registry = message(file)
    found = importlib.import_module("google.protobuf.json_format").MessageToDict(registry)

    def specs(kind: str) -> list[dict[str, Any]]:
        every = [each.get("spec", each) for each in found.get(kind, ())]
        own = [each for each in every if each.get("project", project) == project]
        return sorted(own, key=lambda each: each.get("name", ""))

    return {
        "project": project,
        "description": next(
            (each.get("description") for each in specs("projects") if each.get("name") == project), None
        ),
        "entities": [entity(each) for each in specs("entities") if each.get("name") != NOBODY],
        "sources": [source(each) for each in specs("dataSources")],
        "views": [
            *(view(each, "feature view") for each in specs("featureViews")),
            *(view(each, "stream feature view") for each in specs("streamFeatureViews")),
            *(view(each, "on demand feature view") for each in specs("onDemandFeatureViews")),
        ],
        "services": [service(each) for each in specs("featureServices")],
    }


def settings_of(file: Path) -> dict[str, Any]:
    """Return the repository's settings, with variables filled in as Feast does."""
    try:
        said = importlib.import_module("yaml").safe_load(os.path.expandvars(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise Failed("no_settings", f"there is no {file}") from error
    except Exception as error:
        raise Failed("bad_settings", str(error)) from error
    for name in ("project", "registry"):
        if not isinstance(said, dict) or not said.get(name):
            raise Failed("bad_settings", f"they say no {name}")
    return dict(said)


def local_registry(said: Any, folder: Path) -> Path | None:
    """Return the registry's file where it is a local one."""
    settings = said if isinstance(said, dict) else {"path": said}
    path = str(settings.get("path", ""))
    if settings.get("registry_type", "file") != "file" or ("://" in path and not path.startswith("file://")):
        return None
    return folder / path.replace("file://", "", 1)


def bare(folders: list[str]) -> None:
    """Let modules of Feast be imported without the package's own, which takes seconds to load all that there is."""
    package = types.ModuleType("feast")
    package.__path__ = folders
    sys.modules["feast"] = package


def message(file: Path) -> Any:
    """Return the registry that a file holds."""
    if not file.exists():
        raise Failed("no_registry", f"there is no registry at {file}")
    registry = importlib.import_module("feast.protos.feast.core.Registry_pb2").Registry()
    try:
        registry.ParseFromString(file.read_bytes())
    except Exception as error:
        raise Failed("bad_registry", f"{file} is not a registry: {error}") from error
    return registry


def fetched(folder: Path, settings: str) -> Any:
    """Return the registry as Feast fetches it from where it is."""
    sys.path.insert(0, str(folder))  # a repository may bring classes of its own
    config = importlib.import_module("feast.repo_config").load_repo_config(folder, folder / settings)
    store = importlib.import_module("feast").FeatureStore(config=config)
    store.refresh_registry()
    return store.registry.proto()


def entity(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": spec["name"],
        "key": spec.get("joinKey") or spec["name"],
        "type": spec.get("valueType"),
        "description": spec.get("description"),
    }


def view(spec: dict[str, Any], type_: str) -> dict[str, Any]:
    batch, stream = spec.get("batchSource"), spec.get("streamSource")
    code = transformation(spec)
    sources = list((spec.get("sources") or {}).values())
    projections = [each["featureViewProjection"] for each in sources if "featureViewProjection" in each]
    whole = [each["featureView"]["spec"] for each in sources if "featureView" in each]
    return {
        **about(spec),
        "type": type_,
        "version": spec.get("version"),
        "entities": [name for name in spec.get("entities", ()) if name != NOBODY],
        "ttl": seconds(spec.get("ttl")),
        "online": spec.get("online", False) if type_ != "on demand feature view" else None,
        "features": fields(spec.get("features", ())),
        "source": source(batch) if batch else None,
        "stream": source(stream) if stream else None,
        "mode": spec.get("mode") or None,
        "code": code,
        "aggregations": len(spec.get("aggregations", ())),
        "reads": [projection(each) for each in projections]
        + [{"view": each["name"], "features": names(each.get("features", ()))} for each in whole]
        + [{"view": each["name"], "features": names(each.get("features", ()))} for each in spec.get("sourceViews", ())],
        "requests": [
            {"name": each["requestDataSource"]["name"], "fields": request_fields(each["requestDataSource"])}
            for each in sources
            if "requestDataSource" in each
        ],
    }


def transformation(spec: dict[str, Any]) -> str | None:
    """Return the text of the code that computes a view."""
    held = spec.get("featureTransformation") or {}
    for each in (held.get("userDefinedFunction"), spec.get("userDefinedFunction")):
        if each:
            return str(each.get("bodyText") or each.get("name") or "code without its text")
    substrait = held.get("substraitTransformation")
    return "a Substrait plan" if substrait else None


def service(spec: dict[str, Any]) -> dict[str, Any]:
    return {**about(spec), "reads": [projection(each) for each in spec.get("features", ())]}


def projection(said: dict[str, Any]) -> dict[str, Any]:
    return {"view": said["featureViewName"], "features": names(said.get("featureColumns", ()))}


def source(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a data source, a push or stream source as the batch source that stands behind it."""
    inner = spec.get("batchSource")
    held = inner or spec
    keys = [key for key in sorted(held) if key.endswith("Options") and key != "requestDataOptions"]
    options: dict[str, Any] = held[keys[0]] if keys else {}
    type_ = source_type(held)
    if "configuration" in options:
        options = configured(options["configuration"])
    return {
        **about(spec),
        "name": held.get("name") or spec.get("name") or "",
        "via": spec.get("name") if inner else None,
        "type": type_,
        "table": options.get("table") or options.get("topic") or options.get("streamName") or None,
        "path": options.get("uri") or options.get("path") or None,
        "query": options.get("query") or None,
        "database": options.get("database") or None,
        "schema": options.get("schema") or None,
        "timestamp": held.get("timestampField") or None,
        "mapping": held.get("fieldMapping") or {},
    }


def source_type(spec: dict[str, Any]) -> str:
    """Return the short name of what a source lies in: file, bigquery, postgres, …"""
    said = str(spec.get("type", ""))
    if said == "CUSTOM_SOURCE":
        said = str(spec.get("dataSourceClassType", "")).rsplit(".", 1)[-1]
    for prefix in ("BATCH_", "STREAM_"):
        said = said[len(prefix) :] if said.startswith(prefix) else said
    for suffix in ("_SOURCE", "Source"):
        said = said[: -len(suffix)] if said.endswith(suffix) else said
    return SPELT.get(said.lower(), said.lower())


SPELT = {"postgresql": "postgres", "mssqlserver": "mssql"}
"""Types of sources that others spell otherwise."""


def configured(text: str) -> dict[str, Any]:
    """Return the options of a source of a plugin, which are JSON where they are not a message of its own."""
    try:
        found = json.loads(base64.b64decode(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def about(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": spec.get("name", ""),
        "description": spec.get("description") or None,
        "owner": spec.get("owner") or None,
        "tags": spec.get("tags") or {},
    }


def fields(said: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": each["name"],
            "type": each.get("valueType"),
            "description": each.get("description") or None,
            "tags": each.get("tags") or {},
        }
        for each in said
    ]


def request_fields(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return fields((spec.get("requestDataOptions") or {}).get("schema", ()))


def names(said: Any) -> list[str]:
    return [each["name"] for each in said]


def seconds(said: str | None) -> float | None:
    """Return a duration of protobuf's JSON as a number; none for zero, which means: for ever."""
    return float(said[:-1]) or None if said else None


if __name__ == "__main__":
    main()
