"""Reads the files of a logged model: MLmodel, its requirements, and what it learned from a skops file.

Nothing of a model is executed. Files lie where MLflow says, in a folder or behind the server's artifact proxy.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import yaml
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from clew_connectors.mlflow.config import without_user
from clew_connectors.mlflow.records import Files, Pairs, SignatureColumn
from clew_connectors.mlflow.sources import spelt
from clew_connectors.mlflow.store import FAULTS, said
from clew_connectors.nameable import on_one_line
from clew_connectors.port import ReadWarning
from clew_connectors.sklearn import PipelineDescription, read_skops
from clew_schemas.errors import ClewError

LARGEST_TEXT = 4_000_000
"""Bytes of MLmodel or requirements.txt that are read."""
LARGEST_MODEL = 512_000_000
"""Bytes of a skops file that are read."""

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*((?:[=<>!~]=?=?|@)[^;#]*)?")


class _Folder:
    """The files of one model, fetched one by one."""

    def __init__(self, uri: str, tracking: str, copies: Path) -> None:
        self._repository = get_artifact_repository(uri, tracking_uri=tracking)
        self._copies = copies
        self.sizes = {each.path: each.file_size or 0 for each in self._repository.list_artifacts() if not each.is_dir}

    def bytes_of(self, name: str, largest: int) -> bytes | None:
        """Return a file, None when it is not there or too large."""
        if name not in self.sizes or self.sizes[name] > largest:
            return None
        copy = self._repository.download_artifacts(name, str(self._copies))  # type: ignore[no-untyped-call]
        return Path(copy).read_bytes()

    def text_of(self, name: str) -> str:
        return (self.bytes_of(name, LARGEST_TEXT) or b"").decode(errors="replace")


def model_files(uri: str, tracking: str) -> tuple[Files, ReadWarning | None]:
    """Return what the files of a model say, as far as they are there, and what could not be read."""
    where = without_user(uri)
    with tempfile.TemporaryDirectory(prefix="clew-model-") as copies:
        try:
            folder = _Folder(uri, tracking, Path(copies))
            text = folder.text_of("MLmodel")
            if not text:
                return Files(), _gone("there is no MLmodel file", where)
            document = yaml.safe_load(text)
            if not isinstance(document, dict):
                return Files(), _gone("MLmodel is no mapping", where)
            return _read(folder, document, where)
        except (*FAULTS, ImportError) as error:
            return Files(), _gone(f"the model's files can't be read: {said(error)}", where)


def _gone(what: str, where: str) -> ReadWarning:
    return ReadWarning(what, where, "Without them a model's signature and what it learned are not known")


def _read(folder: _Folder, document: dict[str, Any], where: str) -> tuple[Files, ReadWarning | None]:
    flavors = _mapping(document.get("flavors"))
    signature = _mapping(document.get("signature"))
    inputs = _columns(signature.get("inputs"))
    environment = yaml.safe_load(folder.text_of("python_env.yaml") or "{}")
    pipeline, digest, warning = _learned(folder, _mapping(flavors.get("sklearn")), inputs, where)
    size = document.get("model_size_bytes")
    python = _mapping(environment).get("python") or _mapping(flavors.get("python_function")).get("python_version")
    files = Files(
        framework=next((str(each) for each in flavors if each != "python_function"), None) or next(iter(flavors), None),
        inputs=inputs,
        outputs=_columns(signature.get("outputs")),
        python=None if python is None else str(python),
        packages=_packages(folder.text_of("requirements.txt")),
        size=size if isinstance(size, int) else None,
        digest=digest,
        pipeline=pipeline,
    )
    return files, warning


def _learned(
    folder: _Folder, flavor: dict[str, Any], inputs: tuple[SignatureColumn, ...], where: str
) -> tuple[PipelineDescription | None, str | None, ReadWarning | None]:
    """Return what a scikit-learn model has learned, with the digest of its file."""
    name = flavor.get("pickled_model")
    if not isinstance(name, str):
        return None, None, None
    if flavor.get("serialization_format") != "skops":
        warning = ReadWarning(
            f"{name} can only be executed, and is not: what the model learned stays unknown",
            where,
            'Log it with serialization_format="skops"',
        )
        return None, None, warning
    data = folder.bytes_of(name, LARGEST_MODEL)
    if data is None:
        return None, None, ReadWarning(f"{name} is not there, or over {LARGEST_MODEL} bytes", where)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    try:
        return read_skops(data, [each.name for each in inputs if each.name]), digest, None
    except ClewError as error:
        return None, digest, ReadWarning(f"{name}: {error.what}", where, error.hint)


def _columns(text: Any) -> tuple[SignatureColumn, ...]:
    """Return the columns of one side of a signature, which is JSON within YAML."""
    try:
        listed = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return ()
    return tuple(_column(each) for each in listed or () if isinstance(each, dict)) if isinstance(listed, list) else ()


def _column(said_: dict[str, Any]) -> SignatureColumn:
    name, required = said_.get("name"), said_.get("required")
    tensor = _mapping(said_.get("tensor-spec"))
    shape = ", ".join(map(str, tensor.get("shape") or ()))
    type_ = f"tensor<{tensor.get('dtype')}>[{shape}]" if tensor else spelt(said_) if said_.get("type") else None
    named = on_one_line(str(name)) if name is not None else ""
    return SignatureColumn(named or None, type_, required if isinstance(required, bool) else None)


def _packages(text: str) -> Pairs:
    """Return the packages that requirements.txt names, with their version, or whatever is asked of it."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _REQUIREMENT.fullmatch(line.partition("#")[0].partition(";")[0].strip())
        if match:
            wanted = without_user((match[2] or "").strip())
            found[match[1]] = wanted.removeprefix("==").strip()
    return tuple(sorted(found.items()))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
