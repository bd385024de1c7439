"""`clew.yml`: what fails a check, what warns, what is waived until when; pure but for reading the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from clew.check.overlay import Asset
from clew.check.terms import Decision, OnGap
from clew.query.terms import Verdict
from clew_schemas.errors import BadInput, TooLarge, Unreachable

FILE: Final = "clew.yml"
MAX_BYTES: Final = 500_000


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Rule(_Strict):
    """For assets that fit all that is said, `then` holds; the first rule that fits counts. Names may hold `*`."""

    then: Decision
    verdict: tuple[Verdict, ...] = ()
    asset: Text | None = None
    kind: tuple[Text, ...] = ()
    tier: tuple[Text, ...] = ()
    owner: Text | None = None
    use: Text | None = None

    def fits(self, asset: Asset) -> bool:
        return (
            (not self.verdict or asset.verdict in self.verdict)
            and (not self.kind or asset.kind in self.kind)
            and (not self.tier or asset.tier in self.tier)
            and (self.use is None or asset.use == self.use)
            and (self.asset is None or _called(asset, self.asset))
            and (self.owner is None or any(fnmatchcase(owner, self.owner) for owner in asset.owners))
        )


class Waiver(_Strict):
    """Assets that may be affected for a reason, until the end of a day."""

    asset: Text
    reason: Text
    expires: date
    verdict: tuple[Verdict, ...] = ()

    def fits(self, asset: Asset) -> bool:
        return _called(asset, self.asset) and (not self.verdict or asset.verdict in self.verdict)


class SchemaFile(_Strict):
    """Files that describe a dataset: `*` in the file's name stands in the dataset's name for `{name}`."""

    files: Text
    dataset: Text


class DbtProject(_Strict):
    """Where a dbt project lies in the repository."""

    project: Text = "."
    models: tuple[Text, ...] = ("models",)


class Rules(_Strict):
    """The section `check` of clew.yml."""

    fail: tuple[Verdict, ...] = (Verdict.BREAKS,)
    warn: tuple[Verdict, ...] = (Verdict.MAY_BREAK, Verdict.CHANGES)
    on_gap: OnGap = OnGap.INCOMPLETE
    rules: tuple[Rule, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    namespace: Text | None = None
    models_namespace: Text | None = None
    dialect: Text | None = None
    database: Text | None = None
    default_schema: Annotated[Text | None, Field(alias="schema")] = None
    dbt: DbtProject | None = None
    sql: tuple[Text, ...] = ()
    migrations: tuple[Text, ...] = ()
    schemas: tuple[SchemaFile, ...] = ()


class _Document(_Strict):
    check: Rules = Rules()


@dataclass(frozen=True, slots=True)
class Judged:
    """An asset and what the rules say of it; `waiver` is the one that holds."""

    asset: Asset
    decision: Decision
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All assets, and the waivers that did not hold: those past their day, and those that nothing asked for."""

    assets: tuple[Judged, ...]
    expired: tuple[Waiver, ...]
    unused: tuple[Waiver, ...]

    def count(self, decision: Decision) -> int:
        return sum(each.decision == decision for each in self.assets)


def judge(rules: Rules, assets: Sequence[Asset], today: date) -> Judgement:
    """Return what the rules say of each asset. A waiver holds to the end of its day."""
    judged, used = [], set()
    for asset in assets:
        decision = _decision(rules, asset)
        waiver = next((each for each in rules.waivers if each.expires >= today and each.fits(asset)), None)
        if decision in (Decision.FAIL, Decision.WARN) and waiver is not None:
            judged.append(Judged(asset, Decision.WAIVED, waiver))
            used.add(id(waiver))
        else:
            judged.append(Judged(asset, decision))
    expired = tuple(each for each in rules.waivers if each.expires < today)
    unused = tuple(each for each in rules.waivers if each.expires >= today and id(each) not in used)
    return Judgement(tuple(judged), expired, unused)


def _decision(rules: Rules, asset: Asset) -> Decision:
    for rule in rules.rules:
        if rule.fits(asset):
            return rule.then
    if asset.verdict in rules.fail:
        return Decision.FAIL
    return Decision.WARN if asset.verdict in rules.warn else Decision.PASS


def _called(asset: Asset, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (asset.urn, asset.name, asset.name.rsplit(".", 1)[-1]))


def read_rules(path: Path | None, folder: Path) -> Rules:
    """Return the rules in a file, or in the folder's clew.yml; the built-in ones where there is none.

    Raises BadInput with the place of what is wrong, also for a key that is not known, and Unreachable.
    """
    file = path or folder / FILE
    if path is None and not file.exists():
        return Rules()
    try:
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise BadInput("there is no such file", where=str(file), hint="Name the rules: --config clew.yml") from error
    except OSError as error:
        raise Unreachable(f"the file can't be read: {error.strerror}", where=str(file)) from error
    return parse_rules(data, str(file))


def parse_rules(data: bytes, where: str) -> Rules:
    """Return the rules that a clew.yml holds; raises as `read_rules`."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{len(data)} bytes are more than {MAX_BYTES}", where=where)
    try:
        said = yaml.safe_load(data.decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=where) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"not YAML: {_on_one_line(error)}", where=where) from error
    if said is None:
        return Rules()
    if not isinstance(said, dict):
        raise BadInput("not a mapping", where=where, hint="Its section for this is: check:")
    # other tools of the house may have sections of their own here
    section = {"check": said["check"] or {}} if "check" in said else {}
    if not section and said:
        raise BadInput(
            f"there is no section check, but {', '.join(sorted(map(str, said)))}",
            where=where,
            hint="Put the rules under check:",
        )
    try:
        return _Document.model_validate(_as_lists(section)).check
    except ValidationError as error:
        raise _wrong(error, where) from error


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


_LISTS: Final = ("fail", "warn", "verdict", "kind", "tier", "sql", "migrations", "models")


def _as_lists(value: Any, key: str = "") -> Any:
    """A single word where a list may stand is a list of one; a tier may be written as a number."""
    if isinstance(value, dict):
        return {name: _one_as_list(_as_lists(each, str(name)), str(name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_lists(each, key if not isinstance(each, dict) else "") for each in value]
    if key == "tier" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _one_as_list(value: Any, key: str) -> Any:
    return [value] if key in _LISTS and isinstance(value, str) else value


def _wrong(error: ValidationError, where: str) -> BadInput:
    every = error.errors(include_url=False, include_input=False)
    # a word that is misspelt is also one that is missing: the former says more
    first = next((each for each in every if each["type"] == "extra_forbidden"), every[0])
    path = ".".join(str(each) for each in first["loc"])
    if first["type"] == "extra_forbidden":
        known = list(_keys_at(first["loc"]))
        near = get_close_matches(str(first["loc"][-1]), known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}"
        return BadInput(f"{first['loc'][-1]!r} is not known here", where=f"{where}: {path}", hint=hint)
    hints = {"enum": "One of the words that docs/check.md lists", "tuple_type": "Write a list: [breaks]"}
    return BadInput(str(first["msg"]), where=f"{where}: {path}", hint=hints.get(first["type"]))


def _keys_at(place: Sequence[str | int]) -> Iterator[str]:
    holders: dict[str, type[BaseModel]] = {
        "rules": Rule, "waivers": Waiver, "schemas": SchemaFile, "dbt": DbtProject, "check": Rules,
    }  # fmt: skip
    holder = next((holders[str(each)] for each in reversed(place[:-1]) if str(each) in holders), _Document)
    yield from sorted(field.alias or name for name, field in holder.model_fields.items())
