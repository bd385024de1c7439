"""What each known transformer does to the columns it is given, and what it has learned of each. Pure.

Names and order of columns follow `get_feature_names_out` of scikit-learn 1.9.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from clew_connectors.sklearn.fitted import Fitted, listed, plain, scalar
from clew_connectors.sklearn.pipeline import Encoded, Imputed, Scaled, Value

KEPT_CATEGORIES = 1_000
"""Categories of one feature that are kept; `size` counts all."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column between two steps. `name` is None where the step before gives none.

    `sources` are the features that it comes from; `whole` says that it still is one feature, one value for one value.
    """

    name: str | None
    sources: tuple[str, ...]
    whole: bool


Columns = tuple[Column, ...] | None
"""Columns in order; None when it is not known which, or how many."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a transformer has learned of one column."""

    imputed: Imputed | None = None
    scaled: Scaled | None = None
    encoded: Encoded | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What comes out of a transformer, and what it has learned of each column that went in."""

    columns: Columns
    learned: tuple[Learned, ...] = ()


def passed(step: Fitted, columns: Columns) -> Passed | None:
    """Return what a transformer does; None when its class, or what it was given, is not known."""
    if columns is None or not step.known or step.kind not in _KNOWN:
        return None
    return _KNOWN[step.kind](step, columns)


def picked(chosen: Any, columns: Columns) -> Columns:
    """Return the columns that a part of a ColumnTransformer takes, by name, place, mask or slice."""
    chosen = plain(chosen)
    if chosen in ([], ()):
        return ()
    if columns is None:
        return None
    if isinstance(chosen, slice):
        ends = [chosen.start, chosen.stop, chosen.step]
        return columns[chosen] if all(each is None or isinstance(each, int) for each in ends) else None
    wanted = [chosen] if isinstance(chosen, str | int) else listed(chosen)
    if wanted is None:
        return None
    if len(wanted) == len(columns) and all(isinstance(each, bool) for each in wanted):
        return tuple(column for column, taken in zip(columns, wanted, strict=True) if taken)
    by_name = {column.name: column for column in columns}
    found = [_at(each, columns) if isinstance(each, int) else by_name.get(each) for each in wanted]
    known = tuple(each for each in found if each is not None)
    return known if len(known) == len(found) else None


def _at(place: int, columns: tuple[Column, ...]) -> Column | None:
    return columns[place] if -len(columns) <= place < len(columns) else None


def _same(step: Fitted, columns: tuple[Column, ...]) -> Passed:
    return Passed(columns)


def _imputed(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    values = listed(step.attributes.get("statistics_"))
    if values is None or len(values) != len(columns):
        return None
    strategy, missing = str(step.attributes.get("strategy")), scalar(step.get("missing_values"))
    learned = tuple(Learned(imputed=Imputed(strategy, scalar(value), missing)) for value in values)
    stays = step.attributes.get("keep_empty_features") is True or strategy == "constant"
    kept = [column for column, value in zip(columns, values, strict=True) if stays or not _is_nan(value)]
    return Passed((*kept, *_indicators(step, columns)), learned)


def _indicators(step: Fitted, columns: tuple[Column, ...]) -> list[Column]:
    """Return the columns that say where a value was missing."""
    indicator = step.attributes.get("indicator_")
    places = listed(indicator.attributes.get("features_")) if isinstance(indicator, Fitted) else None
    chosen = [columns[each] for each in places or () if isinstance(each, int) and each < len(columns)]
    return [Column(each.name and f"missingindicator_{each.name}", each.sources, False) for each in chosen]


def _imputed_by_others(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    """KNNImputer and IterativeImputer: no one value stands in. An all-empty column would be dropped unseen."""
    strategy = {"KNNImputer": "nearest neighbours", "IterativeImputer": "iterative"}[step.kind]
    learned = tuple(
        Learned(imputed=Imputed(strategy, None, scalar(step.get("missing_values")))) for _ in range(len(columns))
    )
    valid = listed(step.attributes.get("_valid_mask"))
    if step.kind == "KNNImputer" and valid is not None and not all(valid):
        return None
    return Passed((*columns, *_indicators(step, columns)), learned)


def _missing_only(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    return Passed(tuple(_indicators(Fitted("", "", {"indicator_": step}), columns)))


_SCALES = {
    "StandardScaler": ("mean_", "scale_", "var_"),
    "MinMaxScaler": ("data_min_", "data_max_", "min_", "scale_"),
    "MaxAbsScaler": ("max_abs_", "scale_"),
    "RobustScaler": ("center_", "scale_"),
    "PowerTransformer": ("lambdas_",),
    "QuantileTransformer": (),
}


def _scaled(step: Fitted, columns: tuple[Column, ...]) -> Passed:
    numbers = {name: listed(step.attributes.get(name)) for name in _SCALES[step.kind]}
    found = {name.strip("_"): values for name, values in numbers.items() if values and len(values) == len(columns)}
    learned = tuple(
        Learned(scaled=Scaled(step.kind, tuple((name, float(values[place])) for name, values in sorted(found.items()))))
        for place in range(len(columns))
    )
    return Passed(columns, learned)


def _one_hot(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    categories = _categories(step, len(columns))
    if categories is None:
        return None
    learned = tuple(_encoded(step.kind, each) for each in categories)
    dropped, rare = listed(step.attributes.get("drop_idx_")), listed(step.attributes.get("_infrequent_indices"))
    has_rare = step.attributes.get("_infrequent_enabled") is True and any(each is not None for each in rare or ())
    if has_rare and dropped is not None:
        return Passed(None, learned)
    named = step.attributes.get("feature_name_combiner", "concat") == "concat"
    out: list[Column] = []
    for place, column in enumerate(columns):
        values = list(categories[place])
        if has_rare and rare is not None and rare[place] is not None:
            gone = set(listed(rare[place]) or ())
            values = [*(each for at, each in enumerate(values) if at not in gone), "infrequent_sklearn"]
        elif dropped is not None and dropped[place] is not None:
            values.pop(int(dropped[place]))
        out += [_part(column, f"_{each}" if named else None) for each in values]
    return Passed(tuple(out), learned)


def _ordinal(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    categories = _categories(step, len(columns))
    if categories is None:
        return None
    return Passed(columns, tuple(_encoded(step.kind, each) for each in categories))


def _target(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    several = (listed(step.attributes.get("classes_")) or [])[2:]
    found = _ordinal(step, columns)
    return Passed(None, found.learned) if several and found is not None else found


def _binned(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    sizes = listed(step.attributes.get("n_bins_"))
    if sizes is None or len(sizes) != len(columns):
        return None
    learned = tuple(Learned(encoded=Encoded(step.kind, None, int(size))) for size in sizes)
    if step.attributes.get("encode") == "ordinal":
        return Passed(columns, learned)
    bins = [_part(column, f"_{at}.0") for column, size in zip(columns, sizes, strict=True) for at in range(int(size))]
    return Passed(tuple(bins), learned)


def _selected(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    """Return the chosen columns of a selector that keeps its choice; others compute it anew each time."""
    if step.kind == "VarianceThreshold":
        variances, least = listed(step.attributes.get("variances_")), step.get("threshold")
        mask = None if variances is None or least is None else [each > least for each in variances]
    else:
        mask = listed(step.attributes.get("support_"))
    if mask is None or len(mask) != len(columns):
        return None
    return Passed(tuple(column for column, taken in zip(columns, mask, strict=True) if taken))


def _mixed(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    """Return the columns of a transformer each of whose outputs is made of all inputs: `pca0`, `pca1`, …"""
    width = step.get("_n_features_out") or step.get("n_components_")
    components = listed(step.attributes.get("components_"))
    width = width if isinstance(width, int) else len(components) if components else None
    if width is None:
        return None
    sources = tuple(dict.fromkeys(source for column in columns for source in column.sources))
    return Passed(tuple(Column(f"{step.kind.lower()}{at}", sources, False) for at in range(width)))


def _by_function(step: Fitted, columns: tuple[Column, ...]) -> Passed | None:
    """A function is not read: only one that says so keeps its columns, none at all changes nothing."""
    if step.attributes.get("func") is None:
        return Passed(columns)
    if step.attributes.get("feature_names_out") != "one-to-one":
        return None
    return Passed(tuple(Column(each.name, each.sources, each.whole) for each in columns))


def _categories(step: Fitted, width: int) -> list[list[Any]] | None:
    found = [listed(each) for each in listed(step.attributes.get("categories_")) or ()]
    return [each or [] for each in found] if len(found) == width else None


def _encoded(method: str, categories: Sequence[Any]) -> Learned:
    kept: tuple[Value | None, ...] = tuple(scalar(each) for each in categories[:KEPT_CATEGORIES])
    return Learned(encoded=Encoded(method, kept, len(categories)))


def _part(column: Column, suffix: str | None) -> Column:
    name = None if suffix is None or column.name is None else column.name + suffix
    return Column(name, column.sources, False)


def _is_nan(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


_KNOWN: dict[str, Callable[[Fitted, tuple[Column, ...]], Passed | None]] = {
    "SimpleImputer": _imputed,
    "KNNImputer": _imputed_by_others,
    "IterativeImputer": _imputed_by_others,
    "MissingIndicator": _missing_only,
    **dict.fromkeys(_SCALES, _scaled),
    "Normalizer": _same,
    "Binarizer": _same,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "TargetEncoder": _target,
    "KBinsDiscretizer": _binned,
    "VarianceThreshold": _selected,
    "RFE": _selected,
    "RFECV": _selected,
    "PCA": _mixed,
    "TruncatedSVD": _mixed,
    "FastICA": _mixed,
    "NMF": _mixed,
    "FunctionTransformer": _by_function,
}

FINAL = frozenset(
    {*_KNOWN, "ColumnTransformer", "FeatureUnion", "PolynomialFeatures", "SelectKBest", "SelectFromModel"}
)
"""Classes that transform: at the end of a pipeline they are no estimator."""
