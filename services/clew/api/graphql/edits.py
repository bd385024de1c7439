"""GraphQL: what people edit and whether they may, and the trees of terms, domains and tags."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from pydantic import TypeAdapter
from strawberry.scalars import JSON

from clew.api.editing import Editing, stewardly
from clew.api.graphql.context import Info
from clew.api.graphql.fields import described
from clew.api.orders import EditOrder, FellOrder, FlowOrder, GrowOrder, UndoOrder
from clew.edits.intentions import validated
from clew.edits.lineage import FLOWLESS
from clew.edits.plans import editable
from clew.edits.write import Outcome
from clew.errors import Forbidden
from clew.query.names import entity_named
from clew.query.trees import Branch, Tree, tree
from clew_schemas.urn import kind_of

_EDIT: TypeAdapter[EditOrder] = TypeAdapter(EditOrder)
_FLOW: TypeAdapter[FlowOrder] = TypeAdapter(FlowOrder)
_GROW: TypeAdapter[GrowOrder] = TypeAdapter(GrowOrder)

Id = strawberry.ID


@strawberry.type(description="What an edit did, or when only tried, would do. `undo` names it, for taking it back.")
class EditResult:
    edit: str
    dry_run: bool
    total: int
    changed: int
    unchanged: int
    refused_count: int
    refused: JSON
    first: JSON
    created: list[strawberry.ID]
    token: str
    etags: JSON
    undo: str | None


@strawberry.type(description="One term, domain or tag. `uses` counts what uses it, `usesBelow` also what is under it.")
class TreeNode:
    urn: Id
    name: str
    text: str | None
    parent: Id | None
    depth: int
    uses: int
    uses_below: int


@strawberry.input(description="A filter, as a search takes it; `filters` gives values by facet.")
class EditWhere:
    text: str = ""
    filters: JSON | None = None
    conditions: list[str] | None = None


@strawberry.type
class TreeQueries:
    @described("The terms of the glossary, each before what lies below it.")
    def glossary(self, info: Info, at_least: str | None = None) -> list[TreeNode]:
        return _tree(info, "glossary_term", at_least)

    @described("The domains, each before what lies below it.")
    def domains(self, info: Info, at_least: str | None = None) -> list[TreeNode]:
        return _tree(info, "domain", at_least)

    @described("The tags, each before what lies below it.")
    def tags(self, info: Info, at_least: str | None = None) -> list[TreeNode]:
        return _tree(info, "tag", at_least)

    @described("Whether edits of who asks are taken at all: as steward's, with the scope for it.")
    def may_edit(self, info: Info) -> bool:
        return _may_edit(info)

    @described(
        "The aspects of a thing that who asks may edit, by name; none without the scope for it, or of what is gone."
        " `lineage` is among them where data may flow into the thing."
    )
    def editable(self, info: Info, of: str) -> list[str]:
        if not _may_edit(info):
            return []
        urn = entity_named(info.context.stations.ledger, of).urn
        flowless = {"lineage"} if kind_of(urn) in FLOWLESS else set()
        return [each for each in editable(info.context.stations.ledger, urn) if each not in flowless]


@strawberry.type
class EditMutations:
    @described(
        "Do one intention, such as {op: add_tag, tag: PII}, to one thing, or to many when `dryRun` is false. A thing"
        " that is not as `ifMatch` or `read` says is a conflict, with `read`, `now`, `by` and `at` in the extensions."
    )
    def edit(
        self,
        info: Info,
        edit: JSON,
        of: str | None = None,
        things: list[str] | None = None,
        where: EditWhere | None = None,
        if_match: str | None = None,
        read: JSON | None = None,
        dry_run: bool | None = None,
        message: str | None = None,
    ) -> EditResult:
        chosen: dict[str, Any] | None = None
        if where is not None:
            chosen = {"text": where.text, "filters": where.filters or {}, "conditions": where.conditions or []}
        order: dict[str, Any] = {"edit": edit, "of": of, "things": things, "where": chosen}
        order |= {"ifMatch": if_match, "read": read, "dryRun": dry_run, "message": message}
        return _result(_editing(info).edit(validated(_EDIT, order, "$")))

    @described("Say what a thing is.")
    def describe(
        self,
        info: Info,
        of: str,
        text: str,
        if_match: str | None = None,
        read: JSON | None = None,
        message: str | None = None,
    ) -> EditResult:
        order = {"edit": {"op": "describe", "text": text}, "of": of, "ifMatch": if_match, "read": read}
        return _result(_editing(info).edit(validated(_EDIT, {**order, "message": message}, "$")))

    @described("State a flow by hand, on a job of its own or on `carrier`.")
    def add_lineage(
        self,
        info: Info,
        start: Annotated[str, strawberry.argument(name="from")],
        end: Annotated[str, strawberry.argument(name="to")],
        carrier: str | None = None,
        name: str | None = None,
        subtype: str = "TRANSFORMATION",
        note: str | None = None,
        message: str | None = None,
    ) -> EditResult:
        order = {"from": start, "to": end, "carrier": carrier, "name": name, "subtype": subtype, "note": note}
        return _result(_editing(info).flow(validated(_FLOW, {**order, "message": message}, "$")))

    @described("Deny a flow, edge by edge, wherever it is stated, or at `carrier` only.")
    def deny_lineage(
        self,
        info: Info,
        start: Annotated[str, strawberry.argument(name="from")],
        end: Annotated[str, strawberry.argument(name="to")],
        carrier: str | None = None,
        message: str | None = None,
    ) -> EditResult:
        order = {"from": start, "to": end, "carrier": carrier, "deny": True, "message": message}
        return _result(_editing(info).flow(validated(_FLOW, order, "$")))

    @described("Take an edit back, by its name or token, where nobody changed the same since.")
    def undo(self, info: Info, edit: str, message: str | None = None) -> EditResult:
        return _result(_editing(info).undo(UndoOrder(undo=edit, message=message)))

    @described("Make, move, rename or explain a term: {name, create, parent, title, definition, synonyms, …}.")
    def grow_glossary(self, info: Info, term: JSON) -> EditResult:
        return _grown(info, "glossary_term", term)

    @described("Make, move, rename or explain a domain: {name, create, parent, title, definition}.")
    def grow_domains(self, info: Info, domain: JSON) -> EditResult:
        return _grown(info, "domain", domain)

    @described("Make, move, rename or explain a tag: {name, create, parent, title, definition}.")
    def grow_tags(self, info: Info, tag: JSON) -> EditResult:
        return _grown(info, "tag", tag)

    @described("Delete a term; refused while anything lies below it or uses it.")
    def delete_term(self, info: Info, name: str) -> EditResult:
        return _result(_editing(info).fell("glossary_term", FellOrder(name=name)))

    @described("Delete a domain; refused while anything lies below it or in it.")
    def delete_domain(self, info: Info, name: str) -> EditResult:
        return _result(_editing(info).fell("domain", FellOrder(name=name)))

    @described("Delete a tag; refused while anything lies below it or carries it.")
    def delete_tag(self, info: Info, name: str) -> EditResult:
        return _result(_editing(info).fell("tag", FellOrder(name=name)))


def _editing(info: Info) -> Editing:
    stations, principal = info.context.stations, info.context.principal
    return Editing(stations.questions, stewardly(stations.ledger, info.context.writer, principal))


def _may_edit(info: Info) -> bool:
    try:
        _editing(info)
    except Forbidden:
        return False
    return True


def _grown(info: Info, kind: str, said: Any) -> EditResult:
    return _result(_editing(info).grow(kind, validated(_GROW, said, "$")))


def _result(outcome: Outcome) -> EditResult:
    said = outcome.to_dict()
    return EditResult(
        edit=said["edit"],
        dry_run=said["dryRun"],
        total=said["total"],
        changed=said["changed"],
        unchanged=said["unchanged"],
        refused_count=said["refusedCount"],
        refused=JSON(said["refused"]),
        first=JSON(said["first"]),
        created=[Id(each) for each in said["created"]],
        token=said["token"],
        etags=JSON(said["etags"]),
        undo=said["undo"],
    )


def _tree(info: Info, kind: str, at_least: str | None) -> list[TreeNode]:
    questions = info.context.stations.questions
    found = tree(questions.ledger, questions.views, questions.freshness, kind, at_least)
    return [_node(branch, depth) for branch, depth in _walk(found)]


def _walk(found: Tree) -> list[tuple[Branch, int]]:
    walked: list[tuple[Branch, int]] = []
    todo = [(branch, 0) for branch in found.top]
    while todo:
        branch, depth = todo.pop(0)
        walked.append((branch, depth))
        todo = [*((child, depth + 1) for child in branch.children), *todo]
    return walked


def _node(branch: Branch, depth: int) -> TreeNode:
    return TreeNode(
        urn=Id(branch.urn),
        name=branch.name,
        text=branch.text,
        parent=None if branch.parent is None else Id(branch.parent),
        depth=depth,
        uses=branch.uses,
        uses_below=branch.below,
    )
