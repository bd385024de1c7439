"""The features that a file lists or treats, with what is done to each and the columns that each is made of. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clew_connectors.metadata_json.document import Document, known
from clew_connectors.metadata_json.records import (
    Dataset,
    DatasetUse,
    Encoding,
    Feature,
    Imputation,
    Number,
    Scaling,
    Source,
)
from clew_schemas.errors import BadInput

BY_COLUMN_NAME = 0.8
"""Confidence that a feature is the column of its name, where the dataset's columns are not listed."""

Said = Mapping[str, Any]


@dataclass
class Training:
    """The datasets of a file; features are made of columns of those that the model learnt from."""

    uses: list[DatasetUse] = field(default_factory=list)
    all: list[Dataset] = field(default_factory=list)

    def add(self, use: DatasetUse, dataset: Dataset) -> None:
        """Take the next dataset in."""
        self.uses.append(use)
        self.all.append(dataset)

    @property
    def datasets(self) -> list[Dataset]:
        """Those that the model learnt from."""
        return [dataset for use, dataset in zip(self.uses, self.all, strict=True) if use.trains]


def features_of(said: Said, training: Training, named: Callable[..., str], document: Document) -> tuple[Feature, ...]:
    """Return the listed features in order, then those of which only a treatment is told; the target is none."""
    listed = [each if isinstance(each, dict) else {"name": each} for each in said.get("features") or ()]
    treated = {what: dict(_by_column(said.get(what), what, document)) for what in ("imputation", "scaling", "encoding")}
    names = [each["name"] for each in listed]
    columns = {column for each in listed for column in _names(each.get("column"))}
    for columns_treated in treated.values():
        for column in columns_treated:
            if column not in names and column not in columns and column != said.get("target"):
                listed.append({"name": column, "only_treated": True})
                names.append(column)
    return tuple(_feature(each, treated, training, named) for each in listed)


def sources_of(
    name: str, columns: Any, dataset: str | None, training: Training
) -> tuple[tuple[Source, ...], str | None]:
    """Return the columns that a feature or target is made of, and what is not known about that."""
    sets = training.datasets
    if not sets:
        return (), None
    wanted = _names(columns) or (name,)
    found: list[Source] = []
    unclear: str | None = None
    for column in wanted:
        holders = [
            at
            for at, each in enumerate(sets)
            if (each.name == dataset if dataset else each.columns is None or column in {c.name for c in each.columns})
        ]
        listing = [at for at in holders if sets[at].columns is not None]
        one = listing if len(listing) == 1 else holders
        if len(one) != 1:
            unclear = f"which dataset holds the column {column!r}" if one else f"which column {name!r} is made of"
            if not one and len(sets) == 1:
                found.append(Source(0, None, 1.0))
            continue
        sure = bool(_names(columns)) or sets[one[0]].columns is not None
        found.append(Source(one[0], column, 1.0 if sure else BY_COLUMN_NAME))
    return tuple(dict.fromkeys(found)), unclear


def pairs_of_numbers(said: Said, prefix: str = "") -> Iterator[tuple[str, Number]]:
    """Yield numbers by name, those of an object within under `<its name>.<theirs>`."""
    for name, value in said.items():
        if isinstance(value, dict):
            yield from pairs_of_numbers(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", number(value)


def number(value: float | str) -> Number:
    """Return a number, or one of the three strings for what is none."""
    if not isinstance(value, str):
        return value
    folded = value.casefold()
    if folded == "nan":
        return "NaN"
    return "-Infinity" if folded.startswith("-") else "Infinity"


def _feature(about: Said, treated: Mapping[str, Said], training: Training, named: Callable[..., str]) -> Feature:
    name = about["name"]
    keys = [name, *_names(about.get("column"))]
    how = {what: next((by[key] for key in keys if key in by), None) for what, by in treated.items()}
    sources, unclear = sources_of(name, about.get("column"), about.get("dataset"), training)
    notes = {key: each for key, each in about.items() if key not in known("feature") and key != "only_treated"}
    for what, said in how.items():
        rest = {key: each for key, each in (said or {}).items() if key not in _SPENT[what]}
        if what == "scaling":
            rest = {key: each for key, each in rest.items() if not _is_number(each)}
        if rest:
            notes[what] = rest
    if unclear:
        notes["unknown"] = unclear
    return Feature(
        urn=named("feature", name),
        name=name,
        listed=not about.get("only_treated"),
        sources=sources,
        type=about.get("type") or None,
        definition=about.get("definition") or None,
        transformation=about.get("transformation") or None,
        version=None if about.get("version") is None else str(about["version"]),
        importance=None if about.get("importance") is None else number(about["importance"]),
        imputation=_imputation(how["imputation"]),
        scaling=_scaling(how["scaling"]),
        encoding=_encoding(how["encoding"]),
        notes=json.dumps(notes, sort_keys=True, ensure_ascii=False) if notes else None,
    )


_SPENT = {
    "imputation": ("strategy", "value", "missing", "column"),
    "scaling": ("method", "parameters", "column"),
    "encoding": ("method", "categories", "size", "outputs", "column"),
}


def _imputation(said: Said | None) -> Imputation | None:
    return Imputation(said["strategy"], said.get("value"), said.get("missing")) if said else None


def _scaling(said: Said | None) -> Scaling | None:
    if not said:
        return None
    plain = {key: each for key, each in said.items() if key not in _SPENT["scaling"] and _is_number(each)}
    return Scaling(said["method"], tuple(pairs_of_numbers({**plain, **(said.get("parameters") or {})})))


def _encoding(said: Said | None) -> Encoding | None:
    if not said:
        return None
    categories = said.get("categories")
    size = len(categories) if said.get("size") is None and categories is not None else said.get("size")
    listed = None if categories is None else tuple(categories)
    return Encoding(said["method"], listed, size, _names(said.get("outputs")))


def _by_column(said: Any, what: str, document: Document) -> Iterator[tuple[str, Said]]:
    """Yield how each column is treated; raise BadInput for a column that is treated twice."""
    method = "strategy" if what == "imputation" else "method"
    seen: set[str] = set()
    pairs = said.items() if isinstance(said, dict) else ((each["column"], each) for each in said or ())
    for at, (columns, how) in enumerate(pairs):
        about = how if isinstance(how, dict) else {method: how}
        for column in _names(columns):
            if column in seen:
                raise BadInput(
                    "a column that is named twice",
                    where=document.where(what, at),
                    hint="Say it once; steps after each other are stages",
                )
            seen.add(column)
            yield column, about


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(said: Any) -> tuple[str, ...]:
    return () if said is None else tuple(said) if isinstance(said, list) else (said,)
