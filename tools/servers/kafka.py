"""Kafka: one node that is broker and controller."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tools.servers import ask, packages, versions
from tools.servers.place import free_port, lodge
from tools.servers.server import Recipe

CLUSTER = "Q2xldy1rYWZrYS10ZXN0MA"
"""Fixed: a random id that begins with a dash is taken for an option."""

POM = packages.pom(
    [
        f"org.apache.kafka:kafka_{versions.KAFKA_SCALA}:{versions.KAFKA}",
        f"org.apache.logging.log4j:log4j-slf4j-impl:{versions.KAFKA_LOG4J}",
    ]
)

HEAP = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")

PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=500
log.initial.task.delay.ms=500
group.consumer.min.heartbeat.interval.ms=300
group.consumer.heartbeat.interval.ms=500
group.min.session.timeout.ms=1000
"""

LOGGING = """<Configuration>
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


def download() -> Path:
    """The folder with the broker's jars."""
    return packages.cached(f"kafka-{versions.KAFKA}", POM, partial(packages.jars, POM))


def prepare(folder: Path, durable: bool) -> Recipe:
    """A formatted broker. It survives the death of its process either way, and a power cut neither way."""
    place = lodge(folder, "kafka")
    port, settings = free_port(), place.folder / "server.properties"
    place.write(settings.name, PROPERTIES.format(port=port, controller=free_port(), data=place.folder / "data"))
    logging = place.write("log4j2.xml", LOGGING)
    java = (packages.java(), *HEAP, f"-Dlog4j2.configurationFile={logging}", "-cp", f"{download()}/*")
    place.run([*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(settings)])
    return Recipe(
        place=place,
        command=(*java, "kafka.Kafka", str(settings)),
        url=f"kafka://127.0.0.1:{port}",
        says="Kafka Server started",
        answers=lambda: ask.kafka(port),
    )
