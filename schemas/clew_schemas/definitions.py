"""Definitions: kinds and aspects registered while the house runs, checked before they may be said, and put in force.

A definition is a fact about a thing of its own: `kind_definition` about `urn:clew:kind:(clew,<name>)`,
`aspect_definition` about `urn:clew:aspect:(clew,<name>)`. Pure functions: who may define, and what is in use, is known
by the ledger alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from clew_schemas.aspects.base import ANNOTATION
from clew_schemas.contracts import narrowed
from clew_schemas.documents import check_document, described, from_checked, property_of
from clew_schemas.edges import TYPE_BY_NAME, EdgeType
from clew_schemas.errors import BadInput
from clew_schemas.event import Event, raw
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.registry import Aspect, Kind, Vocabulary
from clew_schemas.searchable import FACETS, MEASURE, TEXTS
from clew_schemas.urn import Urn, make

KIND_DEFINITION, ASPECT_DEFINITION = "kind_definition", "aspect_definition"
DEFINING = {KIND_DEFINITION: "kind", ASPECT_DEFINITION: "aspect"}
"""The aspects that define, with the kind of thing that they stand on."""
NAMESPACE = "clew"

MAX_NAME = 64
"""Longest name of a kind or aspect, in characters."""

MAX_VERSION = 10_000
"""Highest version of a registered aspect."""

_OF_THE_HOUSE = {EdgeType.MEMBER, EdgeType.NAMED, EdgeType.DESCRIBED, EdgeType.GAP}
EDGE_TYPES = sorted(name for name, each in TYPE_BY_NAME.items() if each not in _OF_THE_HOUSE)
"""The types of edges that a registered aspect may state; the others are the house's own."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PATH = re.compile(r"[A-Za-z_$][\w$-]*(\[\])?(\.[A-Za-z_$][\w$-]*(\[\])?)*")
_REQUIRED = ("name", "version", "mode", "kinds")
_MEMBERS = {*_REQUIRED, "resolution", "edges", "search"}
_MODES = ("state", "series")
_RULES = ("precedence", "newest", "union", "edges")


class Definition(NamedTuple):
    """A definition as the ledger keeps it: of which kind (`kind` or `aspect`), its name, and what it says last."""

    of: str
    name: str
    says: Mapping[str, Any]
    retired: bool


def urn_of(of: str, name: str) -> str:
    """Return the URN of a kind (`of="kind"`) or aspect as a thing."""
    return make(of, NAMESPACE, name)


def kind_event(name: str, says: Mapping[str, Any]) -> Event:
    """Return the event that registers a kind; `says` is the payload of `kind_definition`."""
    return Event(urn_of("kind", _spelled(name, "name")), KIND_DEFINITION, payload=raw(dict(says)))


def aspect_event(document: Any) -> Event:
    """Return the event that registers the aspect which a schema document describes; BadInput when it names none."""
    said = document.get(ANNOTATION) if isinstance(document, dict) else None
    if not isinstance(said, dict):
        raise BadInput(f"not a schema document of an aspect: it has no {ANNOTATION!r}", where="$", hint=_EXAMPLE)
    name = _spelled(said.get("name"), f"{ANNOTATION}.name")
    return Event(urn_of("aspect", name), ASPECT_DEFINITION, payload=raw({"document": document}))


def withdrawal(of: str, name: str) -> Event:
    """Return the event that withdraws a kind (`of="kind"`) or an aspect."""
    aspect = next(aspect for aspect, kind in DEFINING.items() if kind == of)
    return Event(urn_of(of, _spelled(name, "name")), aspect, "retract")


def with_definitions(words: Vocabulary, definitions: Iterable[Definition], seq: int) -> Vocabulary:
    """Return `words` with definitions that were checked when they were said; what ships with Clew goes before."""
    aspects, kinds = dict(words.aspects), dict(words.kinds)
    for each in definitions:
        if each.of == "kind" and each.name not in words.kinds:
            kinds[each.name] = Kind(each.name, **each.says, custom=True, retired=each.retired)
        elif each.of == "aspect" and each.name not in words.aspects:
            aspects[each.name] = _aspect(each.says["document"], retired=each.retired)
    return Vocabulary(aspects, kinds, seq)


