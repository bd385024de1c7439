"""Neo4j Community, asked over Bolt only."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path

from tools.servers import ask, packages, versions
from tools.servers.place import free_port, lodge
from tools.servers.server import Recipe

POM = packages.pom(
    [
        f"org.neo4j:neo4j:{versions.NEO4J}",  # holds the entry point, which neo4j-server does not
        f"org.neo4j.app:neo4j-server:{versions.NEO4J}",
    ]
)

HEAP = ("-Xms256m", "-Xmx1g")

OPTIONS = (
    "-XX:+UseG1GC",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+UnlockExperimentalVMOptions",
    "-XX:+TrustFinalNonStaticFields",
    "-XX:+DisableExplicitGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djdk.nio.maxCachedBufferSize=1024",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
)

CONFIGURATION = """server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.tls_level=DISABLED
server.http.enabled=false
server.https.enabled=false
dbms.security.auth_enabled=true
server.memory.pagecache.size=256m
db.memory.transaction.total.max=700m
db.tx_log.rotation.retention_policy=1 files
db.tx_log.preallocate=false
db.tx_log.rotation.size=16m
db.checkpoint.interval.time=5m
dbms.usage_report.enabled=false
"""


def download() -> Path:
    """The folder with the server's jars."""
    return packages.cached(f"neo4j-{versions.NEO4J}", POM, partial(packages.jars, POM))


def prepare(folder: Path, durable: bool) -> Recipe:
    """A server whose user `neo4j` has a password of its own; always durable, its heap at most 1 GB."""
    place, port, password = lodge(folder, "neo4j"), free_port(), secrets.token_hex(16)
    for name in ("conf", "data", "logs", "plugins", "run", "import"):
        place.make(name)
    configuration = place.write("conf/neo4j.conf", CONFIGURATION.format(port=port))
    where = (f"--home-dir={place.folder}", f"--config-dir={configuration.parent}")
    classes = ("-cp", f"{configuration.parent}:{download()}/*")
    admin = ("org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password)
    home = {"NEO4J_HOME": str(place.folder), "NEO4J_CONF": str(configuration.parent)}
    place.run([packages.java(), "-XX:TieredStopAtLevel=1", *classes, *admin], environment=home)
    return Recipe(
        place=place,
        command=(
            packages.java(),
            *HEAP,
            *OPTIONS,
            *classes,
            "org.neo4j.server.CommunityEntryPoint",
            *where,
            "--console-mode",
        ),
        url=f"bolt://neo4j:{password}@127.0.0.1:{port}",
        says="Started.",
        answers=lambda: ask.bolt(port),
    )
