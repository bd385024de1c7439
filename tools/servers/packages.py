"""Programs and packages: system packages by apt, jars and archives by Maven, kept in a cache outside the tree."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tools.servers import versions
from tools.servers.errors import ServerError

log = logging.getLogger("tools.servers")

NEED = Path(__file__).parents[1] / "need.sh"
PLUGIN = f"org.apache.maven.plugins:maven-dependency-plugin:{versions.MAVEN_DEPENDENCY_PLUGIN}"
PATIENCE = 1200.0
"""Seconds for one download or installation on a busy machine."""

POM = """<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""


def cache_folder() -> Path:
    """Where downloads are kept: `$XDG_CACHE_HOME/clew/servers`, or the same under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "clew" / "servers"


def cached(name: str, recipe: str, build: Callable[[Path], None]) -> Path:
    """The folder that `build` fills, built once for each name and recipe.

    `build` gets an empty folder. The result appears whole or not at all; of several processes that want it, one builds
    and the others wait.
    """
    folder = cache_folder()
    home = folder / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
    if home.exists():
        return home
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / f".{home.name}.lock"):
        if not home.exists():
            log.info("fetching %s", name)
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as scratch:
                new = Path(scratch) / "new"
                new.mkdir()
                build(new)
                new.rename(home)
    return home


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pom(coordinates: Iterable[str]) -> str:
    """A Maven project that depends on `group:artifact:version` coordinates and nothing else."""
    line = "    <dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
    return POM.format(dependencies="\n".join(line.format(*each.split(":")) for each in coordinates))


def jars(project: str, target: Path) -> None:
    """Put the jars that a pom needs at run time into `target`."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "pom.xml"
        file.write_text(project)
        _maven("copy-dependencies", "-f", str(file), "-DincludeScope=runtime", f"-DoutputDirectory={target}")


def archive(coordinate: str, target: Path) -> Path:
    """Put the one file `group:artifact:version:type[:classifier]` into `target`; its path."""
    target.mkdir(parents=True, exist_ok=True)
    _maven("copy", f"-Dartifact={coordinate}", f"-DoutputDirectory={target}")
    (file,) = target.iterdir()
    return file


def _maven(goal: str, *options: str) -> None:
    """Run a goal of the dependency plugin as the machine's Maven is set up; wrong checksums are errors."""
    need("mvn", "maven")
    run(["mvn", "-B", "-q", "--strict-checksums", f"{PLUGIN}:{goal}", *options])


def need(command: str, package: str) -> None:
    """See that a command is there: root installs the Debian package, anyone else is told what to install."""
    run([str(NEED), command, package])


def run(command: Sequence[str]) -> None:
    """Run a program of preparation to its end; ServerError with the end of what it printed when it fails."""
    try:
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    except subprocess.CalledProcessError as error:
        said = (error.stdout + error.stderr).strip()[-2000:]
        raise ServerError(
            f"{Path(command[0]).name} failed ({error.returncode}): {' '.join(command)}\n{said}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"{' '.join(command)} took more than {PATIENCE:.0f} s") from error


@cache
def java() -> str:
    """The path of a Java 17; Debian's is installed when root finds none."""
    pattern = f"java-{versions.JAVA}-openjdk-*/bin/java"
    found = sorted(Path("/usr/lib/jvm").glob(pattern))
    if not found and _major("java") != versions.JAVA:
        need(f"/usr/lib/jvm/java-{versions.JAVA}", f"openjdk-{versions.JAVA}-jre-headless")
        found = sorted(Path("/usr/lib/jvm").glob(pattern))
    return str(found[0]) if found else "java"


def _major(command: str) -> str:
    """The major version that a Java says it is; empty where there is none."""
    try:
        said = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=60).stderr
    except FileNotFoundError:
        return ""
    return said.split('"')[1].split(".")[0] if '"' in said else ""
