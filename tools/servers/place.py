"""Where a server lives: a folder of its own, a user who may own it, and ports that nobody else is handed."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.servers import guard
from tools.servers.errors import ServerError, tail

UNPRIVILEGED = "nobody"
"""Who runs the servers that refuse root, when root starts them."""

PORTS = range(15_000, 32_000)
"""Below the range that the kernel hands to outgoing connections, so that a port stays free while its server is down."""

INHERITED = ("PATH", "TZ")
"""What a server sees of our environment: nothing that could configure it by accident."""

STEP = 180.0
"""Seconds that one step of preparation may take on a busy machine."""

EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """A server's own folder for configuration and data, the file its output goes to, and its user (None: our own)."""

    folder: Path
    log: Path
    user: tuple[int, int] | None = None

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the server's user may read, below the folder; its path."""
        path = self.folder / name
        self.make(str(Path(name).parent))
        path.touch(mode=0o600)
        path.write_text(text)
        self._give(path)
        return path

    def make(self, name: str) -> Path:
        """Make a folder below the folder, with its parents, for the server's user; its path."""
        path = self.folder
        for part in Path(name).parts:
            path /= part
            path.mkdir(exist_ok=True)
            self._give(path)
        return path

    def run(self, command: Sequence[str], said: str = "", environment: Mapping[str, str] = EMPTY) -> None:
        """Run a step of preparation as the server's user, its output into the log; ServerError when it fails."""
        child = self._spawn(command, subprocess.PIPE, environment)
        try:
            child.communicate(said.encode(), timeout=STEP)
        except subprocess.TimeoutExpired:
            pass
        finally:
            child.kill()
        if child.wait():
            what = Path(command[0]).name
            raise ServerError(f"{what} failed ({child.returncode}); the end of {self.log}:\n{tail(self.log)}")

    def spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start the server as its user, in a session of its own, so that the terminal's Ctrl-C reaches only us."""
        return self._spawn(command, subprocess.DEVNULL, EMPTY)

    def _spawn(self, command: Sequence[str], stdin: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        uid, gid = self.user or (None, None)
        seen = {name: os.environ[name] for name in INHERITED if name in os.environ}
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=seen | {"HOME": str(self.folder), "LANG": "C.UTF-8"} | dict(environment),
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=None if uid is None else [],
            )
        guard.watch(child.pid)
        return child

    def _give(self, path: Path) -> None:
        if self.user:
            os.chown(path, *self.user)


def lodge(folder: Path, name: str, *, refuses_root: bool = False) -> Place:
    """A new place for the server below `folder`; its log is `folder/NAME.log`.

    A server that refuses root gets a user without rights when root asks, and, where that user can't get into `folder`
    (a test's temporary folder is for root alone), a folder under the system's temporary one, linked from `folder` and
    removed when this process ends.
    """
    own, log = folder.resolve() / name, folder.resolve() / f"{name}.log"
    if own.exists() or log.exists():
        raise ServerError(f"{own} holds what an earlier {name} left; start this one in another folder")
    if not refuses_root or os.geteuid():
        own.mkdir()
        return Place(own, log)
    if reachable(own.parent):
        own.mkdir()
    else:
        elsewhere = Path(tempfile.mkdtemp(prefix=f"clew-{name}-"))
        guard.scratch(elsewhere)
        own.symlink_to(elsewhere)
        own = elsewhere
    other = pwd.getpwnam(UNPRIVILEGED)
    os.chown(own, other.pw_uid, other.pw_gid)
    return Place(own, log, (other.pw_uid, other.pw_gid))


def reachable(path: Path) -> bool:
    """Whether every user may get into the folder and see what is in it."""
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (path, *path.parents))


def program(home: Path, place: Place) -> Path:
    """`home`, or where the server's user can't read it a copy in its place (of links, where the disk is the same)."""
    if not place.user or reachable(home):
        return home
    return Path(shutil.copytree(home, place.folder / "program", copy_function=_link))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def free_port() -> int:
    """A port of the loopback interface where nobody listens."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerError(f"no free port between {PORTS.start} and {PORTS.stop}")
