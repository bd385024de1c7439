"""The public call: what it answers, what it asks of the schema, what it says it does not know."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import clew_sql
from clew_sql import Influence, Source, Subtype, Transformation, Unresolved, column_lineage, script_lineage

SCHEMA = {
    "nyc.raw.Flights": {"FlightNo": "INTEGER", "Carrier": "VARCHAR", "Dep_Delay": "INTEGER"},
    "nyc.main.airlines": {"carrier": "VARCHAR", "name": "VARCHAR"},
}


class Asked(Mapping[str, Mapping[str, str]]):
    """A schema that remembers what it was asked for and cannot be walked."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._tables = tables
        self.keys_asked: set[str] = set()

    def __getitem__(self, key: str) -> Mapping[str, str]:
        self.keys_asked.add(key)
        return self._tables[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the whole schema must not be walked")

    def __len__(self) -> int:
        raise AssertionError("the whole schema must not be counted")


def test_to_dict_holds_direct_sources_in_the_published_shape() -> None:
    sql = """CREATE VIEW late AS
        SELECT name, avg(dep_delay) AS delay, count(*) AS n FROM raw.flights JOIN airlines USING (carrier)
        WHERE flightno > 1 GROUP BY name"""
    assert column_lineage(sql, "duckdb", SCHEMA, "nyc", "main").to_dict() == {
        "inputs": ["nyc.main.airlines", "nyc.raw.Flights"],
        "outputs": ["nyc.main.late"],
        "columns": {
            "name": [["nyc.main.airlines", "name"]],
            "delay": [["nyc.raw.Flights", "Dep_Delay"]],
            "n": [],
        },
    }


def test_the_object_says_how_and_what_else_decides() -> None:
    lineage = column_lineage(
        "SELECT count(carrier) AS n FROM raw.flights WHERE dep_delay IS NOT NULL", "duckdb", SCHEMA, "nyc"
    )
    (column,) = lineage.columns
    flights = "nyc.raw.Flights"
    assert lineage.kind == "SELECT"
    assert column.sources == (Source(flights, "Carrier", Transformation.AGGREGATION, 1.0, True, False),)
    assert lineage.rows == (Influence(flights, "Dep_Delay", Subtype.FILTER, True),)


def test_sources_inputs_and_rows_are_sorted_and_columns_keep_their_order() -> None:
    sql = "SELECT z + y + x AS c, b AS a FROM q JOIN p ON p.m = q.l WHERE y > b"
    lineage = column_lineage(sql, "duckdb", {"q": {"z": "", "y": "", "l": ""}, "p": {"x": "", "b": "", "m": ""}})
    assert [column.name for column in lineage.columns] == ["c", "a"]
    assert lineage.inputs == ("p", "q")
    assert [(s.table, s.column) for s in lineage.columns[0].sources] == [("p", "x"), ("q", "y"), ("q", "z")]
    assert [(i.subtype, i.table, i.column) for i in lineage.rows] == [
        ("FILTER", "p", "b"),
        ("FILTER", "q", "y"),
        ("JOIN", "p", "m"),
        ("JOIN", "q", "l"),
    ]


def test_a_lineage_is_equal_each_time() -> None:
    sql = "SELECT a + b AS c FROM x JOIN y ON x.a = y.b UNION SELECT d FROM z"
    assert column_lineage(sql, "duckdb", {}) == column_lineage(sql, "duckdb", {})


def test_the_expression_is_the_one_behind_plain_references() -> None:
    sql = "WITH w AS (SELECT upper(name) AS shout, carrier FROM airlines) SELECT *, shout AS again FROM w"
    columns = column_lineage(sql, "duckdb", SCHEMA, "nyc", "main").columns
    assert [c.expression for c in columns] == ["UPPER(name)", "carrier", "UPPER(name)"]


def test_a_column_masks_if_all_its_sources_do() -> None:
    columns = column_lineage("SELECT md5(a) AS x, md5(a) || b AS y, 1 AS z FROM t", "duckdb", {}).columns
    assert [column.masks for column in columns] == [True, False, False]


def test_confidence_has_three_levels() -> None:
    schema = {"t": {"a": "INTEGER"}}
    sql = "SELECT a, b, (SELECT max(a) FROM other) AS m FROM t JOIN u ON true"
    assert [c.confidence for c in column_lineage(sql, "duckdb", schema).columns] == [1.0, 0.7, 0.4]


def test_what_is_not_known_is_said_in_words() -> None:
    lineage = column_lineage("SELECT a, nope FROM t", "duckdb", {"t": {"a": "INTEGER"}})
    assert lineage.unresolved == (Unresolved("unknown_column", "nope is not in t"),)
    assert lineage.to_dict()["columns"] == {"a": [["t", "a"]], "nope": []}


def test_only_named_tables_are_looked_up() -> None:
    schema = Asked(SCHEMA)
    lineage = column_lineage("SELECT f.*, x.y FROM raw.Flights AS f, elsewhere AS x", "duckdb", schema, "nyc", "main")
    assert [column.name for column in lineage.columns] == ["FlightNo", "Carrier", "Dep_Delay", "y"]
    assert {key.rsplit(".")[-1].lower() for key in schema.keys_asked} == {"flights", "elsewhere"}


def test_a_dict_is_found_in_any_case_another_mapping_by_its_own_spelling() -> None:
    sql = "SELECT flightno FROM raw.flights"
    assert column_lineage(sql, "duckdb", SCHEMA, "nyc").inputs == ("nyc.raw.Flights",)
    assert column_lineage(sql, "duckdb", Asked(SCHEMA), "nyc").inputs == ("nyc.raw.flights",)


def test_a_binding_gives_a_name_its_dataset_everywhere() -> None:
    sql = "INSERT INTO staged SELECT name AS n FROM src"
    bindings = {"STAGED": "lake.out.names", "src": "nyc.main.airlines"}
    lineage = column_lineage(sql, "duckdb", SCHEMA, "d", "s", bindings)
    assert (lineage.inputs, lineage.outputs) == (("nyc.main.airlines",), ("lake.out.names",))
    assert lineage.columns[0].sources[0].confidence == 0.4


def test_a_script_knows_the_tables_it_made() -> None:
    script = """
        CREATE TEMP TABLE one AS SELECT carrier AS c, name FROM airlines;
        CREATE TABLE two (x INT, y INT);
        INSERT INTO two SELECT * FROM one;
        SELECT * FROM two"""
    answers = list(script_lineage(script, "duckdb", SCHEMA, "nyc", "main"))
    assert [answer.kind for answer in answers] == ["CREATE TABLE", "CREATE TABLE", "INSERT", "SELECT"]
    assert answers[2].to_dict()["columns"] == {
        "x": [["nyc.main.airlines", "carrier"]],
        "y": [["nyc.main.airlines", "name"]],
    }
    assert [answer.temporary for answer in answers] == [True, False, False, False]
    assert [column.name for column in answers[3].columns] == ["x", "y"]
    assert not any(answer.unresolved for answer in answers)


def test_a_script_goes_on_after_a_statement_that_does_not_parse() -> None:
    first, second, third = script_lineage("SELECT 1 AS a;\nSELECT FROM (;\nSELECT b FROM t", "duckdb", {})
    assert [c.name for c in first.columns] == ["a"]
    assert [gap.code for gap in second.unresolved] == ["parse_error"]
    assert "line 2" in second.unresolved[0].detail
    assert third.inputs == ("t",)


def test_gaps_of_one_statement_are_not_told_of_the_next() -> None:
    first, second = script_lineage("SELECT nope FROM t; SELECT a FROM t", "duckdb", {"t": {"a": "INTEGER"}})
    assert first.unresolved
    assert not second.unresolved


def test_the_package_imports_nothing_else_of_ours() -> None:
    allowed = ("clew_sql", "sqlglot")
    for path in Path(clew_sql.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                root = str(node.module).split(".")[0]
                assert root in allowed or not root.startswith("clew"), f"{path.name} imports {node.module}"
            if isinstance(node, ast.Import):
                assert not any(name.name.startswith("clew") for name in node.names), path.name
