"""Reads a skops file as what it is: a zip with `schema.json`, which names classes and values, and arrays in `.npy`.

Format: skops.io, protocols 0 to 2. No class of the file is looked up and nothing of it is executed; arrays are loaded
with `allow_pickle=False`, and only those that are asked for.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clew_connectors.sklearn.describe import described
from clew_connectors.sklearn.fitted import Fitted, Named
from clew_connectors.sklearn.pipeline import PipelineDescription
from clew_schemas.errors import BadInput, NotFound, TooLarge, Unreachable

SCHEMA = "schema.json"
LARGEST_SCHEMA = 256_000_000
"""Bytes of an unpacked schema.json that are read: a forest of ten thousand trees has a fifth of it."""
LARGEST_ARRAY = 256_000_000
HINT = "A skops file is written by skops.io.dump, or by mlflow.sklearn.log_model"


def read_skops(source: bytes | str | Path, names: Sequence[str] | None = None) -> PipelineDescription:
    """Return what a skops file says, given as its bytes or its path.

    `names` are the columns as somebody else knows them, such as a model's signature, for a pipeline that was fitted
    without. Raises NotFound, Unreachable, TooLarge, or BadInput for what is no skops file.
    """
    where = "the skops file" if isinstance(source, bytes) else str(source)
    data = source if isinstance(source, bytes) else _bytes(Path(source))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            schema = json.loads(_member(archive, SCHEMA, LARGEST_SCHEMA))
            root = _Decoder(archive).value(schema)
            if not isinstance(root, Fitted):
                raise BadInput("the skops file holds no estimator", where=where, hint=HINT)
            return described(root, names)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadInput(f"not a skops file: {error}", where=where, hint=HINT) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise BadInput(f"the skops file can't be read: {type(error).__name__}", where=where, hint=HINT) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("there is no such skops file", where=str(path)) from error
    except OSError as error:
        raise Unreachable(f"the skops file can't be read: {error.strerror}", where=str(path)) from error


def _member(archive: zipfile.ZipFile, name: str, largest: int) -> bytes:
    size = archive.getinfo(name).file_size
    if size > largest:
        raise TooLarge(f"{name} of {size} bytes is over the limit of {largest}", where=name)
    return archive.read(name)


class _Stored:
    """An array in the file, loaded when its values are asked for."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        data = _member(self._archive, self._name, LARGEST_ARRAY)
        return np.asarray(np.load(io.BytesIO(data), allow_pickle=False), dtype=dtype)

    def tolist(self) -> Any:
        return np.asarray(self).tolist()


class _Decoder:
    """From the nodes of a schema to values. A node that was met before is only named by its id."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._met: dict[Any, Any] = {}

    def value(self, node: Any) -> Any:
        """Return what a node stands for, `Named` for what can only be named."""
        if not isinstance(node, dict) or "__loader__" not in node:
            return node
        known = node.get("__id__")
        if node["__loader__"] == "CachedNode":
            return self._met.get(known)
        found = self._decoded(node["__loader__"], node)
        self._met[known] = found
        return found

    def _decoded(self, loader: str, node: dict[str, Any]) -> Any:
        content = node.get("content")
        match loader:
            case "JsonNode":
                return json.loads(content) if isinstance(content, str) else content
            case "ListNode" | "SetNode":
                return [self.value(each) for each in content or ()]
            case "TupleNode":
                return tuple(self.value(each) for each in content or ())
            case "DictNode" | "DefaultDictNode" | "_DictWithDeprecatedKeysNode":
                return {key: self.value(each) for key, each in _members(content).items()}
            case "NdArrayNode":
                return self._array(node)
            case "SliceNode":
                members = _members(content)
                return slice(*(self.value(members.get(name)) for name in ("start", "stop", "step")))
            case "ObjectNode" | "TreeNode":
                attributes = self.value(content)
                held = attributes if isinstance(attributes, dict) else {}
                return Fitted(str(node["__class__"]), str(node["__module__"]), held)
            case _:
                return Named(str(node.get("__class__")), str(node.get("__module__")))

    def _array(self, node: dict[str, Any]) -> Any:
        if node.get("type") == "numpy":
            return _Stored(self._archive, str(node["file"]))
        values = [self.value(each) for each in node.get("content") or ()]
        shape = self.value(node.get("shape"))
        if isinstance(shape, tuple) and len(shape) > 1:
            return _Shaped(values, shape)
        return values


class _Shaped:
    """An array of objects in more than one dimension, such as the trees of a boosted model."""

    def __init__(self, values: list[Any], shape: tuple[int, ...]) -> None:
        self._values = values
        self._shape = shape

    def tolist(self) -> list[Any]:
        return _folded(self._values, self._shape)


def _folded(values: list[Any], shape: tuple[int, ...]) -> list[Any]:
    if len(shape) < 2 or len(values) != _product(shape):
        return values
    width = _product(shape[1:])
    return [_folded(values[at : at + width], shape[1:]) for at in range(0, len(values), width)]


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for each in shape:
        product *= each
    return product


def _members(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise TypeError("a mapping was expected")
    return content
