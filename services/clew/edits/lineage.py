"""Lineage by hand: one flow more in what stewards say of a carrier, or one less; and single edges denied.

In a `lineage` document every input flows into every output. So one carrier holds the flows of one pair of things,
unless people choose the carrier; and a flow that would say more than was meant is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from clew.edits.applied import with_element, without_elements
from clew.edits.stand import Stand, stand_of
from clew.errors import BadInput
from clew.ledger.port import STEWARD
from clew_schemas.edges import EdgeType, edge_key, project
from clew_schemas.registry import Aspect, Resolution
from clew_schemas.resolve import Claim
from clew_schemas.urn import Urn, dataset_of, kind_of, of_segments

FLOWLESS = frozenset({"person", "group", "tag", "domain", "glossary_term", "policy", "platform", "contract"})
"""Kinds that no data flows through."""

Says = dict[str, Any]


class Flow(NamedTuple):
    """One flow as a person states it: two URNs, each a column or a thing without; how, and why it is believed."""

    source: str
    target: str
    subtype: str = "TRANSFORMATION"
    note: str | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """The two things between which data flows: for columns their datasets."""
        return dataset_of(self.source) or self.source, dataset_of(self.target) or self.target

    @property
    def columns(self) -> tuple[str | None, str | None]:
        """The escaped paths of the columns, None for a thing that is meant whole."""
        return Urn.parse(self.source).path, Urn.parse(self.target).path

    @property
    def is_fine(self) -> bool:
        """Whether it says something at column grain: a column is named, or what is reached has no columns."""
        return any(self.columns) or kind_of(self.target) != "dataset"


def check(flow: Flow) -> None:
    """Raise BadInput for a flow that can't be."""
    for end in (flow.source, flow.target):
        if kind_of(end) in FLOWLESS:
            raise BadInput(f"no data flows through a {kind_of(end).replace('_', ' ')}", where=end)
    if flow.pair[0] == flow.pair[1]:
        raise BadInput("a thing does not flow into itself", where=flow.source)
    into, out = flow.columns
    if into is not None and out is None and kind_of(flow.target) == "dataset":
        raise BadInput(
            "a column flows into a column", where=flow.target, hint="Name the column, or say it of the whole datasets"
        )


def carrier_for(flow: Flow, name: str | None) -> str:
    """Return the URN of the job that carries what is stated by hand: of that name, else one for each pair of things."""
    given = name or hashlib.blake2b("\n".join(flow.pair).encode(), digest_size=8).hexdigest()
    return str(Urn.parse(of_segments("job", "clew", "by-hand", given)))


def with_flow(before: Stand, flow: Flow) -> Stand:
    """Return the stand with one flow more; raise BadInput when the document would say more than that."""
    said: Says = before.says or {"inputs": [], "outputs": []}
    inputs, outputs = _with(said["inputs"], flow.pair[0]), _with(said["outputs"], flow.pair[1])
    meant = {(a, b) for a in said["inputs"] for b in said["outputs"]} | {flow.pair}
    if len(meant) != len(inputs) * len(outputs):
        raise BadInput(
            "every input of a carrier flows into all of its outputs: this would state more than you said",
            where=flow.target,
            hint="State it under another name",
        )
    after: Says = {**said, "inputs": inputs, "outputs": outputs}
    if flow.is_fine:
        into, out = flow.columns
        row = [outputs.index(flow.pair[1]), out, inputs.index(flow.pair[0]), into, flow.subtype, 1.0]
        rows = [list(each) for each in said.get("columns") or () if list(each)[:4] != row[:4]]
        after["columns"] = [*rows, row]
    denies = before.denies
    if denies != "all":
        denies = frozenset(key for key in denies if not _is_key_between(key, flow))
    return Stand(after, denies)


