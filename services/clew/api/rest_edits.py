"""REST: what people edit, one thing or thousands, taking it back; and the trees of terms, domains and tags."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from clew.api import routes
from clew.api.auth import Principal
from clew.api.desk import At, Desk, Reading, Writing
from clew.api.editing import Editing, stewardly
from clew.api.orders import EditOrder, FellOrder, FlowOrder, GrowOrder, UndoOrder
from clew.api.parameters import Parameters
from clew.api.replies import Json
from clew.edits.write import Outcome
from clew.query.trees import tree

router = routes.router("edits")


def editing(desk: Desk, principal: Principal) -> Editing:
    """Return the editing of one principal; raise Forbidden for one that may not write as steward."""
    propose = stewardly(desk.stations.ledger, desk.writer, principal)
    return Editing(desk.stations.questions, propose)


@router.post("/edits", summary="Edit one thing, several, or all that a filter chooses")
def post_edit(principal: Writing, desk: At, order: EditOrder) -> Json:
    """Counts of what was changed, unchanged and refused (with reasons), the token, and `undo`: the edit's name.

    One thing (`of`) is edited at once: 409 `conflict` with `read`, `now`, `by` and `at` when it is not as it was read,
    404 when it is gone. Many (`things`, `where`) are only tried, with the first 20 shown, until `dryRun` is false.
    """
    return _said(editing(desk, principal).edit(order))


@router.post("/edits/lineage", summary="State a flow by hand, or deny one")
def post_flow(principal: Writing, desk: At, order: FlowOrder) -> Json:
    """A flow stands on a job of its own, or on `carrier`; with `deny`, single edges of whoever states it are denied."""
    return _said(editing(desk, principal).flow(order))


@router.post("/edits/undo", summary="Take an edit back")
def post_undo(principal: Writing, desk: At, order: UndoOrder) -> Json:
    """What stewards said before stands again; what was edited since is refused with both values."""
    return _said(editing(desk, principal).undo(order))


def _tree(desk: Desk, kind: str, asked: Parameters) -> Json:
    questions = desk.stations.questions
    return Json(tree(questions.ledger, questions.views, questions.freshness, kind, asked.at_least).to_dict())


@router.get("/glossary", summary="The tree of terms")
def glossary(principal: Reading, desk: At, asked: Annotated[Parameters, Query()]) -> Json:
    """Terms by name, each with its definition, how much uses it, and what lies below it."""
    return _tree(desk, "glossary_term", asked)


@router.post("/glossary", summary="Make, move, rename or explain a term")
def post_term(principal: Writing, desk: At, order: GrowOrder) -> Json:
    """With `create`, 409 when the term is there already; a move that would close a ring is refused."""
    return _said(editing(desk, principal).grow("glossary_term", order))


@router.delete("/glossary", summary="Delete a term")
def delete_term(principal: Writing, desk: At, name: Annotated[str, Query(min_length=1, max_length=2048)]) -> Json:
    """409 with `children` and `usedBy` while anything lies below it or uses it."""
    return _said(editing(desk, principal).fell("glossary_term", FellOrder(name=name)))


@router.get("/domains", summary="The tree of domains")
def domains(principal: Reading, desk: At, asked: Annotated[Parameters, Query()]) -> Json:
    """Domains by name, each with its documentation, how much lies in it, and what lies below it."""
    return _tree(desk, "domain", asked)


@router.post("/domains", summary="Make, move, rename or explain a domain")
def post_domain(principal: Writing, desk: At, order: GrowOrder) -> Json:
    """With `create`, 409 when the domain is there already; a move that would close a ring is refused."""
    return _said(editing(desk, principal).grow("domain", order))


@router.delete("/domains", summary="Delete a domain")
def delete_domain(principal: Writing, desk: At, name: Annotated[str, Query(min_length=1, max_length=2048)]) -> Json:
    """409 with `children` and `usedBy` while anything lies below it or in it."""
    return _said(editing(desk, principal).fell("domain", FellOrder(name=name)))


@router.get("/tags", summary="The tree of tags")
def tags(principal: Reading, desk: At, asked: Annotated[Parameters, Query()]) -> Json:
    """Tags by name, each with its documentation, how much carries it, and what lies below it."""
    return _tree(desk, "tag", asked)


@router.post("/tags", summary="Make, move, rename or explain a tag")
def post_tag(principal: Writing, desk: At, order: GrowOrder) -> Json:
    """With `create`, 409 when the tag is there already; a move that would close a ring is refused."""
    return _said(editing(desk, principal).grow("tag", order))


@router.delete("/tags", summary="Delete a tag")
def delete_tag(principal: Writing, desk: At, name: Annotated[str, Query(min_length=1, max_length=2048)]) -> Json:
    """409 with `children` and `usedBy` while anything lies below it or carries it."""
    return _said(editing(desk, principal).fell("tag", FellOrder(name=name)))


def _said(outcome: Outcome) -> Json:
    return Json(outcome.to_dict())
