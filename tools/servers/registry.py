"""Apicurio Registry, asked as a Confluent schema registry."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools.servers import ask, packages, versions
from tools.servers.place import free_port, lodge
from tools.servers.server import Recipe

ARTIFACT = f"io.apicurio:apicurio-registry-app:{versions.REGISTRY}:tar.gz:all"

HEAP = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")


def download() -> Path:
    """The unpacked registry."""
    return packages.cached(f"registry-{versions.REGISTRY}", ARTIFACT, _unpack)


def _unpack(target: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        packages.run(["tar", "xzf", str(packages.archive(ARTIFACT, Path(scratch))), "-C", str(target)])


def prepare(folder: Path, durable: bool) -> Recipe:
    """A registry that keeps its schemas in memory: a restart forgets them, and counts ids from one again."""
    place, port = lodge(folder, "registry"), free_port()
    options = ("-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}")
    program = download() / f"apicurio-registry-app-{versions.REGISTRY}-runner.jar"
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    return Recipe(
        place=place,
        command=(packages.java(), *HEAP, *options, "-jar", str(program)),
        url=url,
        says=f"Listening on: http://127.0.0.1:{port}",
        answers=lambda: isinstance(ask.get(f"{url}/subjects"), list),
    )
