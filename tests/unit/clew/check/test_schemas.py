"""Schemas of datasets, before and after: Avro, JSON Schema, Protobuf."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clew.check.changes import Found
from clew.check.schemas import Pair, reader_for, schema_change
from clew.errors import BadInput
from unit.clew.check.states import dataset


def changed(file: str, before: str, after: str) -> set[tuple[str, str | None]]:
    found = schema_change(Pair(file, before, after), dataset("orders"))
    return {(change.kind.value, change.column or change.after) for change in found.changes}


def avro(*fields: dict[str, Any]) -> str:
    return json.dumps({"type": "record", "name": "Order", "fields": list(fields)})


ID, AMOUNT = {"name": "id", "type": "long"}, {"name": "amount", "type": "int"}
CITY = {"name": "at", "type": {"type": "record", "name": "At", "fields": [{"name": "city", "type": "string"}]}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([ID, AMOUNT], [ID], {("dropped", "amount")}),
        ([ID], [ID, AMOUNT], {("added", "amount")}),
        ([ID, AMOUNT], [ID, {"name": "total", "type": "int", "aliases": ["amount"]}], {("renamed", "amount")}),
        ([AMOUNT], [{"name": "amount", "type": ["null", "int"]}], {("retyped", "amount")}),
        ([AMOUNT], [{**AMOUNT, "doc": "in cents", "default": 0}], {("harmless", None)}),
        ([CITY], [{"name": "at", "type": {**CITY["type"], "fields": []}}], {("retyped", "at")}),  # type: ignore[dict-item]
        ([{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}}],
         [{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"]}}], {("remeant", "e")}),
    ],
)  # fmt: skip
def test_fields_of_avro(before: list[Any], after: list[Any], expected: set[tuple[str, str | None]]) -> None:
    assert changed("orders.avsc", avro(*before), avro(*after)) == expected


def test_properties_of_json_schema() -> None:
    def schema(required: list[str], **properties: Any) -> str:
        definitions = {"money": {"type": "object", "properties": {"cents": {"type": "integer"}}}}
        return json.dumps({"type": "object", "properties": properties, "required": required, "$defs": definitions})

    one, money = {"type": "integer"}, {"$ref": "#/$defs/money"}
    before = schema(["id"], id=one, price=money)
    assert changed("o.json", before, schema(["id"], id=one)) == {("dropped", "price")}
    assert changed("o.json", before, schema([], id=one, price=money)) == {("retyped", "id")}
    assert changed("o.json", before, before.replace('"cents"', '"euros"')) == {("retyped", "price")}
    assert changed("o.json", before, schema(["id"], id={**one, "minimum": 1}, price=money)) == {("remeant", "id")}
    assert changed("o.json", before, schema(["id"], id={**one, "title": "The id"}, price=money)) == {("harmless", None)}


PROTO = """syntax = "proto3"; package shop; // orders
message Order {
  int64 id = 1; /* the key */
  optional string note = 2 [deprecated = true];
  repeated Line lines = 3;
  enum State { NEW = 0; PAID = 1; }
  State state = 4;
  map<string, int32> counts = 5;
  oneof by { string card = 6; string cash = 7; }
  message Line { string sku = 1; }
}
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("  int64 id = 1;", "  int32 id = 1;", {("retyped", "id")}),
        ("string note = 2", "string remark = 2", {("renamed", "note")}),
        ("  map<string, int32> counts = 5;\n", "", {("dropped", "counts")}),
        ("PAID = 1;", "PAID = 1; VOID = 2;", {("remeant", "state")}),
        ("string sku = 1;", "bytes sku = 1;", {("retyped", "lines")}),
        ("// orders", "// all orders", {("harmless", None)}),
        ("string cash = 7;", "string cash = 7; string coin = 8;", {("added", "coin")}),
    ],
)
def test_fields_of_protobuf(before: str, after: str, expected: set[tuple[str, str | None]]) -> None:
    assert before in PROTO
    assert changed("orders.proto", PROTO, PROTO.replace(before, after)) == expected


def test_a_schema_that_comes_or_goes() -> None:
    def kinds(found: Found) -> list[str]:
        return [change.kind.value for change in found.changes]

    assert kinds(schema_change(Pair("o.avsc", None, avro(ID)), dataset("o"))) == ["added"]
    assert kinds(schema_change(Pair("o.avsc", avro(ID), None), dataset("o"))) == ["dropped"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("o.avsc", "{"),
        ("o.avsc", '"string"'),
        ("o.avsc", '{"type": "record", "name": "O"}'),
        ("o.avsc", "[" * 5000),
        ("o.json", '{"type": "string"}'),
        ("o.json", '{"properties": {"a": {"$ref": "other.json"}}}'),
        ("o.proto", "message Order { int64 id = 1;"),
        ("o.proto", "message Order { int64 id = x; }"),
        ("o.proto", "message A {" * 100 + "}" * 100),
        ("o.proto", ""),
    ],
)
def test_a_schema_that_can_not_be_read_is_a_gap_and_may_break(file: str, text: str) -> None:
    good = {"o.avsc": avro(ID), "o.json": '{"properties": {"id": {}}}', "o.proto": PROTO}[file]
    found = schema_change(Pair(file, good, text), dataset("o"))
    assert [change.kind.value for change in found.changes] == ["unread"]
    assert [gap.code for gap in found.gaps] == ["unread_schema"]


def test_schemas_that_name_themselves_end() -> None:
    tree = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    assert set(reader_for("n.avsc")(json.dumps(tree), "n.avsc")) == {"next"}
    loop = {"properties": {"child": {"$ref": "#"}}}
    assert "child" in reader_for("n.json")(json.dumps(loop), "n.json")
    assert "next" in reader_for("n.proto")("message Node { Node next = 1; }", "n.proto")


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(BadInput):
        reader_for("orders.xsd")
