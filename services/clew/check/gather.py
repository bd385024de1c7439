"""What is to be compared, gathered from where it lies: two target folders, two files, two states of a repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from clew.check.changes import Found, Gap, Place
from clew.check.files import PROJECT_FILE, Setting, dbt_project, sql_project
from clew.check.manifests import project_of
from clew.check.migrations import migration
from clew.check.project import EMPTY, Project
from clew.check.revisions import Tree, WorkTree, matching, merge_base, tree_at
from clew.check.rules import Rules, SchemaFile
from clew.check.schemas import READERS, Pair, schema_change
from clew_schemas.errors import BadInput, NotFound, Unreachable

SQL: Final = ".sql"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two states and what was found beside; `names` call them by what the user said."""

    before: Project
    after: Project
    names: tuple[str, str]
    found: tuple[Found, ...] = ()
    gaps: tuple[Gap, ...] = field(default=())

    def beside(self, found: Sequence[Found]) -> Compared:
        """Return this with changes that were found elsewhere."""
        return replace(self, found=(*self.found, *found))


def between_files(old: Path, new: Path, dataset: str | None, rules: Rules, setting: Setting) -> Compared:
    """Return two target folders or manifests of dbt, two schemas or two SQL files, of what `dataset` names."""
    names = (str(old), str(new))
    if new.is_dir() or new.name == "manifest.json" or old.is_dir():
        if rules.namespace is None:
            raise BadInput(
                "no artifact of dbt tells the namespace of its relations",
                where="namespace",
                hint="Say it as the catalog has it: --namespace duckdb://nyc, or check: {namespace: …} in clew.yml",
            )
        folder = rules.dbt.project if rules.dbt else "."
        before, after = (project_of(each, rules.namespace, rules.models_namespace, folder) for each in (old, new))
        return Compared(before, after, names)
    if new.suffix == SQL:
        trees = [_One(new.name if dataset is None else f"{dataset}{SQL}", _text(each)) for each in (old, new)]
        before, after = (sql_project(each, ("*",), setting) for each in trees)
        return Compared(before, after, names)
    if new.suffix in READERS:
        if dataset is None:
            raise BadInput("which dataset has this schema?", where="--dataset", hint="Its name or URN in the catalog")
        pair = Pair(str(new), _text(old), _text(new))
        return Compared(EMPTY, EMPTY, names, (schema_change(pair, setting.urn(dataset)),))
    raise BadInput(
        "not something that is compared", where=str(new), hint="A target folder of dbt, or .sql, .avsc, .json, .proto"
    )


def of_scripts(files: Sequence[Path], setting: Setting) -> tuple[Found, ...]:
    """Return what migration scripts do, in the order given."""
    return tuple(migration(str(each), _text(each), setting) for each in files)


def of_trees(root: Path, base: str, head: str | None, rules: Rules, setting: Setting) -> tuple[Found, ...]:
    """Return what the migrations and schemas do that differ between two states of a repository."""
    old, new = _states(root, base, head)
    return (*_migrations(old, new, rules, setting), *_schemas(old, new, rules, setting))


def between_trees(root: Path, base: str, head: str | None, rules: Rules, setting: Setting) -> Compared:
    """Return what differs between the commit at which `base` and the state at hand went apart, and that state."""
    old, new = _states(root, base, head)
    before, after = (_project(each, rules, setting) for each in (old, new))
    found = (*_migrations(old, new, rules, setting), *_schemas(old, new, rules, setting))
    return Compared(before, after, (base, new.name), found, tuple(_project_files(old, new, rules)))


def _states(root: Path, base: str, head: str | None) -> tuple[Tree, Tree]:
    point = tree_at(root, base)
    new: Tree = tree_at(root, head) if head is not None else WorkTree(root)
    start = merge_base(root, base, head or "HEAD")
    return point if start == point.commit else replace(tree_at(root, start), name=base), new


def _project(tree: Tree, rules: Rules, setting: Setting) -> Project:
    made = dbt_project(tree, folder, setting) if (folder := _dbt_folder(tree, rules)) is not None else EMPTY
    if not rules.sql:
        return made
    plain = sql_project(tree, rules.sql, setting)
    return Project(
        {**made.models, **plain.models},
        {**made.tables, **plain.tables},
        {**made.stored, **plain.stored},
        made.uses,
        {**made.about, **plain.about},
        made.carriers | plain.carriers,
        (*made.gaps, *plain.gaps),
    )


def _dbt_folder(tree: Tree, rules: Rules) -> str | None:
    """Return the folder of the dbt project: as the rules say, else where its file lies nearest to the root."""
    if rules.dbt is not None:
        folder = rules.dbt.project.strip("/")
        file = PROJECT_FILE if folder in ("", ".") else f"{folder}/{PROJECT_FILE}"
        if file not in tree.paths():
            raise NotFound(
                f"there is no {PROJECT_FILE} there", where=f"{tree.name}: {folder}", hint="check.dbt.project"
            )
        return folder
    found = [path for path in tree.paths() if PurePosixPath(path).name == PROJECT_FILE]
    nearest = min(found, key=lambda path: (path.count("/"), path), default=None)
    return None if nearest is None else str(PurePosixPath(nearest).parent)


def _project_files(old: Tree, new: Tree, rules: Rules) -> list[Gap]:
    folder = _dbt_folder(new, rules)
    if folder is None:
        return []
    file = PROJECT_FILE if folder == "." else f"{folder}/{PROJECT_FILE}"
    before, after = old.read([file]).get(file), new.read([file]).get(file)
    if before == after:
        return []
    detail = "what it sets for the models is not followed: compare dbt's artifacts with --old and --new"
    return [Gap("project_file", detail, Place(file))]


def _migrations(old: Tree, new: Tree, rules: Rules, setting: Setting) -> list[Found]:
    """Scripts that are new; one that was changed is taken as if none of it had run."""
    paths = matching(new.paths(), rules.migrations)
    before, after = old.read(matching(old.paths(), rules.migrations)), new.read(paths)
    return [migration(path, text, setting) for path, text in sorted(after.items()) if before.get(path) != text]


def _schemas(old: Tree, new: Tree, rules: Rules, setting: Setting) -> list[Found]:
    found = []
    for each in rules.schemas:
        paths = sorted({*matching(old.paths(), [each.files]), *matching(new.paths(), [each.files])})
        before, after = old.read(paths), new.read(paths)
        for path in paths:
            if before.get(path) != after.get(path):
                pair = Pair(path, before.get(path), after.get(path))
                found.append(schema_change(pair, setting.urn(_dataset(each, path))))
    return found


def _dataset(said: SchemaFile, path: str) -> str:
    return said.dataset.replace("{name}", PurePosixPath(path).stem)


@dataclass(frozen=True, slots=True)
class _One:
    """One file as a tree."""

    name: str
    text: str

    def paths(self) -> list[str]:
        return [self.name]

    def read(self, paths: object) -> dict[str, str]:
        return {self.name: self.text}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=str(path)) from error
    except OSError as error:
        raise Unreachable(f"the file can't be read: {error.strerror}", where=str(path)) from error
