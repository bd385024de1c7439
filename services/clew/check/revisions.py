"""Files of a repository at a revision, or as they lie in the work tree. Runs git, and writes nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from clew_schemas.errors import BadInput, NotFound, TooLarge, Unreachable

LARGEST: Final = 5_000_000
"""Bytes of one file that is read."""
WORK_TREE: Final = "work tree"


class Tree(Protocol):
    """The files of one state of a repository, by their paths from its root."""

    @property
    def name(self) -> str: ...

    def paths(self) -> list[str]:
        """Return all paths, sorted."""

    def read(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Return the text of files; what is not UTF-8 or too large raises BadInput with its path."""


def root_of(folder: Path) -> Path:
    """Return the root of the repository that a folder lies in; raise BadInput where there is none."""
    return Path(_git(folder, "rev-parse", "--show-toplevel").strip())


def tree_at(root: Path, revision: str) -> Revision:
    """Return the tree of a revision; raise NotFound when the repository has none of that name."""
    if revision.startswith("-"):
        raise BadInput(f"{revision!r} is no revision", where="--base")
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except BadInput as error:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
        raise NotFound(
            f"there is no revision {revision!r}",
            where=str(root),
            hint="The clone is shallow: fetch more of it, fetch-depth: 0 say"
            if shallow
            else "git branch -a lists them",
        ) from error
    return Revision(root, revision, commit)


def merge_base(root: Path, first: str, second: str) -> str:
    """Return the commit from which two revisions went apart, the first where there is none."""
    try:
        return _git(root, "merge-base", first, second).strip() or first
    except BadInput:
        return first


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit."""

    root: Path
    name: str
    commit: str

    def paths(self) -> list[str]:
        return sorted(filter(None, _git(self.root, "ls-tree", "-r", "-z", "--name-only", self.commit).split("\0")))

    def read(self, paths: Iterable[str]) -> Mapping[str, str]:
        wanted = [path for path in paths if "\n" not in path]
        asked = "".join(f"{self.commit}:{path}\n" for path in wanted)
        done = subprocess.run(
            ["git", "cat-file", "--batch"],  # noqa: S607 - git is found as the user finds it
            cwd=self.root, input=asked.encode(), capture_output=True, check=False,
        )  # fmt: skip
        found, data, at = {}, done.stdout, 0
        for path in wanted:
            end = data.index(b"\n", at)
            head = data[at:end].split(b" ")
            if head[-1] == b"missing":
                at = end + 1
                continue
            size = int(head[-1])
            found[path] = _text(data[end + 1 : end + 1 + size], path)
            at = end + 2 + size
        return found


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The files as they lie in a folder, those that git ignores left out where it is a repository."""

    root: Path
    name: str = WORK_TREE

    def paths(self) -> list[str]:
        listed = _git(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        return sorted({path for path in listed if path and (self.root / path).is_file()})

    def read(self, paths: Iterable[str]) -> Mapping[str, str]:
        found = {}
        for path in paths:
            file = self.root / path
            try:
                if file.stat().st_size > LARGEST:
                    raise TooLarge(f"more than {LARGEST} bytes", where=path)
                found[path] = _text(file.read_bytes(), path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise Unreachable(f"the file can't be read: {error.strerror}", where=path) from error
        return found


def matching(paths: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the paths that fit a pattern; `*` stays within a folder, `**` does not."""
    wanted = list(patterns)
    return [path for path in paths if any(_fits(path, pattern) for pattern in wanted)]


def _fits(path: str, pattern: str) -> bool:
    if "**" in pattern:
        start, _, end = pattern.partition("**")
        return path.startswith(start) and fnmatchcase(path.rsplit("/", 1)[-1], end.lstrip("/") or "*")
    return PurePosixPath(path).parent == PurePosixPath(pattern).parent and fnmatchcase(
        PurePosixPath(path).name, PurePosixPath(pattern).name
    )


def _text(data: bytes, path: str) -> str:
    if len(data) > LARGEST:
        raise TooLarge(f"more than {LARGEST} bytes", where=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=path) from error


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the words are our own, or checked to be no option
            ["git", *words],  # noqa: S607 - git is found as the user finds it
            cwd=folder, capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise Unreachable(
            "git is not installed", where=str(folder), hint="Or compare manifests: --old, --new"
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BadInput(
            f"git says: {said[0] if said else 'no'}", where=str(folder), hint="--base needs a git repository"
        )
    return done.stdout.decode(errors="surrogateescape")
