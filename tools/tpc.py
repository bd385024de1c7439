"""The 22 queries of TPC-H and the 99 of TPC-DS with their schemas, from sqlglot's source package (MIT).

The texts are the TPC's, so they are fetched into the cache and never lie in this tree.
"""

from __future__ import annotations

import ast
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.servers import packages

SQLGLOT = "30.30.0"
SHA256 = "b8e344042c85d7baa1d0d827127dfe1611ce9ac59bceab6fe370665baeb14ce7"
PIP = "26.3"
"""uv itself downloads no source packages."""

Schema = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Suite:
    """Queries in order, as DuckDB reads them, over tables without a schema in front."""

    queries: tuple[str, ...]
    schema: Schema


def tpc_h() -> Suite:
    """The 22 queries of TPC-H."""
    return _suite("tpc-h", "TPCH_SCHEMA")


def tpc_ds() -> Suite:
    """The 99 queries of TPC-DS."""
    return _suite("tpc-ds", "TPCDS_SCHEMA")


def _suite(name: str, variable: str) -> Suite:
    home = packages.cached(f"tpc-sqlglot-{SQLGLOT}", SHA256, _fetch)
    text = (home / f"{name}.sql").read_text()
    plain = "\n".join(line for line in text.splitlines() if line and not line.startswith(("--", "#")))
    # each query is followed by what sqlglot's optimizer makes of it
    queries = [each.strip() for each in plain.split(";")[:-1:2]]
    return Suite(tuple(queries), _schema((home / "helpers.py").read_text(), variable))


def _schema(module: str, variable: str) -> Schema:
    """The literal that a variable of a module is set to; nothing of the module is run."""
    for node in ast.parse(module).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == variable:
            found: Schema = ast.literal_eval(node.value)
            return found
    raise LookupError(f"{variable} is not in sqlglot's tests/helpers.py")


def _fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "wanted.txt"
        wanted.write_text(f"sqlglot=={SQLGLOT} --hash=sha256:{SHA256}\n")
        download = ["pip", "download", "--no-deps", "--no-binary", "sqlglot", "--require-hashes"]
        packages.run(["uv", "tool", "run", "--from", f"pip=={PIP}", *download, "-r", str(wanted), "-d", scratch])
        with tarfile.open(Path(scratch) / f"sqlglot-{SQLGLOT}.tar.gz") as archive:
            for member in ("LICENSE", "tests/helpers.py", *(f"tests/fixtures/optimizer/{n}/{n}.sql" for n in SUITES)):
                file = archive.extractfile(f"sqlglot-{SQLGLOT}/{member}")
                assert file is not None, member
                (target / Path(member).name).write_bytes(file.read())


SUITES = ("tpc-h", "tpc-ds")
