"""A request, executed: its data, and its errors as they go out."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from clew.api.auth import Principal
from clew.api.desk import Desk
from clew.api.graphql.asked import Asked
from clew.api.graphql.context import Context
from clew.api.graphql.loader import Loader
from clew.api.graphql.schema import is_unexpected
from clew.api.replies import NotAllowed
from clew.errors import BadInput, ClewError, OurError, TooLarge

_READS = frozenset({OperationType.QUERY})
_ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})


def executed(desk: Desk, principal: Principal, asked: Asked, *, writes: bool) -> tuple[dict[str, Any], bool]:
    """Return the answer to a request, and whether anything of it was executed.

    Raises NotAllowed for a mutation where nothing may be written.
    """
    schema = desk.schema.now()  # one and the same to the end, whatever is defined meanwhile
    context = Context(desk.stations, desk.writer, principal, Loader(desk.stations.ledger), schema.kinds)
    try:
        result = schema.execute_sync(
            asked.query,
            asked.variables,
            context,
            operation_name=asked.operation_name,
            allowed_operation_types=_ALL if writes else _READS,
        )
        data, errors = result.data, result.errors or []
    except InvalidOperationTypeError as error:
        raise NotAllowed("a mutation is posted, not got", where="query", hint="Send it with POST") from error
    except (CannotGetOperationTypeError, MissingQueryError):
        data, errors = None, [GraphQLError("no such operation in the query")]
    anything = data is not None or any(error.path for error in errors)
    said: dict[str, Any] = {"data": data} if anything else {}
    if errors:
        said["errors"] = [_told(each) for each in errors]
    return said, anything


def _told(error: GraphQLError) -> dict[str, Any]:
    """Return an error as it goes out: with path, and our code, where and hint; nothing of what is inside."""
    said: dict[str, Any] = {**error.formatted}
    cause = _cause(error).to_dict()
    said["message"] = cause.pop("what")
    said["extensions"] = cause
    return said


def _cause(error: GraphQLError) -> ClewError:
    original = error.original_error
    if isinstance(original, ClewError):
        return original
    if isinstance(original, RecursionError):
        return TooLarge("the query is nested too deeply")
    if is_unexpected(error):
        return OurError("something went wrong inside Clew", hint="The server's log says what")
    return BadInput(error.message, hint="Ask for __schema: it says what may be asked")
