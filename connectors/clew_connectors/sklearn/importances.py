"""How much each column that an estimator sees counts, as far as its fitted attributes hold it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from clew_connectors.sklearn.fitted import Fitted, listed

IMPURITY = "impurity"
"""Mean decrease of impurity: shares, which add up, so that the encoded parts of one feature can be summed."""
COEFFICIENT = "coefficient"

FORESTS = {"RandomForestRegressor", "RandomForestClassifier", "ExtraTreesRegressor", "ExtraTreesClassifier"}
BOOSTED = {"GradientBoostingRegressor", "GradientBoostingClassifier"}
TREES = {"DecisionTreeRegressor", "DecisionTreeClassifier", "ExtraTreeRegressor", "ExtraTreeClassifier"}


def importances(estimator: Fitted, width: int | None) -> tuple[str, list[float]] | str:
    """Return the method and one number a column, or a sentence that says why there is none.

    The numbers of trees are computed from their nodes as scikit-learn does: `Tree.compute_feature_importances`,
    `BaseForest.feature_importances_`, `BaseGradientBoosting.feature_importances_` (version 1.9).
    """
    computed = listed(estimator.attributes.get("feature_importances_"))
    if computed is not None:
        return IMPURITY if estimator.known else "feature importance", [float(each) for each in computed]
    if estimator.attributes.get("coef_") is not None:
        return _coefficients(estimator)
    width = width if width is not None else estimator.get("n_features_in_")
    found = _of_trees(estimator, width) if estimator.known and isinstance(width, int) else None
    return (IMPURITY, found) if found is not None else f"{estimator.kind} keeps no importances that can be read"


def _coefficients(estimator: Fitted) -> tuple[str, list[float]] | str:
    values = estimator.get("coef_")
    if isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if isinstance(values, list) and all(isinstance(each, float | int) for each in values):
        return COEFFICIENT, [float(each) for each in values]
    return f"{estimator.kind} has coefficients for several outputs: not one number a column"


def _of_trees(estimator: Fitted, width: int) -> list[float] | None:
    if estimator.kind in TREES:
        trees, normalised = [estimator], True
    elif estimator.kind in FORESTS | BOOSTED:
        trees, normalised = list(_trees(estimator.get("estimators_"))), estimator.kind in FORESTS
    else:
        return None
    parts = [part for part in (_decrease(tree, width, normalised) for tree in trees) if part is not None]
    if not parts:
        return [0.0] * width
    mean = np.mean(parts, axis=0)
    total = float(np.sum(mean))
    return [float(each) for each in (mean / total if total > 0 and math.isfinite(total) else mean)]


def _trees(value: Any) -> Iterator[Fitted]:
    if isinstance(value, Fitted):
        yield value
    for each in listed(value) or ():
        yield from _trees(each)


def _decrease(tree: Fitted, width: int, normalised: bool) -> Any:
    """Return by how much each column lowers the impurity in one tree, None for one that is only a root."""
    inner = tree.attributes.get("tree_")
    nodes: Any = np.asarray(inner.attributes["nodes"]) if isinstance(inner, Fitted) else ()
    if len(nodes) < 2:
        return None
    weight = nodes["weighted_n_node_samples"] * nodes["impurity"]
    split = nodes["left_child"] != -1
    parents = nodes[split]
    lost = weight[split] - weight[parents["left_child"]] - weight[parents["right_child"]]
    decrease = np.bincount(parents["feature"], weights=lost, minlength=width) / nodes["weighted_n_node_samples"][0]
    total = decrease.sum()
    return decrease / total if normalised and total > 0 else decrease
