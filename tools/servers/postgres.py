"""PostgreSQL, from the system's packages."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from pathlib import Path

from tools.servers import ask, packages, versions
from tools.servers.place import free_port, lodge
from tools.servers.server import Recipe

PROGRAMS = Path(f"/usr/lib/postgresql/{versions.POSTGRES}/bin")

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "wal_level": "logical",
}
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def download() -> Path:
    """The folder with the server's programs."""
    packages.need(str(PROGRAMS / "postgres"), f"postgresql-{versions.POSTGRES}")
    return PROGRAMS


def prepare(folder: Path, durable: bool) -> Recipe:
    """A cluster with the database `clew`, owned by the superuser `clew`.

    Durable, it syncs every commit to disk; else it is quicker and may lose anything when it is killed. It is stopped by
    an interrupt: on a termination signal it would wait for its clients to leave.
    """
    programs, place = download(), lodge(folder, "postgres", refuses_root=True)
    port, password, data = free_port(), secrets.token_hex(16), str(place.make("data"))
    server, words = str(programs / "postgres"), place.write("password", password)
    options = ["-U", "clew", "--auth=scram-sha-256", f"--pwfile={words}", "-E", "UTF8", "--locale=C.UTF-8"]
    place.run([str(programs / "initdb"), "-D", data, *options, *([] if durable else ["--no-sync"])])
    words.unlink()
    place.run([server, "--single", "-D", data, "postgres"], said="CREATE DATABASE clew\n")
    settings = SETTINGS | ({"fsync": "on", "synchronous_commit": "on"} if durable else HASTE)
    return Recipe(
        place=place,
        command=(server, "-D", data, "-p", str(port), *(f"--{name}={value}" for name, value in settings.items())),
        url=f"postgresql://clew:{password}@127.0.0.1:{port}/clew",
        says="database system is ready to accept connections",
        answers=lambda: _answers(programs / "psql", port, password),
        stop_signal=signal.SIGINT,
    )


def _answers(psql: Path, port: int, password: str) -> bool:
    """Whether the password opens the database and it selects."""
    command = [str(psql), "-h", "127.0.0.1", "-p", str(port), "-U", "clew", "-d", "clew", "-XAtc", "select 1"]
    secret = {"PGPASSWORD": password, "PGCONNECT_TIMEOUT": f"{ask.PATIENCE:.0f}"}
    done = subprocess.run(command, env={"PATH": os.defpath} | secret, capture_output=True)
    return done.stdout == b"1\n"
