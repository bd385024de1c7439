"""Small projects and catalogs for checks, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from clew.check.catalog import Around, CatalogEdge
from clew.check.changes import Found
from clew.check.files import Setting, dbt_project, sql_project
from clew.check.outcome import Outcome, outcome
from clew.check.project import EMPTY, Project
from clew.check.rules import Rules
from clew_schemas.edges import EdgeType, Subtype
from clew_schemas.urn import any_of, column, make

NAMESPACE = "duckdb://wh"
TODAY = date(2026, 6, 1)


def dataset(table: str) -> str:
    return make("dataset", NAMESPACE, table)


@dataclass(frozen=True)
class Files:
    """Files in memory as a tree."""

    texts: Mapping[str, str]
    name: str = "memory"

    def paths(self) -> list[str]:
        return sorted(self.texts)

    def read(self, paths: Iterable[str]) -> Mapping[str, str]:
        return {path: self.texts[path] for path in paths if path in self.texts}


@dataclass
class Known:
    """A catalog that knows some tables, and boards that hang on them."""

    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    boards: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By board, what it uses: `table.column`, or `table` for any of its columns."""
    name: str = "memory"

    def dataset(self, name: str) -> str | None:
        if name.startswith("urn:"):
            return name
        return dataset(name) if name in self.tables else None

    def columns(self, urn: str) -> Mapping[str, str] | None:
        return next((columns for table, columns in self.tables.items() if dataset(table) == urn), None)

    def around(self, datasets: Sequence[str]) -> Around:
        edges = []
        for table, columns in self.tables.items():
            urn = dataset(table)
            for each in columns:
                edges.append(CatalogEdge(column(urn, each), any_of(urn), EdgeType.MEMBER, Subtype.ANY, 100, urn))
        for board, used in self.boards.items():
            urn = make("dashboard", "bi", board)
            for each in used:
                whole = each in self.tables or "." not in each
                table, _, name = (each, "", "") if whole else each.rpartition(".")
                start = column(dataset(table), name) if name else any_of(dataset(table))
                edges.append(CatalogEdge(start, urn, EdgeType.FLOW, Subtype.USE, 100, urn))
        return Around(tuple(edges))


def setting(catalog: Known | None = None) -> Setting:
    return Setting(NAMESPACE, "duckdb", None, None, catalog or Known())


def sql(texts: Mapping[str, str], catalog: Known | None = None) -> Project:
    """Return what SQL files build, each named `<table>.sql`."""
    return sql_project(Files({f"{name}.sql": text for name, text in texts.items()}), ("*.sql",), setting(catalog))


def dbt(texts: Mapping[str, str], catalog: Known | None = None) -> Project:
    return dbt_project(Files({"dbt_project.yml": "name: wh\n", **texts}), "", setting(catalog))


def checked(
    before: Project,
    after: Project,
    catalog: Known | None = None,
    found: Sequence[Found] = (),
    rules: Rules | None = None,
) -> Outcome:
    return outcome(before, after, found, catalog or Known(), rules or Rules(), TODAY, ("before", "after"))


def check_sql(before: Mapping[str, str], after: Mapping[str, str], catalog: Known | None = None) -> Outcome:
    return checked(sql(before, catalog), sql(after, catalog), catalog)


def of_found(found: Found, catalog: Known) -> Outcome:
    return checked(EMPTY, EMPTY, catalog, [found])


def kinds(outcome: Outcome) -> set[tuple[str, str, str | None]]:
    """Return (kind, table, column) of every change."""
    return {
        (change.kind.value, change.dataset.rsplit(",", 1)[-1].rstrip(")"), change.column or change.after)
        for change in outcome.changes
    }


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {each.asset.name: each.asset.verdict.value for each in outcome.judgement.assets}