def with_event(words: Vocabulary, urn: str, aspect: str, says: Mapping[str, Any] | None, where: str) -> Vocabulary:
    """Return `words` as they are after one more definition; None as what it says withdraws it.

    Raises BadInput with the place in the event, which stands at `where`. Whether what is withdrawn or changed is in
    use is not looked at.
    """
    of, name = DEFINING[aspect], _defined(urn, where)
    _check_name(of, name, words, where)
    if says is None:
        if name not in (words.kinds if of == "kind" else words.aspects):
            raise BadInput(f"there is no {of} {name!r} to withdraw", where=f"{where}.urn", hint="See clew model list")
        _check_unneeded(of, name, words, where)
        return _without(words, of, name)
    if of == "kind":
        return Vocabulary(words.aspects, {**words.kinds, name: Kind(name, **says, custom=True)}, words.seq)
    made = checked_aspect(name, says["document"], words, f"{where}.payload.document")
    return Vocabulary({**words.aspects, name: made}, words.kinds, words.seq)


def checked_aspect(name: str, document: Mapping[str, Any], words: Vocabulary, where: str) -> Aspect:
    """Return the aspect that a document describes; raise BadInput, with the JSON path, unless it may be registered."""
    check_document(document, where)
    said = document.get(ANNOTATION)
    place = f"{where}.{ANNOTATION}"
    if not isinstance(said, dict):
        raise BadInput(f"the document has no annotation {ANNOTATION!r}", where=where, hint=_EXAMPLE)
    _check_members(said, _MEMBERS, _REQUIRED, place)
    if said["name"] != name:
        raise BadInput(f"the document is that of {said['name']!r}, not of {name!r}", where=f"{place}.name")
    version = said["version"]
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= MAX_VERSION:
        raise BadInput(f"a version is a whole number from 1 to {MAX_VERSION}", where=f"{place}.version")
    if said["mode"] not in _MODES:
        raise BadInput(f"there is no mode {said['mode']!r}", where=f"{place}.mode", hint=f"One of {', '.join(_MODES)}")
    if document.get("type") != "object":
        raise BadInput('a payload is an object: the document says "type": "object"', where=f"{where}.type")
    _check_kinds(said["kinds"], words, f"{place}.kinds")
    _check_resolution(document, said.get("resolution", {}), place)
    _check_edges(document, said, place)
    _check_search(document, said, place)
    if (before := words.aspects.get(name)) is not None:
        _check_successor(before, document, where)
    return _aspect(document)


def reprojects(before: Aspect, after: Aspect) -> bool:
    """Say whether edges, search or resolution of what was said already would come out otherwise."""
    return (before.edges, before.search, before.resolution) != (after.edges, after.search, after.resolution)


def listing(words: Vocabulary) -> dict[str, list[dict[str, Any]]]:
    """Return the kinds and aspects in force, by name, as JSON: aspects with their documents."""
    kinds = [words.kinds[name] for name in words.live_kinds()]
    aspects = [words.aspects[name] for name in sorted(words.aspects) if not words.aspects[name].retired]
    return {
        "kinds": [
            {
                "name": each.name,
                "label": each.label,
                "plural": each.plural,
                "description": each.description,
                "leaf": each.leaf,
                "custom": each.custom,
            }
            for each in kinds
        ],
        "aspects": [
            {
                "name": each.name,
                "version": each.version,
                "mode": each.mode,
                "kinds": "*" if each.kinds is None else sorted(each.kinds),
                "custom": each.custom,
                "document": dict(each.document),
            }
            for each in aspects
        ],
    }


_EXAMPLE = f'Its annotation is like "{ANNOTATION}": {{"name": …, "version": 1, "mode": "state", "kinds": […]}}'


def _aspect(document: Mapping[str, Any], *, retired: bool = False) -> Aspect:
    made = from_checked(document)
    # A later version allows all that an earlier one did, so that its payloads read as they are.
    earlier = dict.fromkeys(range(1, made.version), _as_it_is)
    return replace(made, upcasts=earlier, custom=True, retired=retired)


def _as_it_is(payload: dict[str, Any]) -> dict[str, Any]:
    return payload


