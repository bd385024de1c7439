"""In what a run is executed: interpreter, packages, machine, and the commit of the code."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PACKAGES = """
    numpy pandas polars pyarrow scipy scikit-learn xgboost lightgbm catboost statsmodels
    torch tensorflow keras jax transformers sentence-transformers datasets openai anthropic langchain
    duckdb sqlalchemy psycopg mlflow mlflow-skinny skops joblib clew
""".split()
"""Distributions whose version is noted when the process has imported them."""
_MODULES = {
    "scikit-learn": "sklearn",
    "mlflow-skinny": "mlflow",
    "sentence-transformers": "sentence_transformers",
}
GIT_SECONDS = 2.0
"""How long one question to git may take."""


def environment(seeds: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return the payload of `environment`: Python, platform, versions of imported packages, seeds if given."""
    said: dict[str, Any] = {"python": platform.python_version(), "platform": _platform()}
    if packages := _packages(_imported(PACKAGES)):
        said["packages"] = dict(packages)
    if seeds:
        said["seeds"] = {str(name): int(seed) for name, seed in seeds.items()}
    return said


@lru_cache(maxsize=1)
def _platform() -> str:
    return platform.platform()


def _imported(packages: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in packages if _MODULES.get(name, name.replace("-", "_")) in sys.modules)


@lru_cache(maxsize=8)
def _packages(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = []
    for name in names:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def source_code() -> dict[str, Any] | None:
    """Return the payload of `source_code` for the script that runs: commit, branch, whether there are changes.

    None outside a script and a repository. git is asked once a process for each folder, two seconds a question.
    """
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    path = Path(script).resolve() if script else None
    folder = path.parent if path is not None else Path.cwd()
    said = dict(_repository(str(folder)))
    root = said.pop("root", None)
    if path is not None:
        inside = root is not None and path.is_relative_to(root)
        said["path"] = path.relative_to(root).as_posix() if inside and root else path.name
    return said or None


@lru_cache(maxsize=16)
def _repository(folder: str) -> tuple[tuple[str, Any], ...]:
    root = _git(folder, "rev-parse", "--show-toplevel")
    if not root:
        return ()
    said: dict[str, Any] = {"root": root}
    if commit := _git(folder, "rev-parse", "HEAD"):
        said["commit"] = commit
    if branch := _git(folder, "rev-parse", "--abbrev-ref", "HEAD"):
        said["branch"] = branch
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    if changes is not None:
        said["dirty"] = bool(changes)
    if remote := _git(folder, "config", "--get", "remote.origin.url"):
        said["repository"] = _without_password(remote)
    return tuple(said.items())


def _git(folder: str, *words: str) -> str | None:
    """Return what git says, None when it can't or does not in time."""
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *words],  # noqa: S607 - the git of the person who runs the script
            cwd=folder,
            env=quiet,
            capture_output=True,
            timeout=GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        if not parts.scheme or "@" not in parts.netloc:
            return url
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return ""
