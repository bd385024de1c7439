"""Edits at the door: from what people type to URNs, to plans, into the ledger. Every face edits through this."""

from __future__ import annotations

from collections.abc import Sequence

from clew.api.auth import Principal
from clew.api.orders import MOST, EditOrder, FellOrder, FlowOrder, GrowOrder, UndoOrder, Where
from clew.api.writing import Writer
from clew.edits import lineage as flows
from clew.edits.intentions import Intention
from clew.edits.lineage import Flow
from clew.edits.plans import Plan, Planned, Reading, Step, plan_of
from clew.edits.references import CREATABLE, meant
from clew.edits.trees import Growth, felled, grown
from clew.edits.undo import plan_of_undo, undone
from clew.edits.write import Edits, Outcome, Propose
from clew.errors import BadInput, CallerError, ClewError, Conflict, NotFound
from clew.ledger import Ledger
from clew.ledger.port import STEWARD
from clew.query.choose import chosen, stating
from clew.query.conditions import conditions
from clew.query.describe import etag
from clew.query.names import entity_named
from clew.query.questions import Questions
from clew.query.trees import USED_BY, Tree, called, tree, users
from clew.search import SearchQuery
from clew_schemas.event import Event, raw
from clew_schemas.urn import Urn, kind_of, segment

_TREE_NAMES = {"glossary_term": "term", "domain": "domain", "tag": "tag"}
_MAKING = {
    "glossary_term": "Make it: clew glossary add",
    "domain": "Make it: clew domain add",
    "tag": "Make it: clew edit add-tag",
}


def stewardly(ledger: Ledger, writer: Writer, principal: Principal) -> Propose:
    """Return how this principal writes as steward; raise Forbidden for one that may not."""
    principal.check_scope("write")
    principal.check_source(STEWARD, next((each for each in ledger.sources() if each.name == STEWARD), None))
    return lambda groups: writer.write(principal, groups)


