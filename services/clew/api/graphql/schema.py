"""The GraphQL schema: queries that REST answers too, mutations as steward, and a type for every kind.

`build_schema` makes it from a registry; when a kind or aspect is registered, it is built again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any

import msgspec
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types import ExecutionContext

from clew.api.bodies import check_count
from clew.api.graphql import answers, entities
from clew.api.graphql.answers import (
    Change,
    Direction,
    Fact,
    Grain,
    Impact,
    Lineage,
    Neighbourhood,
    Neighbours,
    Paths,
    SearchConnection,
    SqlRows,
)
from clew.api.graphql.context import Info
from clew.api.graphql.cursors import Cursor, page, window
from clew.api.graphql.edits import EditMutations, TreeQueries
from clew.api.graphql.entities import Entity, Node, entity_of
from clew.api.graphql.fields import described
from clew.api.graphql.limits import DEFAULT_SEARCH, Limits
from clew.api.graphql.loader import Loader
from clew.api.graphql.models import ModelQueries
from clew.api.graphql.scalars import Seq, config
from clew.api.graphql.standing import StandingQueries
from clew.api.stations import health_of
from clew.errors import BadInput, CallerError, ClewError
from clew.graph import Direction as Way
from clew.ledger.port import STEWARD
from clew.query.conditions import conditions
from clew.query.find import MAX_LIMIT, MAX_OFFSET
from clew.query.names import entity_named
from clew.query.paths import MAX_PATHS
from clew.query.sql import MOST_ROWS, ROWS
from clew.query.terms import MOST_CARDS, NAMED, ChangeKind, Surroundings, Within
from clew.query.terms import Grain as AskedGrain
from clew.relations.port import Value
from clew.search import SearchQuery
from clew_schemas import canonical
from clew_schemas.event import Event, Group, Op, raw
from clew_schemas.event import Receipt as Receipted
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.registry import Registry
from clew_schemas.urn import Urn

log = logging.getLogger(__name__)


@strawberry.input(description="One of the values of every facet that is given must fit.")
class SearchFilters:
    kind: list[str] | None = None
    namespace: list[str] | None = None
    subtype: list[str] | None = None
    owner: list[str] | None = None
    tag: list[str] | None = None
    term: list[str] | None = None
    domain: list[str] | None = None
    tier: list[str] | None = None
    certification: list[str] | None = None
    state: list[str] | None = None
    status: list[str] | None = None

    def given(self) -> dict[str, list[str]]:
        """Return the filters that were given, by facet."""
        return {name: values for name, values in vars(self).items() if values}


@strawberry.type(description="What became of a group. `token` given as `atLeast` makes a question see it.")
class Receipt:
    id: str
    status: str
    token: str
    seq: Seq | None
    changed: int
    unchanged: int
    late: int
    retracted: int
    repeated: bool
    errors: JSON


class Refused(CallerError):
    """An edit that the ledger refused; `code` is that of its first error."""

    def __init__(self, receipt: Receipted) -> None:
        first, *others = receipt.errors
        rest = {name: value for name, value in first.items() if name not in ("code", "what", "where", "hint")}
        super().__init__(first["what"], where=first.get("where"), hint=first.get("hint"), **rest)
        self.code = first["code"]
        if others:
            self.details["others"] = others


@strawberry.type
class Query(ModelQueries, TreeQueries, StandingQueries):
    @described("The object with a global id, which is a URN; null when nobody ever named it.")
    def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return _nodes(info, [id])[0]

    @described("The objects of several ids, in the order asked.")
    def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        return _nodes(info, ids)

    @described(
        "The thing of a URN or short name, such as `flights.dep_delay`; as of a moment (seq, token, time, date, `2h`),"
        " everything that is reached from it is as of then."
    )
    def entity(self, info: Info, name: str, as_of: str | None = None) -> Entity | None:
        stations = info.context.stations
        seq = stations.questions.seq(as_of)
        then = None if seq is None else Loader(stations.ledger, seq)
        return entity_of(info, entity_named(stations.ledger, name, as_of=seq), then)

    @described(
        "Search by words, filters, conditions such as `rmse < 30000`, and facets; `downstreamOf` and `upstreamOf`"
        " restrict it to what values flow to from a thing, or come from, at column grain."
    )
    def search(
        self,
        info: Info,
        text: str = "",
        filters: SearchFilters | None = None,
        facets: list[str] | None = None,
        first: int = DEFAULT_SEARCH,
        after: str | None = None,
        at_least: str | None = None,
        where: list[str] | None = None,
        downstream_of: str | None = None,
        upstream_of: str | None = None,
    ) -> SearchConnection:
        cursor = None if after is None else Cursor.parse(after)
        offset, limit = window(cursor, first)
        query = SearchQuery(
            text,
            filters.given() if filters else {},
            ("kind",) if facets is None else tuple(facets),
            min(limit, MAX_LIMIT),
            min(offset, MAX_OFFSET),
            where=conditions(where or ()),
        )
        within = Within(downstream_of, upstream_of)
        found = info.context.stations.questions.find(query, info.context.principal.viewer, at_least, within)
        return _connection(found.to_dict(), cursor, first)

    @described("What flows into a thing, or out of it.")
    def lineage(
        self,
        info: Info,
        of: str,
        direction: Direction = Direction.down,
        grain: Grain | None = None,
        indirect: bool = False,
        depth: int | None = None,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> Lineage:
        answer = info.context.stations.questions.lineage(
            of,
            info.context.principal.viewer,
            direction=Way[direction.value.upper()],
            grain=None if grain is None else AskedGrain(grain.value),
            indirect=indirect,
            depth=None if depth is None else _between(depth, 0, 10_000, "depth"),
            at_least=at_least,
            as_of=as_of,
        )
        return answers.lineage(answer.to_dict())

    @described(
        "What lies around a thing, as cards that a screen can hold. `expandUp` and `expandDown` bring further"
        " neighbours of a card, again each time it is named; `since` adds the edges of an earlier moment."
    )
    def neighbourhood(
        self,
        info: Info,
        of: str,
        up: int = 1,
        down: int = 1,
        top: int = 10,
        most: int = 150,
        indirect: bool = False,
        tests: bool = False,
        trace: str | None = None,
        show: list[str] | None = None,
        expand_up: list[str] | None = None,
        expand_down: list[str] | None = None,
        since: str | None = None,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> Neighbourhood:
        asked = Surroundings(
            _between(up, 0, 10, "up"),
            _between(down, 0, 10, "down"),
            _between(top, 1, MOST_CARDS, "top"),
            _between(most, 1, MOST_CARDS, "most"),
            indirect,
            tests,
        )
        sides = ((expand_up, Way.UP), (expand_down, Way.DOWN))
        expand = [(name, way) for names, way in sides for name in names or ()]
        _between(len(show or ()) + len(expand), 0, MOST_CARDS, "show")
        answer = info.context.stations.questions.neighbourhood(
            of,
            info.context.principal.viewer,
            asked,
            trace=trace,
            show=show or (),
            expand=expand,
            since=since,
            at_least=at_least,
            as_of=as_of,
        )
        return answers.neighbourhood(answer.to_dict())

    @described("All that a thing touches on one side, those that most hangs on first; `words` must stand in a name.")
    def neighbours(
        self,
        info: Info,
        of: str,
        direction: Direction = Direction.down,
        words: str = "",
        indirect: bool = False,
        tests: bool = False,
        first: int = 100,
        offset: int = 0,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> Neighbours:
        answer = info.context.stations.questions.neighbours(
            of,
            info.context.principal.viewer,
            direction=Way[direction.value.upper()],
            words=words,
            indirect=indirect,
            tests=tests,
            limit=_between(first, 1, 1000, "first"),
            offset=_between(offset, 0, 1_000_000, "offset"),
            at_least=at_least,
            as_of=as_of,
        )
        return answers.neighbours(answer.to_dict())

    @described("What a change breaks; `named` assets are named, all are counted.")
    def impact(
        self,
        info: Info,
        of: str,
        change: Change = Change.drop,
        named: int = NAMED,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> Impact:
        answer = info.context.stations.questions.impact(
            of,
            ChangeKind(change.value),
            info.context.principal.viewer,
            at_least=at_least,
            as_of=as_of,
            named=_between(named, 0, NAMED, "named"),
        )
        seq = None if as_of is None else answer.envelope.as_of.seq
        return answers.impact(answer.to_dict(), None if seq is None else Loader(info.context.stations.ledger, seq))

    @described("How one thing reaches another, downstream.")
    def paths(
        self,
        info: Info,
        start: Annotated[str, strawberry.argument(name="from")],
        end: Annotated[str, strawberry.argument(name="to")],
        grain: Grain | None = None,
        indirect: bool = False,
        most: int = 10,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> Paths:
        answer = info.context.stations.questions.paths(
            start,
            end,
            info.context.principal.viewer,
            grain=None if grain is None else AskedGrain(grain.value),
            indirect=indirect,
            most=_between(most, 1, MAX_PATHS, "most"),
            at_least=at_least,
            as_of=as_of,
        )
        return answers.paths(answer.to_dict())

    @described("One SELECT over the relations, read-only; `parameters` by name, as a JSON object.")
    def sql(
        self,
        info: Info,
        query: str,
        parameters: JSON | None = None,
        limit: int = ROWS,
        at_least: str | None = None,
    ) -> SqlRows:
        answer = info.context.stations.questions.sql(
            query,
            info.context.principal.viewer,
            parameters=_scalars(parameters),
            limit=_between(limit, 1, MOST_ROWS, "limit"),
            at_least=at_least,
        )
        return answers.sql(answer.to_dict())

    @described("All facts about one aspect of a thing, oldest first.")
    def history(self, info: Info, urn: strawberry.ID, aspect: str) -> list[Fact]:
        ledger = info.context.stations.ledger
        ledger.registry.get(aspect, "aspect")
        facts = ledger.history(entity_named(ledger, urn).id, aspect)
        return [_fact(each._asdict()) for each in facts]

    @described("The ledger's head, each follower's position and lag, and what fails.")
    def health(self, info: Info) -> JSON:
        return JSON(health_of(info.context.stations))


@strawberry.type
class Mutation(EditMutations):
    @described("Propose groups, as POST /v1/groups does: one or a list; one receipt each.")
    def propose(self, info: Info, groups: JSON) -> list[Receipt]:
        said = groups if isinstance(groups, list) else [groups]
        check_count(len(said))
        records = [canonical.dumps(each) for each in said]
        return [_receipt(each) for each in info.context.writer.write(info.context.principal, records)]

    @described("Say one aspect of a thing as steward. `ifMatch` is its etag as you read it.")
    def upsert(
        self,
        info: Info,
        urn: strawberry.ID,
        aspect: str,
        payload: JSON,
        if_match: str | None = None,
        message: str | None = None,
    ) -> Receipt:
        return _edit(info, urn, aspect, "upsert", payload, if_match, message)

    @described("Withdraw what stewards say and deny of one aspect.")
    def retract(
        self, info: Info, urn: strawberry.ID, aspect: str, if_match: str | None = None, message: str | None = None
    ) -> Receipt:
        return _edit(info, urn, aspect, "retract", None, if_match, message)

    @described("Say as steward that others are wrong: elements by key, or without keys all.")
    def deny(
        self,
        info: Info,
        urn: strawberry.ID,
        aspect: str,
        keys: list[str] | None = None,
        if_match: str | None = None,
        message: str | None = None,
    ) -> Receipt:
        payload: dict[str, Any] = {"all": True} if keys is None else {"keys": keys}
        return _edit(info, urn, aspect, "deny", payload, if_match, message)


class Schema(strawberry.Schema):
    """The schema, with the type of each kind. Errors that are the caller's are not the log's business."""

    def __init__(self, kinds: Mapping[str, type[Entity]], **arguments: Any) -> None:
        super().__init__(types=kinds.values(), **arguments)
        self.kinds = kinds

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        for error in errors:
            if is_unexpected(error):
                log.error("a resolver failed at %s", error.path, exc_info=error.original_error)


def build_schema(registry: Registry) -> Schema:
    """Return the schema for the aspects and kinds in force."""
    words = registry.now()
    types = entities.entity_types(words, [*words.live_kinds(), *DERIVED_KINDS], _taken())
    return Schema(types, query=Query, mutation=Mutation, extensions=[Limits], config=config())


_SCALARS = frozenset({"Boolean", "Float", "ID", "Int", "String"})


@cache
def _taken() -> frozenset[str]:
    """Return the names of the types that are not made from the registry."""
    return _SCALARS | frozenset(strawberry.Schema(query=Query, mutation=Mutation, config=config())._schema.type_map)


def is_unexpected(error: GraphQLError) -> bool:
    """Say whether an error is a fault of ours, rather than the caller's or the world's."""
    original = error.original_error
    unread = isinstance(original, ValueError) and error.path is None  # a literal, before anything was executed
    return original is not None and not unread and not isinstance(original, ClewError | GraphQLError | RecursionError)


def _between(value: int, low: int, high: int, where: str) -> int:
    if not low <= value <= high:
        raise BadInput(f"{where} is {value}, not between {low} and {high}", where=where)
    return value


def _scalars(parameters: Any) -> dict[str, Value]:
    """Return the parameters of a query; raise BadInput for what is no object of plain values."""
    said = {} if parameters is None else parameters
    if not isinstance(said, dict):
        raise BadInput("parameters are no object", where="parameters", hint='Such as {"depth": 3}')
    for name, value in said.items():
        if not isinstance(value, str | int | float | None):
            raise BadInput(f":{name[:60]} is no plain value", where=f"parameters.{name[:60]}", hint="Text or number")
    return said


def _nodes(info: Info, ids: Iterable[str]) -> list[Node | None]:
    wanted = list(ids)
    for each in wanted:
        Urn.parse(each)
    return [entity_of(info, each) for each in info.context.loader.named(wanted)]


def _connection(said: dict[str, Any], after: Cursor | None, first: int) -> SearchConnection:
    shown = page(said["hits"], after, first)
    family = [hit["urn"] for _, hit in shown]
    edges = [
        answers.SearchEdge(
            cursor=str(cursor),
            score=hit["score"],
            matched=hit["matched"],
            measures=JSON(hit["measures"]),
            urn=hit["urn"],
            family=family,
        )
        for cursor, hit in shown
    ]
    last = shown[-1][0].place if shown else (after.place if after else -1)
    return SearchConnection(
        edges=edges,
        page_info=answers.PageInfo(
            has_next_page=last + 1 < said["total"],
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=said["total"],
        facets=said["facets"],
        envelope=answers.Envelope(**answers.envelope(said)),
    )


def _edit(
    info: Info, urn: str, aspect: str, op: Op, payload: Any, if_match: str | None, message: str | None
) -> Receipt:
    body = msgspec.Raw(b"") if payload is None else raw(payload)
    event = Event(urn, aspect, op, body, if_match=if_match)
    group = Group(STEWARD, uuid.uuid4().hex, (event,), message=message)
    (receipt,) = info.context.writer.write(info.context.principal, [group])
    if receipt.status == "refused":
        raise Refused(receipt)
    return _receipt(receipt)


def _receipt(receipt: Receipted) -> Receipt:
    said = msgspec.structs.asdict(receipt)
    return Receipt(**{**said, "errors": list(receipt.errors)})


def _fact(said: dict[str, Any]) -> Fact:
    return Fact(**{name: value for name, value in said.items() if name != "n"})
