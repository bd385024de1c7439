"""OpenSearch: the bare distribution and the modules that it leaves out."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tools.servers import ask, packages, versions
from tools.servers.errors import ServerError
from tools.servers.place import free_port, lodge, program
from tools.servers.server import Recipe

HEAP = ("-Xms512m", "-Xmx512m")

OPTIONS = (
    "-XX:+UseG1GC",
    "-XX:G1ReservePercent=25",
    "-XX:InitiatingHeapOccupancyPercent=30",
    "-Xshare:auto",
    "-XX:-HeapDumpOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Dopensearch.networkaddress.cache.ttl=60",
    "-Dopensearch.networkaddress.cache.negative.ttl=10",
    "-XX:+ShowCodeDetailsInExceptionMessages",
    "-Xss1m",
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF-8",
    "-Djna.nosys=true",
    "-XX:-OmitStackTraceInFastThrow",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dio.netty.allocator.numDirectArenas=0",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true",
    "-Djava.security.manager=allow",
    "-Djava.locale.providers=SPI,COMPAT",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory",
    "-Dopensearch.distribution.type=zip",
    "-Dopensearch.bundled_jdk=false",
)

CONFIGURATION = """cluster.name: {cluster}
node.name: n1
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
action.auto_create_index: true
path.data: {folder}/data
path.logs: {folder}/logs
"""

DESCRIPTOR = """name={name}
description={name}
version={version}
opensearch.version={version}
java.version=11
classname={plugin}
custom.foldername=
extended.plugins={extends}
has.native.controller=false
"""

ARTIFACT = f"org.opensearch.distribution.integ-test-zip:opensearch:{versions.OPENSEARCH}:zip"
PLUGINS = (
    "analysis-common lang-painless reindex-client mapper-extras-client parent-join-client "
    "aggs-matrix-stats-client lang-expression rank-eval-client percolator-client"
)
POM = packages.pom(
    [
        f"org.opensearch:opensearch:{versions.OPENSEARCH}",
        *(f"org.opensearch.plugin:{name}:{versions.OPENSEARCH}" for name in PLUGINS.split()),
    ]
)


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the server: its plugin class, its jars (its own and what only it needs) and what it may do."""

    name: str
    plugin: str
    jars: str
    extends: str = ""
    permissions: tuple[str, ...] = ()


_LOADER = ('java.lang.RuntimePermission "createClassLoader"', 'java.lang.RuntimePermission "getClassLoader"')
_ASM = "antlr4-runtime asm asm-analysis asm-commons asm-tree asm-util"
_HTTP = (
    "httpasyncclient httpclient httpcore httpcore-nio commons-codec commons-logging "
    "opensearch-rest-client opensearch-ssl-config"
)
_SCRIPTED = """java.lang.String java.lang.Math org.apache.lucene.expressions.Expression
org.apache.lucene.expressions.js.ExpressionMath org.apache.lucene.search.DoubleValues
org.apache.lucene.util.MathUtil org.apache.lucene.util.SloppyMath""".split()

MODULES = (
    Module(
        "lang-painless",
        "org.opensearch.painless.PainlessPlugin",
        f"lang-painless opensearch-scripting-painless-spi {_ASM}",
        permissions=_LOADER,
    ),
    Module(
        "analysis-common",
        "org.opensearch.analysis.common.CommonAnalysisPlugin",
        "analysis-common",
        extends="lang-painless",
    ),
    Module(
        "reindex",
        "org.opensearch.index.reindex.ReindexPlugin",
        f"reindex-client {_HTTP}",
        permissions=('java.net.SocketPermission "*", "connect"', 'java.net.NetPermission "getProxySelector"'),
    ),
    Module("mapper-extras", "org.opensearch.index.mapper.MapperExtrasPlugin", "mapper-extras-client"),
    Module("parent-join", "org.opensearch.join.ParentJoinPlugin", "parent-join-client"),
    Module(
        "aggs-matrix-stats",
        "org.opensearch.search.aggregations.matrix.MatrixAggregationPlugin",
        "aggs-matrix-stats-client",
    ),
    Module("rank-eval", "org.opensearch.index.rankeval.RankEvalPlugin", "rank-eval-client"),
    Module("percolator", "org.opensearch.percolator.PercolatorPlugin", "percolator-client"),
    Module(
        "lang-expression",
        "org.opensearch.script.expression.ExpressionPlugin",
        f"lang-expression lucene-expressions {_ASM}",
        permissions=_LOADER + tuple(f'org.opensearch.script.ClassPermission "{name}"' for name in _SCRIPTED),
    ),
)


def download() -> Path:
    """The distribution with its modules added."""
    recipe = "\n".join([ARTIFACT, POM, DESCRIPTOR, *map(repr, MODULES)])
    return packages.cached(f"opensearch-{versions.OPENSEARCH}", recipe, _assemble)


def _assemble(target: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        with zipfile.ZipFile(packages.archive(ARTIFACT, scratch / "zip")) as archive:
            archive.extractall(scratch)
        shutil.copytree(scratch / f"opensearch-{versions.OPENSEARCH}", target, dirs_exist_ok=True)
        packages.jars(POM, scratch / "jars")
        for module in MODULES:
            _add(module, scratch / "jars", target / "modules" / module.name)


def _add(module: Module, jars: Path, home: Path) -> None:
    """Lay out one module as the server expects it: published jars carry neither descriptor nor policy."""
    home.mkdir()
    for name in module.jars.split():
        shutil.copy(_jar(jars, name), home)
    words = DESCRIPTOR.format(
        name=module.name, version=versions.OPENSEARCH, plugin=module.plugin, extends=module.extends
    )
    (home / "plugin-descriptor.properties").write_text(words)
    if module.permissions:
        grants = "".join(f"  permission {each};\n" for each in module.permissions)
        (home / "plugin-security.policy").write_text(f"grant {{\n{grants}}};\n")


def _jar(folder: Path, name: str) -> Path:
    found = [path for path in folder.glob(f"{name}-*.jar") if re.match(rf"{re.escape(name)}-\d", path.name)]
    if len(found) != 1:
        raise ServerError(f"OpenSearch's module jars hold {len(found)} of {name}, not one")
    return found[0]


def prepare(folder: Path, durable: bool) -> Recipe:
    """One node without authentication, which answers to this run's cluster name; always durable."""
    place = lodge(folder, "opensearch", refuses_root=True)
    home, port, cluster = program(download(), place), free_port(), f"clew-{secrets.token_hex(8)}"
    for name in ("data", "logs"):
        place.make(name)
    own_temporary = place.make("tmp")
    words = CONFIGURATION.format(cluster=cluster, port=port, transport=free_port(), folder=place.folder)
    place.write("config/opensearch.yml", words)
    place.write("config/jvm.options", "")
    place.write("config/log4j2.properties", (home / "config" / "log4j2.properties").read_text())
    url = f"http://127.0.0.1:{port}"
    where = (
        f"-Djava.io.tmpdir={own_temporary}",
        f"-Djna.tmpdir={own_temporary}",
        f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={place.folder}/config",
    )
    return Recipe(
        place=place,
        command=(
            packages.java(),
            *HEAP,
            *OPTIONS,
            *where,
            "-cp",
            f"{home}/lib/*",
            "org.opensearch.bootstrap.OpenSearch",
        ),
        url=url,
        says="[n1] started",
        answers=lambda: _answers(url, cluster),
    )


def _answers(url: str, cluster: str) -> bool:
    health = ask.get(f"{url}/_cluster/health?wait_for_status=yellow&timeout=2s")
    return bool(health["cluster_name"] == cluster and not health["timed_out"])