def without_flow(before: Stand, flow: Flow, *, stated_whole: bool) -> Stand:
    """Return the stand without a flow that stewards stated.

    `stated_whole` says that the pair was stated at dataset grain too, and stays when its last column goes.
    Raises BadInput when the rest can't be said in one document.
    """
    said = before.says
    if said is None or flow.pair[0] not in said["inputs"] or flow.pair[1] not in said["outputs"]:
        return before
    if not any(flow.columns):
        return Stand(_without_pair(said, flow), before.denies)
    place = [said["outputs"].index(flow.pair[1]), flow.columns[1], said["inputs"].index(flow.pair[0]), flow.columns[0]]
    rows = [list(each) for each in said.get("columns") or ()]
    kept = [each for each in rows if each[:4] != place]
    if len(kept) == len(rows):
        return before
    if kept:
        return Stand({**said, "columns": kept}, before.denies)
    if stated_whole:
        return Stand({name: value for name, value in said.items() if name != "columns"}, before.denies)
    return Stand(_without_pair(said, flow), before.denies)


def _without_pair(said: Says, flow: Flow) -> Says | None:
    inputs, outputs = said["inputs"], said["outputs"]
    if len(inputs) > 1 and len(outputs) > 1:
        raise BadInput(
            "every input of a carrier flows into all of its outputs: the rest could not be said without this",
            where=flow.target,
            hint="Withdraw all of it with clew edit retract lineage, and state the rest again",
        )
    if len(inputs) == len(outputs) == 1:
        return None
    side, at, end = (
        ("inputs", 2, inputs.index(flow.pair[0])) if len(inputs) > 1 else ("outputs", 0, outputs.index(flow.pair[1]))
    )
    shrunk: Says = {**said, side: [each for place, each in enumerate(said[side]) if place != end]}
    if "columns" in said:
        shrunk["columns"] = [_moved(list(row), at, end) for row in said["columns"] if row[at] != end]
    return shrunk


def _moved(row: list[Any], at: int, end: int) -> list[Any]:
    return [value - 1 if place == at and value > end else value for place, value in enumerate(row)]


def denying(aspect: Aspect, carrier: str, claims: Sequence[Claim], flow: Flow) -> frozenset[str]:
    """Return the keys of the edges by which others state a flow at a carrier, none when they don't.

    Between whole things these are the edges at both grains, those between columns included.
    """
    others = [claim for claim in claims if claim.source != STEWARD]
    return frozenset(
        edge_key(edge)
        for edge in project(aspect, carrier, [*others, *_denials_of(claims)])
        if edge.type in (EdgeType.FLOW, EdgeType.DATASET_FLOW) and _is_between(edge.src, edge.dst, flow)
    )


def with_denials(before: Stand, keys: Iterable[str]) -> Stand:
    """Return the stand with more edges denied."""
    return before if before.denies == "all" else Stand(before.says, before.denies | frozenset(keys))


def _denials_of(claims: Sequence[Claim]) -> list[Claim]:
    before, _ = stand_of(claims)
    return [Claim(each.source, each.rank, None, before.denies) for each in claims if each.source == STEWARD]


def _is_between(src: str, dst: str, flow: Flow) -> bool:
    if any(flow.columns):
        return (src, dst) == (flow.source, flow.target)
    return ((dataset_of(src) or src), (dataset_of(dst) or dst)) == flow.pair


def _is_key_between(key: str, flow: Flow) -> bool:
    src, arrow, dst = key.partition("->urn:clew:")
    return bool(arrow) and _is_between(src, f"urn:clew:{dst}", flow)


def _with(urns: Sequence[str], urn: str) -> list[str]:
    return [*urns] if urn in urns else [*urns, urn]


def link(flow: Flow) -> dict[str, Any]:
    """Return the evidence of a flow: that a person states it."""
    said: dict[str, Any] = {"from": flow.source, "to": flow.target, "by": "stated", "confidence": 1.0}
    return {**said, "detail": flow.note} if flow.note else said


def is_link(element: dict[str, Any], flow: Flow) -> bool:
    """Say whether a piece of evidence is the one of this flow by hand."""
    return (element["from"], element["to"], element["by"]) == (flow.source, flow.target, "stated")


def with_evidence(before: Stand, flow: Flow, resolution: Resolution, *, stated: bool) -> Stand:
    """Return the steward's evidence with a flow's link, or without the links of what was stated of it by hand."""
    if stated:
        return with_element(before, link(flow), resolution)
    return without_elements(before, (), lambda element: is_link(element, flow), resolution)
