"""Where a server lives: a folder of its own, a user who may own it, and ports that nobody else is handed."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.servers import guard
from tools.servers.errors import ServerError

UNPRIVILEGED = "nobody"
"""Who runs the servers that refuse root, when root starts them."""

PORTS = range(15_000, 32_000)
"""Below the range that the kernel hands to outgoing connections, so that a port stays free while its server is down."""


@dataclass(frozen=True, slots=True)
class User:
    """A user whom a child process becomes; `None` for both: whoever runs this."""

    uid: int | None = None
    gid: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A server's own folder for configuration and data, its user, and the file that its output goes to."""

    folder: Path
    log: Path
    user: User = User()

    def run(self, command: Sequence[str], *, said: str = "", environment: dict[str, str] | None = None) -> None:
        """Run a step of preparation as the server's user, its output into the log; ServerError when it fails."""
        with self.log.open("ab") as log:
            done = subprocess.run(
                command,
                input=said.encode(),
                stdout=log,
                stderr=log,
                timeout=300,
                **self.child(environment),
            )
        if done.returncode:
            raise ServerError(f"{Path(command[0]).name} failed ({done.returncode}); see {self.log}")
