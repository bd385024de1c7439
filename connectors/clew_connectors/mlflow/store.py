"""Opens a tracking store so that nothing can be written to it, and says in words of ours what goes wrong.

MLflow itself creates tables, a default experiment and folders in what it opens, and migrates what is incomplete.
A SQLite store is therefore copied aside, as one consistent snapshot, after its schema was looked at; of a folder, a
folder of links is opened. A server is only asked.
"""

from __future__ import annotations

import math
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import mlflow
import requests
import yaml
from alembic.script import ScriptDirectory
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from clew_connectors.mlflow.config import MlflowConfig, without_user
from clew_schemas.errors import BadInput, ClewError, Locked, NotFound, Unreachable
from clew_schemas.scrub import scrub

TRASH = ".trash"
SQLITE = "sqlite:///"
LOCK_SECONDS = 10.0
"""How long a writer of a SQLite store is waited for."""
FAULTS = (MlflowException, SQLAlchemyError, sqlite3.Error, requests.RequestException, OSError, yaml.YAMLError)
"""What MLflow's stores raise."""


HISTORY = "SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ?"

Point = tuple[int, int, float]
"""Step, milliseconds since 1970 UTC, value."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. `uri` is what MLflow was given, `where` what may be said."""

    client: MlflowClient
    uri: str
    where: str
    copy: sqlite3.Connection | None = None

    def history(self, run_id: str, metrics: Iterable[str]) -> Iterator[tuple[str, list[Point]]]:
        """Yield the points of each metric of a run, in no order.

        Asked through MLflow each metric is a query and a session of its own, which for many short runs is nearly all of
        a crawl; of a copied store, whose schema is known, a run is one query.
        """
        if self.copy is None:
            for metric in metrics:
                told = self.client.get_metric_history(run_id, metric)
                yield metric, [(each.step, each.timestamp, each.value) for each in told]
            return
        found: dict[str, list[Point]] = {}
        for metric, step, timestamp, value, is_nan in self.copy.execute(HISTORY, [run_id]):
            found.setdefault(metric, []).append((step, timestamp, math.nan if is_nan else value))
        yield from found.items()


@contextmanager
def opened(config: MlflowConfig) -> Iterator[Store]:
    """Open the store for reading; raise NotFound, BadInput, Locked or Unreachable, without any credentials."""
    with tempfile.TemporaryDirectory(prefix="clew-mlflow-") as folder:
        try:
            uri = _safe_uri(config, Path(folder))
            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            if not uri.startswith(SQLITE):
                with _default(uri):
                    yield Store(client, uri, config.where)
                return
            with closing(sqlite3.connect(uri.removeprefix(SQLITE))) as copy:
                yield Store(client, uri, config.where, copy)
        except ClewError:
            raise
        except FAULTS as error:
            raise Unreachable(
                f"MLflow can't read the store: {said(error).replace(folder, config.where)}",
                where=config.where,
                hint="Is the server up, and the store whole? Check `tracking` in the recipe",
            ) from error


@contextmanager
def _default(uri: str) -> Iterator[None]:
    """Make `uri` MLflow's default meanwhile.

    A registry of files asks the default store for a version's logged model, and would make one where nothing is set.
    """
    given = mlflow.is_tracking_uri_set()  # type: ignore[no-untyped-call]
    before = mlflow.get_tracking_uri() if given else None
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)  # type: ignore[arg-type]  # None unsets it


