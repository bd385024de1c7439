"""Several servers at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tools.servers import kafka, neo4j, opensearch, postgres, registry
from tools.servers.errors import ServerError
from tools.servers.server import Recipe, Server


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of server: the variable that may give one, Clew's own setting for it, and how one is made."""

    given: str
    setting: str | None
    download: Callable[[], Path]
    prepare: Callable[[Path, bool], Recipe]


KINDS = {  # the slowest to get ready first, so that the others' preparation falls into its time
    "opensearch": Kind("CLEW_TEST_OPENSEARCH", "CLEW_SEARCH", opensearch.download, opensearch.prepare),
    "registry": Kind("CLEW_TEST_REGISTRY", None, registry.download, registry.prepare),
    "neo4j": Kind("CLEW_TEST_NEO4J", "CLEW_GRAPH", neo4j.download, neo4j.prepare),
    "kafka": Kind("CLEW_TEST_KAFKA", "CLEW_LOG", kafka.download, kafka.prepare),
    "postgres": Kind("CLEW_TEST_POSTGRES", "CLEW_LEDGER", postgres.download, postgres.prepare),
}
NAMES = tuple(sorted(KINDS))
GIVEN = {name: KINDS[name].given for name in NAMES}


def fetch(names: Iterable[str] = NAMES) -> dict[str, Path]:
    """Download what the servers need and the cache does not hold; where each lies."""
    return {name: KINDS[name].download() for name in _known(names)}


def start(
    names: Iterable[str], folder: Path, durable: bool = True, *, own: bool = False, brief: bool = False
) -> dict[str, Server]:
    """Give the named servers, ready to be asked.

    `folder` receives the data and logs of those started here; one folder serves one start. `durable` has PostgreSQL
    sync every commit to disk. `own` starts servers even where the environment gives some, for tests that kill them.
    `brief` is for servers that live some minutes: their JVMs compile less well, in half of the CPU time.
    With a registry among them, Kafka's URL names it. All are gone when this process is, however it ends.

    Raises ServerError, with the end of the server's log, when one can't be had; then none is left running.
    """
    wanted = _known(names)
    given = {} if own else {name: url for name in wanted if (url := os.environ.get(KINDS[name].given))}
    missing = [name for name in wanted if name not in given]
    fetch(missing)
    servers = {name: Server(name, url) for name, url in given.items()}
    try:
        for name in missing:
            servers[name] = _launch(name, folder, durable, brief)
        for name in missing:
            servers[name].wait()
    except BaseException:
        for server in servers.values():
            server.discard()
        raise
    introduce(servers)
    return servers


def stop(servers: Iterable[Server]) -> None:
    """Stop servers together: each waits for its own end only."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(Server.stop, servers))


def introduce(servers: dict[str, Server]) -> None:
    """Tell Kafka's URL where the registry is, and each server by which variables it is known."""
    log, schemas = servers.get("kafka"), servers.get("registry")
    if log and schemas and "registry=" not in log.url:
        log.url += f"{'&' if '?' in log.url else '?'}registry={schemas.url}"
    for name, server in servers.items():
        variables = (KINDS[name].given, KINDS[name].setting)
        server.env = {variable: server.url for variable in variables if variable}


def _known(names: Iterable[str]) -> list[str]:
    """The names in the order of starting; ServerError for one that is no server."""
    wanted = set(names)
    if strange := sorted(wanted - set(KINDS)):
        raise ServerError(f"no server is called {', '.join(strange)}; there are {', '.join(NAMES)}")
    return [name for name in KINDS if name in wanted]


def _launch(name: str, folder: Path, durable: bool, brief: bool) -> Server:
    folder.mkdir(parents=True, exist_ok=True)
    recipe = KINDS[name].prepare(folder, durable)
    if brief and Path(recipe.command[0]).name == "java":
        recipe = replace(recipe, command=_briefly(recipe.command))
    server = Server(name, recipe.url, recipe)
    server.launch()
    return server


def _briefly(java: Sequence[str]) -> tuple[str, ...]:
    """The same with a compiler and a garbage collector that take little time of few cores."""
    options = ("-XX:+UseSerialGC" if each == "-XX:+UseG1GC" else each for each in java[1:])
    return (java[0], "-XX:TieredStopAtLevel=1", *options)