def _spelled(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise BadInput(
            f"{str(name)[:80]!r} is no name for a kind or aspect",
            where=where,
            hint=f"Small letters, digits and _, a letter first, at most {MAX_NAME} characters",
        )
    return name


def _defined(text: str, where: str) -> str:
    urn = Urn.parse(text)
    if urn.namespace != NAMESPACE:
        raise BadInput(
            f"definitions stand in the namespace {NAMESPACE!r}", where=f"{where}.urn", hint=urn_of(urn.kind, urn.name)
        )
    return _spelled(urn.name, f"{where}.urn")


def _check_name(of: str, name: str, words: Vocabulary, where: str) -> None:
    known: Mapping[str, Kind | Aspect] = words.kinds if of == "kind" else words.aspects
    mine = known.get(name)
    if (mine is not None and not mine.custom) or (of == "kind" and name in DERIVED_KINDS):
        raise BadInput(f"the {of} {name!r} ships with Clew", where=f"{where}.urn", hint="Choose another name")
    others = known if of == "aspect" else [*known, *DERIVED_KINDS]
    twin = next((each for each in others if each != name and _folded(each, of) == _folded(name, of)), None)
    if twin is not None:
        raise BadInput(
            f"the {of} {name!r} reads like the {of} {twin!r}",
            where=f"{where}.urn",
            hint="In GraphQL both would have one name; choose another",
        )


def _folded(name: str, of: str) -> str:
    """Return what two names must not share: GraphQL drops underscores, and puts `Entity` or `Aspect` behind some."""
    return name.replace("_", "").removesuffix("entity" if of == "kind" else "aspect") or name


def _check_unneeded(of: str, name: str, words: Vocabulary, where: str) -> None:
    """A kind stays as long as an aspect names it."""
    if of != "kind":
        return
    needing = sorted(
        each.name for each in words.aspects.values() if not each.retired and each.kinds and name in each.kinds
    )
    if needing:
        raise BadInput(
            f"the kind {name!r} is in use: the aspects {', '.join(needing)} stand on it",
            where=f"{where}.op",
            hint="Withdraw these first",
        )


def _without(words: Vocabulary, of: str, name: str) -> Vocabulary:
    if of == "kind":
        kinds = {**words.kinds, name: replace(words.kinds[name], retired=True)}
        return Vocabulary(words.aspects, kinds, words.seq)
    return Vocabulary({**words.aspects, name: replace(words.aspects[name], retired=True)}, words.kinds, words.seq)


def _check_members(said: Mapping[str, Any], known: set[str], required: Iterable[str], where: str) -> None:
    for name in required:
        if name not in said:
            raise BadInput(f"the member {name!r} is missing", where=where, hint=f"It has {', '.join(sorted(known))}")
    for name in said:
        if name not in known:
            raise BadInput(
                f"there is no member {name!r}", where=f"{where}.{name}", hint=f"There are {', '.join(sorted(known))}"
            )


def _check_kinds(said: Any, words: Vocabulary, where: str) -> None:
    if said == "*":
        return
    if not isinstance(said, list) or not said or len(set(map(str, said))) != len(said):
        raise BadInput('kinds are "*" or a list of different kinds', where=where)
    for at, name in enumerate(said):
        kind = words.kinds.get(name) if isinstance(name, str) else None
        if kind is None or kind.retired:
            raise BadInput(
                f"there is no kind {str(name)[:80]!r}",
                where=f"{where}[{at}]",
                hint="Register it first: clew model add-kind; the known ones: clew model list",
            )


def _check_resolution(document: Mapping[str, Any], said: Any, place: str) -> None:
    where = f"{place}.resolution"
    if not isinstance(said, dict):
        raise BadInput("a resolution is an object", where=where)
    _check_members(said, {"rule", "list", "key"}, (), where)
    rule = said.get("rule", "precedence")
    if rule not in _RULES:
        raise BadInput(f"there is no rule {rule!r}", where=f"{where}.rule", hint=f"One of {', '.join(_RULES)}")
    if rule != "union":
        for name in ("list", "key"):
            if name in said:
                raise BadInput(f"only the rule union has a {name}", where=f"{where}.{name}")
        return
    listed, key = said.get("list"), said.get("key")
    if not isinstance(listed, str) or property_of(document, listed).get("type") != "array":
        raise BadInput("union joins one list: a property that is an array", where=f"{where}.list")
    if not isinstance(key, list) or not key or not all(isinstance(each, str) for each in key):
        raise BadInput("union knows the elements of its list by a key: names of members", where=f"{where}.key")


def _check_edges(document: Mapping[str, Any], said: Mapping[str, Any], place: str) -> None:
    for where, rule in _rules(said, "edges", place):
        _check_members(rule, {"type", "from", "to", "at", "column"}, ("type",), where)
        if rule["type"] not in EDGE_TYPES:
            raise BadInput(
                f"there is no edge type {rule['type']!r}",
                where=f"{where}.type",
                hint=f"One of {', '.join(EDGE_TYPES)}",
            )
        if ("from" in rule) == ("to" in rule):
            raise BadInput("an edge has one of from and to; its other end is the thing itself", where=where)
        if rule.get("at", "any") != "any":
            raise BadInput('at is "any" or absent', where=f"{where}.at")
        for name in ("from", "to", "column"):
            if name in rule:
                _check_path(document, rule[name], f"{where}.{name}")


def _check_search(document: Mapping[str, Any], said: Mapping[str, Any], place: str) -> None:
    for where, rule in _rules(said, "search", place):
        _check_members(rule, {"path", "field"}, ("path", "field"), where)
        _check_path(document, rule["path"], f"{where}.path")
        head, _, rest = str(rule["field"]).partition(".")
        if not (rule["field"] in TEXTS or head == MEASURE or (head == "facet" and rest in FACETS)):
            raise BadInput(
                f"there is no search field {rule['field']!r}",
                where=f"{where}.field",
                hint=f"One of {', '.join(TEXTS)}, measure, measure.<name>, or facet. and one of {', '.join(FACETS)}",
            )


def _rules(said: Mapping[str, Any], name: str, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    rules = said.get(name, [])
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        raise BadInput(f"{name} is a list of objects", where=f"{place}.{name}")
    if rules and said["mode"] == "series":
        raise BadInput(f"a series has no {name}", where=f"{place}.{name}", hint="Say it with a state aspect beside it")
    for at, rule in enumerate(rules):
        yield f"{place}.{name}[{at}]", rule


def _check_path(document: Mapping[str, Any], path: Any, where: str) -> None:
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise BadInput(f"not a path: {str(path)[:80]!r}", where=where, hint="Such as feeds[] or items[].urn")
    if not described(document, path):
        raise BadInput(f"the schema has no property {path!r}", where=where, hint="Is it spelled as in properties?")


def _check_successor(before: Aspect, document: Mapping[str, Any], where: str) -> None:
    """Refuse what does not follow on the version before: goes back, changes its nature, or allows less."""
    said, place = document[ANNOTATION], f"{where}.{ANNOTATION}"
    if said["version"] < before.version:
        raise BadInput(
            f"{before.name} is at version {before.version}, and does not go back to {said['version']}",
            where=f"{place}.version",
            hint=f"Raise it to {before.version + 1}",
        )
    if said["version"] == before.version and document != before.document:
        raise BadInput(
            f"{before.name} v{before.version} is registered, and says something else",
            where=f"{place}.version",
            hint=f"Raise the version to {before.version + 1}",
        )
    if said["mode"] != before.mode:
        raise BadInput(f"{before.name} is a {before.mode}, and stays so", where=f"{place}.mode")
    if said["kinds"] != "*" and (before.kinds is None or not before.kinds <= set(said["kinds"])):
        gone = "other kinds" if before.kinds is None else ", ".join(sorted(before.kinds - set(said["kinds"])))
        raise BadInput(
            f"{before.name} would not stand on {gone} any more", where=f"{place}.kinds", hint="Add kinds, drop none"
        )
    problem = next(narrowed(dict(before.document), dict(document), where), None)
    if problem is not None:
        raise BadInput(
            f"{before.name} v{said['version']} refuses what v{before.version} allowed: {problem.removeprefix(where)}",
            where=where,
            hint="A new version allows all that the old one did; for something else choose another name",
        )