def said(error: Exception) -> str:
    """Return the first line of an error, without credentials."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    line = line.partition(" (Caused by")[0]  # the same once more, in the words of the library below
    words = [without_user(word) if "://" in word else word for word in line.split(" ")]
    return scrub(" ".join(words))[:500]


def _safe_uri(config: MlflowConfig, folder: Path) -> str:
    """Return a URI that MLflow may open as it likes."""
    scheme = urlsplit(config.tracking).scheme if "://" in config.tracking else "file"
    if scheme in ("http", "https"):
        return config.tracking
    if scheme == "sqlite":
        return f"{SQLITE}{_copied(_sqlite_path(config), folder / 'store.db', config.where)}"
    if scheme == "file":
        return _linked(_folder(config.tracking), folder / "store", config.where).as_uri()
    raise BadInput(
        f"a tracking store of {scheme} can't be read as it lies",
        where=config.where,
        hint="Give sqlite:///…, file:///…, or the http(s) address of the tracking server in front of it",
    )


def _sqlite_path(config: MlflowConfig) -> Path:
    path = config.tracking.removeprefix("sqlite://").partition("?")[0].removeprefix("/")
    if not path or path == ":memory:":
        raise BadInput("the tracking URI names no file", where=config.where, hint="Write sqlite:////absolute/path.db")
    return Path(path).expanduser().absolute()


def _folder(uri: str) -> Path:
    path = unquote(urlsplit(uri).path) if "://" in uri else uri.removeprefix("file:")
    return Path(path).expanduser().absolute()


def _copied(path: Path, copy: Path, where: str) -> Path:
    """Copy a SQLite store as it stands in one moment, and make sure that this MLflow knows its schema."""
    if not path.is_file():
        raise NotFound("there is no such MLflow store", where=str(path), hint="Check `tracking` in the recipe")
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=LOCK_SECONDS)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            found = _revision(source)
            _known(found, path)
            source.backup(target)
            (whole,) = target.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise _broken(error, path) from error
    if whole != "ok":
        raise BadInput(f"the SQLite store is damaged: {whole}", where=str(path), hint="Restore it from a copy")
    return copy


def _revision(connection: sqlite3.Connection) -> str | None:
    """Return the schema revision that a store says it has, None for a database that is no store of MLflow's."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _known(revision: str | None, path: Path) -> None:
    """Raise BadInput unless the store has the schema of the MLflow that is installed."""
    scripts = ScriptDirectory(str(Path(mlflow.__file__).parent / "store" / "db_migrations"))
    heads = scripts.get_heads()
    if revision in heads:
        return
    if revision is None:
        raise BadInput(
            "this SQLite database is no MLflow store", where=str(path), hint="Check `tracking` in the recipe"
        )
    is_older = any(each.revision == revision for each in scripts.walk_revisions())
    older = "It is older: mlflow db upgrade migrates it, after a backup; or read it with the MLflow that wrote it"
    newer = "It is newer: pip install --upgrade mlflow-skinny"
    raise BadInput(
        f"the store has schema {revision}, MLflow {mlflow.__version__} reads {', '.join(heads)}",
        where=str(path),
        hint=older if is_older else newer,
    )


def _broken(error: sqlite3.Error, path: Path) -> ClewError:
    text = str(error)
    if "not a database" in text:
        return BadInput("this is not a SQLite database", where=str(path), hint="Check `tracking` in the recipe")
    if "malformed" in text or "disk image" in text:
        return BadInput(f"the SQLite store is damaged: {text}", where=str(path), hint="Restore it from a copy")
    if "locked" in text or "busy" in text:
        return Locked("somebody is writing to the SQLite store", where=str(path), hint="Crawl again in a moment")
    return Unreachable(f"the SQLite store can't be read: {text}", where=str(path), hint="May this user read the file?")


def _linked(root: Path, links: Path, where: str) -> Path:
    """Make a folder of links to what a file store holds, for MLflow adds folders to what it opens."""
    if not root.is_dir():
        raise NotFound("there is no such folder of MLflow's", where=str(root), hint="Check `tracking` in the recipe")
    held = sorted(root.iterdir())
    if not any((each / "meta.yaml").is_file() or each.name in ("models", TRASH) for each in held if each.is_dir()):
        raise BadInput("this folder is no MLflow store", where=str(root), hint="Give the folder mlruns itself")
    (links / TRASH).mkdir(parents=True)
    for each in held:
        if each.is_dir() and each.name != TRASH:
            (links / each.name).symlink_to(each, target_is_directory=True)
    return links
