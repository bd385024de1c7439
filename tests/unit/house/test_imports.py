"""Who may import whom: the stations of the house, left to right, and no way back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = {"clew": "services", "clew_sql": "services", "clew_schemas": "schemas", "clew_connectors": "connectors"}

# What each part may import of ours, besides itself. OPEN is open to all but clew_sql.
OPEN = ["clew_schemas", "clew.errors", "clew.disk"]
MAY: dict[str, list[str]] = {
    "clew_schemas": [],
    "clew_sql": [],
    "clew_connectors": ["clew_schemas", "clew.errors"],
    "clew.errors": ["clew_schemas"],
    "clew.disk": [],
    "clew.collector": [],
    "clew.settings": OPEN,
    "clew.home": OPEN,
    "clew.threads": OPEN,
    "clew.ledger": OPEN,
    "clew.graph": OPEN,
    "clew.search": OPEN,
    "clew.relations": OPEN,
    "clew.log": [*OPEN, "clew.ledger"],
    "clew.materialise": [*OPEN, "clew.ledger", "clew.graph", "clew.search", "clew.relations"],
    "clew.query": [*OPEN, "clew.ledger", "clew.graph", "clew.search", "clew.relations"],
    "clew.edits": [*OPEN, "clew.ledger"],
    "clew.derive": [*OPEN, "clew.ledger", "clew_sql"],
    "clew.api": [
        *OPEN,
        "clew.query",
        "clew.edits",
        "clew.ledger",
        "clew.graph.port",
        "clew.search.port",
        "clew.graph",
        "clew.search",
        "clew.relations.port",
    ],
    "clew.mcp": [*OPEN, "clew.query", "clew.ledger"],
    "clew.check": [
        *OPEN,
        "clew.graph",
        "clew.query",
        "clew_sql",
        "clew_connectors.dbt",
        "clew_connectors.people",
        "clew_connectors.port",
    ],
    # what changes is found without any catalog, and written down without asking one
    "clew.check.changes": [],
    "clew.check.statements": ["clew_sql"],
    "clew.check.effects": [
        *OPEN,
        "clew_sql",
        "clew.check.changes",
        "clew.check.project",
        "clew.check.reading",
        "clew.check.statements",
    ],
    "clew.check.reports": [*OPEN, "clew.check", "clew.query.terms"],
    "clew.care": [*OPEN, "clew.settings", "clew.home", "clew.ledger"],
    # the process that draws for a house: a small composition of its own
    "clew.drawing": [
        *OPEN,
        "clew.collector",
        "clew.threads",
        "clew.ledger",
        "clew.search",
        "clew.relations",
        "clew.materialise",
    ],
    "clew.house": [
        *OPEN,
        "clew.care",
        "clew.settings",
        "clew.home",
        "clew.threads",
        "clew.ledger",
        "clew.graph",
        "clew.search",
        "clew.relations",
        "clew.log",
        "clew.materialise",
        "clew.query",
        "clew.derive",
    ],
    "clew.sdk": [*OPEN, "clew.settings", "clew.home", "clew_connectors.sklearn"],
    # the one module of the SDK that may open a house in the script's process, when none runs
    "clew.sdk.embedded": [*OPEN, "clew.sdk", "clew.settings", "clew.api", "clew.house"],
    "clew.cli": ["clew", "clew_schemas", "clew_connectors"],
    "clew": ["clew.sdk"],
}
ENGINES = {
    "ledger": ("sqlite", "postgres"),
    "log": ("kafka",),
    "graph": ("lineage_index", "neo4j"),
    "search": ("tantivy", "opensearch"),
    "relations": ("sqlite_relations", "postgres_relations"),
}


def modules() -> Iterator[tuple[str, Path]]:
    for package, root in SOURCES.items():
        for path in sorted((ROOT / root / package).rglob("*.py")):
            dotted = ".".join(path.relative_to(ROOT / root).with_suffix("").parts)
            yield dotted.removesuffix(".__init__"), path


def part_of(module: str) -> str:
    """Return the part that a module belongs to: the longest name in MAY that it is or lies under."""
    fitting = [part for part in MAY if module == part or (module.startswith(part + ".") and part != "clew")]
    return max(fitting, key=len, default="clew")


def imports(path: Path) -> Iterator[tuple[str, ast.stmt, bool]]:
    """Yield (module, statement, whether it stands inside a function) for each import of ours."""
    tree = ast.parse(path.read_text())
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] in SOURCES:
                assert isinstance(node, ast.stmt)
                yield name, node, id(node) in inside


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: str(value).removeprefix(str(ROOT)))
def test_imports_follow_the_way_of_a_fact(module: str, path: Path) -> None:
    part = part_of(module)
    for name, node, _ in imports(path):
        allowed = name == part or name.startswith(part + ".") or (name == "clew" and part.startswith("clew."))
        allowed = allowed or any(name == each or name.startswith(each + ".") for each in MAY[part])
        if name.startswith("clew.") and part == "clew.cli":
            allowed = True
        assert allowed, f"{module} may not import {name} (line {node.lineno})"


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: str(value).removeprefix(str(ROOT)))
def test_imports_inside_functions_are_engines_of_open_or_work_of_a_verb(module: str, path: Path) -> None:
    for name, node, inside in imports(path):
        if not inside:
            continue
        station = module.split(".")[1] if "." in module else ""
        engine = (
            station in ENGINES and path.name == "__init__.py" and name.rsplit(".", 1)[-1].startswith(ENGINES[station])
        )
        late = ("clew.sdk.embedded", "clew.sdk.models", "clew_connectors.installed")
        opens = module.startswith("clew.cli.") or module in late
        assert engine or opens, f"{module} imports {name} inside a function (line {node.lineno})"


def test_there_is_no_cycle() -> None:
    known = dict(modules())
    graph = {
        module: {name for name, _, inside in imports(path) if not inside and name in known and name != module}
        for module, path in known.items()
    }
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"cycle: {' -> '.join([*way[way.index(module) :], module])}"
        if module in done:
            return
        for other in sorted(graph[module]):
            visit(other, (*way, module))
        done.add(module)

    for module in graph:
        visit(module, ())


def test_engine_modules_are_imported_by_the_open_of_their_own_port_only() -> None:
    for module, path in modules():
        for name, _, _ in imports(path):
            for station, engines in ENGINES.items():
                if any(name.startswith(f"clew.{station}.{engine}") for engine in engines):
                    # cli/reach.py asks the clock of the embedded ledger; nobody else knows an engine by name
                    assert module.startswith(f"clew.{station}"), f"{module} imports the engine {name}"
