"""What one operation may ask: depth, aliases, tokens, and a cost that multiplies by the lengths of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    value_from_ast_untyped,
)
from graphql.validation import MaxIntrospectionDepthRule
from strawberry.extensions import SchemaExtension

from clew.api.graphql.entities import DEFAULT_COLUMNS
from clew.errors import BadInput, ClewError, TooLarge

MAX_DEPTH = 15
MAX_ALIASES = 30
MAX_TOKENS = 2_000
MAX_FIRST = 1_000
_DIGITS = 18
"""More digits than any limit has; Python refuses to read thousands."""
MAX_COST = 50_000
"""Fields that one operation may resolve, at the most that its lists may hold."""

DEFAULT_SEARCH = 20
_DEFAULT_FIRST = {"search": DEFAULT_SEARCH, "columns": DEFAULT_COLUMNS}
"""Fields that take `first`, with what it is when nobody says it."""
_FLAT = {"owners": 5, "assets": 1000, "history": 100, "sources": 100}
"""Lists without a length of their own, with a length to count them by."""


class Limits(SchemaExtension):
    """Refuses an operation that asks too much, before anything of it is resolved."""

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        self.execution_context.validation_rules += (MaxIntrospectionDepthRule,)
        yield

    def on_execute(self) -> Iterator[None]:
        context = self.execution_context
        assert context.graphql_document is not None
        try:
            check(context.graphql_document, context.operation_name, context.variables or {})
        except ClewError as error:
            context.result = ExecutionResult(None, [GraphQLError(error.what, original_error=error)])
        yield


@dataclass(frozen=True, slots=True)
class _Measure:
    """How deep a selection is, and how many fields it resolves."""

    depth: int
    cost: int


def check(document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]) -> None:
    """Raise TooLarge or BadInput when a validated document asks too much. Fragments are measured once each."""
    aliases = sum(_aliases(each) for each in document.definitions)
    if aliases > MAX_ALIASES:
        raise TooLarge(f"{aliases} aliases, the limit is {MAX_ALIASES}", hint="Ask in several requests")
    operation = _operation(document, operation_name)
    measure = _Scale(document, {**_defaults(operation), **variables}).of(operation.selection_set)
    if measure.depth > MAX_DEPTH:
        raise TooLarge(f"the query is {measure.depth} levels deep, the limit is {MAX_DEPTH}")
    if measure.cost > MAX_COST:
        raise TooLarge(
            f"the query may resolve {measure.cost} fields, the limit is {MAX_COST}",
            hint="Ask for fewer with `first`, or for fewer fields",
        )


class _Scale:
    """Measures the selections of one document."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._variables = variables
        self._measured: dict[str, _Measure] = {}

    def of(self, selections: SelectionSetNode) -> _Measure:
        """Return the measure of a selection set."""
        parts = [self._selection(each) for each in selections.selections]
        return _Measure(max(each.depth for each in parts), sum(each.cost for each in parts))

    def _selection(self, node: Any) -> _Measure:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        if isinstance(node, InlineFragmentNode):
            return self.of(node.selection_set)
        return self._field(node)

    def _fragment(self, name: str) -> _Measure:
        if name not in self._measured:
            self._measured[name] = self.of(self._fragments[name].selection_set)
        return self._measured[name]

    def _field(self, node: FieldNode) -> _Measure:
        length = self._length(node)
        # What the schema says of itself has a rule of its own.
        if node.selection_set is None or node.name.value.startswith("__"):
            return _Measure(1, 1)
        below = self.of(node.selection_set)
        return _Measure(below.depth + 1, 1 + length * below.cost)

    def _length(self, node: FieldNode) -> int:
        name = node.name.value
        for argument in node.arguments or ():
            if argument.name.value == "first":
                return _checked_first(self._int(argument.value), name)
            if argument.name.value == "ids":
                return _checked_ids(self._count(argument.value))
        return _DEFAULT_FIRST.get(name) or _FLAT.get(name, 1)

    def _int(self, value: Any) -> int | None:
        if isinstance(value, IntValueNode):
            return int(value.value[:_DIGITS])
        said = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
        return said if isinstance(said, int) else None

    def _count(self, value: Any) -> int:
        if isinstance(value, ListValueNode):
            return len(value.values)
        said = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
        return len(said) if isinstance(said, list) else 1


def _checked_first(first: int | None, field: str) -> int:
    if first is None:
        return _DEFAULT_FIRST.get(field, 1)
    if not 0 <= first <= MAX_FIRST:
        raise BadInput(f"first is {first}, not between 0 and {MAX_FIRST}", where=f"{field}.first")
    return first


def _checked_ids(count: int) -> int:
    if count > MAX_FIRST:
        raise TooLarge(f"{count} ids, the limit is {MAX_FIRST}", where="nodes.ids")
    return count


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return next((each for each in operations if each.name is not None and each.name.value == name), operations[0])


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def _aliases(node: Any) -> int:
    """Return how many aliases stand in a definition."""
    own = int(isinstance(node, FieldNode) and node.alias is not None)
    selections = getattr(node, "selection_set", None)
    return own + sum(_aliases(each) for each in (selections.selections if selections else ()))