class Editing:
    """Carries out orders for one person. `propose` writes as steward, signed by that person."""

    def __init__(self, questions: Questions, propose: Propose) -> None:
        self._questions = questions
        self._ledger = questions.ledger
        self._edits = Edits(questions.ledger, propose)

    def edit(self, order: EditOrder) -> Outcome:
        """Do what is intended to one thing or many.

        Raises NotFound or Ambiguous for a name, Conflict with both values where the one thing is not as it was read.
        """
        if sum(each is not None for each in (order.of, order.things, order.where)) != 1:
            raise BadInput("say of what: exactly one of `of`, `things`, `where`", where="of")
        intention, created = self._referring(order.edit)
        message = order.message or intention.op.replace("_", " ")
        if order.of is not None:
            urn = self._thing(order.of)
            plan = plan_of(self._ledger, intention, self._etag(order), order.read)
            dry_run = bool(order.dry_run)
            return self._edits.one(urn, plan, created=created, message=message, dry_run=dry_run)
        if order.if_match is not None or order.read is not None:
            raise BadInput("a precondition guards an edit of one thing", where="ifMatch", hint="Say `of`")
        urns, unknown = (self._chosen(order.where), []) if order.where else self._things(order.things or ())
        outcome = self._edits.many(
            urns,
            plan_of(self._ledger, intention),
            created=created,
            message=message,
            dry_run=order.dry_run is not False,
        )
        outcome.total += len(unknown)
        outcome.refused += unknown
        return outcome

    def flow(self, order: FlowOrder) -> Outcome:
        """State a flow by hand, or deny one wherever it is stated; NotFound when nobody states it."""
        flow = Flow(self._thing(order.start), self._thing(order.end), order.subtype, order.note)
        flows.check(flow)
        carrier = None if order.carrier is None else self._thing(order.carrier)
        plan = self._denial(flow, carrier) if order.deny else self._statement(flow, carrier, order.name)
        message = order.message or ("deny lineage" if order.deny else "add lineage")
        return self._edits.one(flow.target, plan, message=message, dry_run=order.dry_run)

    def undo(self, order: UndoOrder) -> Outcome:
        """Take an edit back where nobody changed the same since. An edit of one aspect that was, is a Conflict."""
        changes = undone(self._ledger, self._edits.commits_of(order.undo))
        if not changes:
            raise NotFound(f"the edit {order.undo!r} changed nothing that could be taken back", name=order.undo)
        outcome = self._edits.many(
            list(changes),
            plan_of_undo(self._ledger, changes),
            message=order.message or f"undo {order.undo}",
            dry_run=order.dry_run,
        )
        if outcome.refused and len(changes) == len(outcome.refused):
            raise outcome.refused[0][1]
        return outcome

    def tree(self, kind: str, at_least: str | None = None) -> Tree:
        """Return the tree of terms, domains or tags."""
        return tree(self._ledger, self._questions.views, self._questions.freshness, kind, at_least)

    def grow(self, kind: str, order: GrowOrder) -> Outcome:
        """Make, move, rename or explain a term, domain or tag; Conflict when one to be made is there already."""
        urn = meant(order.name, [kind], self._known, create=order.create)
        (entity,) = self._ledger.ids([urn])
        exists = bool(entity) and any(self._ledger.claims([entity])[entity].values())
        word = _TREE_NAMES[kind]
        if order.create and exists:
            raise Conflict(
                f"there is a {word} {Urn.parse(urn).label!r} already", where="name", hint="Change that one", urn=urn
            )
        if not order.create and not exists:
            raise NotFound(f"no {word} is called {order.name!r}", hint=_MAKING[kind], name=urn)
        if kind != "glossary_term" and (order.synonyms or order.abbreviation or order.related):
            raise BadInput(f"a {word} has no synonyms, abbreviation or related terms", where="synonyms")
        growth = Growth(
            parent=self._parent(kind, order.parent),
            text=order.text,
            title=order.title,
            synonyms=None if order.synonyms is None else tuple(order.synonyms),
            abbreviation=order.abbreviation,
            related=None if order.related is None else tuple(self._term(kind, each) for each in order.related),
        )
        return self._edits.one(urn, lambda _: [grown(self._ledger, urn, growth)], message=order.message)

    def fell(self, kind: str, order: FellOrder) -> Outcome:
        """Delete a term, domain or tag; Conflict, with what uses it, while anything lies below it or uses it."""
        urn = meant(order.name, [kind], self._known, create=False)
        head = f"{self._ledger.epoch}-{self._ledger.head_seq()}"
        below = [each.name for found in self.tree(kind, head).branches() if found.urn == urn for each in found.children]
        entity = entity_named(self._ledger, urn)
        using = users(self._ledger, self._questions.views, self._questions.freshness, entity)
        if below or using:
            said = [f"lie below it: {', '.join(below[:20])}"] if below else []
            if using:
                said.append("use it: " + ", ".join(Urn.parse(each).dotted_name for each in using))
            raise Conflict(
                f"{Urn.parse(urn).label!r} is needed, these {'; these '.join(said)}",
                where=urn,
                hint="Move what lies below it, and take it off what uses it",
                children=below,
                usedBy=using,
            )
        return self._edits.one(urn, lambda _: [felled(self._ledger, urn)], message=order.message)

    def _thing(self, name: str) -> str:
        """Return the URN that a name means. A URN of what edits bring into being need not be known yet."""
        if name.startswith("urn:"):
            Urn.parse(name)
            return name
        return entity_named(self._ledger, name).urn

    def _things(self, names: Sequence[str]) -> tuple[list[str], list[tuple[str, ClewError]]]:
        urns: dict[str, None] = {}
        unknown: list[tuple[str, ClewError]] = []
        for name in names:
            try:
                urns[self._thing(name)] = None
            except ClewError as error:
                unknown.append((name, error))
        return list(urns), unknown

    def _chosen(self, where: Where) -> list[str]:
        query = SearchQuery(where.text, where.filters, where=conditions(where.conditions))
        return chosen(self._ledger, self._questions.views, self._questions.freshness, query, MOST)

    def _etag(self, order: EditOrder) -> str | None:
        if order.if_match is not None or order.read is None:
            return order.if_match
        return etag(order.read)

    def _referring(self, intention: Intention) -> tuple[Intention, list[Event]]:
        """Return the intention with URNs for what people typed, and the events that make what is not there yet."""
        urns: dict[str, str] = {}
        for name, kinds in intention.refers.items():
            text = getattr(intention, name)
            if text is not None and kinds:
                urns[name] = meant(text, kinds, self._known, create=intention.creates)
            elif text is not None:
                urns[name] = self._thing(text)
        known = self._ledger.claims([each for each in self._ledger.ids(list(urns.values())) if each])
        there = {entity.urn for entity in self._ledger.entities(list(known)) if entity is not None and known[entity.id]}
        events = [
            Event(urn, "lifecycle", payload=raw({"state": "active"}))
            for urn in dict.fromkeys(urns.values())
            if intention.creates and kind_of(urn) in CREATABLE and urn not in there
        ]
        return intention.model_copy(update=urns), events

    def _known(self, text: str, kinds: Sequence[str]) -> Sequence[str]:
        """Return what is called so in full, spelled so if it is: by its own name, else by the name that is shown."""
        own = segment(text.strip())
        found = {
            each.urn: Urn.parse(each.urn).name
            for spelling in dict.fromkeys([own, text.strip()])
            for each in self._ledger.find(spelling)
            if each.kind in kinds and Urn.parse(each.urn).name.casefold() == spelling.casefold()
        }
        exact = [urn for urn, name in found.items() if name in (own, text.strip())]
        shown = [urn for kind in kinds if kind in USED_BY and not found for urn in called(self.tree(kind), text)]
        return exact or sorted(found) or shown

    def _parent(self, kind: str, parent: str | None) -> str | None:
        return parent and meant(parent, [kind], self._known, create=False)

    def _term(self, kind: str, name: str) -> str:
        return meant(name, [kind], self._known, create=False)

    def _statement(self, flow: Flow, carrier: str | None, name: str | None) -> Plan:
        urn = carrier or flows.carrier_for(flow, name)

        def plan(items: Sequence[str]) -> list[Planned]:
            reading = Reading(self._ledger, [urn, flow.source, flow.target])
            checked = [flow.source, flow.target, *([carrier] if carrier else [])]
            why = next((why for each in checked if (why := reading.why_not(each)) is not None), None)
            if why is not None:
                return [Planned(items[0], refusal=why)]
            stated = reading.step(urn, "lineage", lambda before: flows.with_flow(before, flow))
            return [Planned(items[0], (stated, self._evidence(reading, urn, flow, stated=True)))]

        return plan

    def _denial(self, flow: Flow, carrier: str | None) -> Plan:
        def plan(items: Sequence[str]) -> list[Planned]:
            views, freshness = self._questions.views, self._questions.freshness
            found = stating(self._ledger, views, freshness, flow.source, flow.target)
            carriers = sorted({urn for urn, aspect in found if aspect == "lineage" and carrier in (None, urn)})
            if not carriers:
                return [Planned(items[0], refusal=_unstated(flow, [pair for pair in found if pair[1] != "lineage"]))]
            reading = Reading(self._ledger, carriers)
            steps = [step for urn in carriers for step in self._denied(reading, urn, flow)]
            return [Planned(items[0], tuple(steps))]

        return plan

    def _denied(self, reading: Reading, carrier: str, flow: Flow) -> list[Step]:
        aspect = self._ledger.registry.get("lineage")
        keys = flows.denying(aspect, carrier, reading.about(carrier, "lineage"), flow)
        links = (reading.resolved(carrier, "evidence") or {}).get("links", ())
        is_whole = any(flows.is_link(each, Flow(*flow.pair)) for each in links)
        lineage = reading.step(
            carrier,
            "lineage",
            lambda before: flows.with_denials(flows.without_flow(before, flow, stated_whole=is_whole), keys),
        )
        return [lineage, self._evidence(reading, carrier, flow, stated=False)]

    def _evidence(self, reading: Reading, carrier: str, flow: Flow, *, stated: bool) -> Step:
        resolution = self._ledger.registry.get("evidence").resolution
        return reading.step(
            carrier, "evidence", lambda before: flows.with_evidence(before, flow, resolution, stated=stated)
        )


def _unstated(flow: Flow, others: Sequence[tuple[str, str]]) -> CallerError:
    if others:
        said = ", ".join(f"{aspect} of {Urn.parse(urn).dotted_name}" for urn, aspect in others)
        return BadInput(
            f"this flow follows from no lineage, but from the {said}",
            where=flow.target,
            hint="Correct that aspect: clew emit --urn … --aspect …",
        )
    return NotFound("nobody states this flow", where=flow.target, hint="See clew lineage")
