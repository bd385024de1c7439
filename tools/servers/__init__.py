"""Real servers for tests and development, from packages alone.

`start` gives Kafka, the schema registry, PostgreSQL, Neo4j and OpenSearch by name. A server whose variable in `GIVEN`
holds a URL is taken from there; any other is started as a child of this process, on loopback ports, with passwords of
its own run, from Maven's and Debian's packages. A container engine is neither needed nor used: one way of starting
them is easier to trust than two.
"""

from tools.servers.errors import ServerError
from tools.servers.kinds import GIVEN, NAMES, fetch, start, stop
from tools.servers.server import Server

__all__ = ["GIVEN", "NAMES", "Server", "ServerError", "fetch", "start", "stop"]
