"""From a fitted object to what it says: a walk through its steps that keeps every column tied to its feature. Pure.

A step that is not known ends the thread: what comes after it is listed, and its numbers are tied to no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from clew_connectors.sklearn.columns import FINAL, Column, Columns, Learned, passed, picked
from clew_connectors.sklearn.fitted import Fitted, listed
from clew_connectors.sklearn.importances import IMPURITY, importances
from clew_connectors.sklearn.pipeline import Feature, Importance, PipelineDescription, Step

SEARCHES = {"GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"}
REGRESSORS = {"SVR", "NuSVR", "LinearSVR", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV"}


def described(root: Fitted, names: Sequence[str] | None = None) -> PipelineDescription:
    """Return the description of a fitted object; `names` are its columns where it knows none itself."""
    walk = _Walk()
    root = walk.unwrapped(root)
    given = _names_in(root) or tuple(names or ())
    columns = tuple(Column(name, (name,), True) for name in given) if given else None
    if columns is None:
        walk.notes.append("it was fitted without column names: no number can be tied to a feature")
    walk.features = {name: Feature(name) for name in given}
    before, estimator = _parted(root)
    for path, step in before:
        columns = walk.through(step, columns, path)
    return walk.description(root, estimator, columns)


def _parted(root: Fitted) -> tuple[list[tuple[tuple[str, ...], object]], tuple[tuple[str, ...], Fitted] | None]:
    """Return the steps that come before the estimator, and the estimator; None for what only transforms."""
    if root.kind != "Pipeline":
        return ([((), root)], None) if root.kind in FINAL else ([], ((), root))
    steps = [((str(name),), step) for name, step in _pairs(root.attributes.get("steps"))]
    if not steps or not isinstance(steps[-1][1], Fitted) or steps[-1][1].kind in FINAL:
        return list(steps), None
    return list(steps[:-1]), (steps[-1][0], steps[-1][1])


def _names_in(fitted: Fitted) -> tuple[str, ...]:
    """Return the column names that the outermost step knows, or the first one within it."""
    own = listed(fitted.attributes.get("feature_names_in_"))
    if own:
        return tuple(str(each) for each in own)
    inner = [step for _, step in _pairs(fitted.attributes.get("steps"))]
    return _names_in(inner[0]) if inner and isinstance(inner[0], Fitted) else ()


def _pairs(value: object) -> list[tuple[str, object]]:
    pairs = [listed(each) for each in listed(value) or ()]
    return [(str(each[0]), each[1]) for each in pairs if each and len(each) == 2]


@dataclass
class _Walk:
    """What has been found on the way."""

    features: dict[str, Feature] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def unwrapped(self, root: Fitted) -> Fitted:
        """Return the pipeline inside of what searched for it, or transforms its target."""
        for attribute, kinds in (("best_estimator_", SEARCHES), ("regressor_", {"TransformedTargetRegressor"})):
            inner = root.attributes.get(attribute)
            if root.kind in kinds and root.known and isinstance(inner, Fitted):
                self.steps.append(Step((), root.kind, root.module, root.parameters()))
                return self.unwrapped(inner)
        return root

    def through(self, step: object, columns: Columns, path: tuple[str, ...]) -> Columns:
        """Return the columns that come out of a step, and keep what it has learned of those that go in."""
        if step is None or step == "passthrough":
            return columns
        if step == "drop":
            return ()
        if not isinstance(step, Fitted):
            self.notes.append(f"{_at(path)} is no object that can be read")
            return None
        columns = self._agreed(step, columns, path)
        if step.kind == "Pipeline":
            self._listed(step, columns, path)
            for name, inner in _pairs(step.attributes.get("steps")):
                columns = self.through(inner, columns, (*path, name))
            return columns
        if step.kind == "ColumnTransformer" and step.known:
            return self._side_by_side(step, columns, path)
        if step.kind == "FeatureUnion" and step.known:
            return self._union(step, columns, path)
        self._listed(step, columns, path)
        done = passed(step, columns)
        if done is None:
            if step.kind not in FINAL:
                self.notes.append(f"{_at(path)}: what {step.module}.{step.kind} does to its columns is not known")
            self._went_through(columns, step.kind)
            return None
        self._went_through(columns, step.kind)
        for column, learned in zip(columns or (), done.learned, strict=False):
            self._keep(column, learned)
        return done.columns

    def _listed(self, step: Fitted, columns: Columns, path: tuple[str, ...]) -> None:
        names = None if columns is None else [each.name for each in columns]
        known = None if names is None or None in names else tuple(str(name) for name in names)
        self.steps.append(Step(path, step.kind, step.module, step.parameters(), known))

    def _agreed(self, step: Fitted, columns: Columns, path: tuple[str, ...]) -> Columns:
        """Return the columns, None when the step was fitted on another number of them."""
        width = step.get("n_features_in_")
        if columns is None or not isinstance(width, int) or width == len(columns):
            return columns
        self.notes.append(f"{_at(path)} was fitted on {width} columns, and {len(columns)} come: not tied to names")
        return None

    def _side_by_side(self, step: Fitted, columns: Columns, path: tuple[str, ...]) -> Columns:
        self._listed(step, columns, path)
        prefixed, out, complete = step.attributes.get("verbose_feature_names_out", True), list[Column](), True
        for part in listed(step.attributes.get("transformers_")) or ():
            name, transformer, chosen = (listed(part) or [None, None, None])[:3]
            given = picked(chosen, columns)
            if given == ():
                continue
            came = self.through(transformer, given, (*path, str(name)))
            complete = complete and came is not None
            out += _prefixed(came or (), str(name) if prefixed else None)
        return tuple(out) if complete else None

    def _union(self, step: Fitted, columns: Columns, path: tuple[str, ...]) -> Columns:
        self._listed(step, columns, path)
        prefixed, out, complete = step.attributes.get("verbose_feature_names_out", True), list[Column](), True
        for name, transformer in _pairs(step.attributes.get("transformer_list")):
            came = self.through(transformer, columns, (*path, name))
            complete = complete and came is not None
            out += _prefixed(came or (), name if prefixed else None)
        return tuple(out) if complete else None

    def _went_through(self, columns: Columns, kind: str) -> None:
        for source in dict.fromkeys(source for column in columns or () for source in column.sources):
            feature = self.features[source]
            if kind not in feature.steps:
                self.features[source] = replace(feature, steps=(*feature.steps, kind))

    def _keep(self, column: Column, learned: Learned) -> None:
        """Tie what a step learned of a column to the feature that the column still is."""
        if not column.whole:
            return
        feature = self.features[column.sources[0]]
        for known, new in (
            (feature.imputed, learned.imputed),
            (feature.scaled, learned.scaled),
            (feature.encoded, learned.encoded),
        ):
            if known is not None and new is not None and known != new:
                self.notes.append(
                    f"{feature.name} goes through two steps of one sort: {type(new).__name__.lower()} tells the first"
                )
        feature = replace(
            feature,
            imputed=feature.imputed or learned.imputed,
            scaled=feature.scaled or learned.scaled,
            encoded=feature.encoded or learned.encoded,
        )
        self.features[feature.name] = feature

    def description(
        self, root: Fitted, estimator: tuple[tuple[str, ...], Fitted] | None, columns: Columns
    ) -> PipelineDescription:
        """Return all that was found, with the estimator at the end."""
        final = None
        if estimator is not None:
            path, final = estimator
            final = self.unwrapped(final)
            columns = self._agreed(final, columns, path)
            self._listed(final, columns, path)
        self._outputs(columns)
        names = None if columns is None else [each.name for each in columns]
        return PipelineDescription(
            importance=self._importance(final, columns) if final is not None else None,
            features=tuple(self.features.values()),
            steps=tuple(self.steps),
            estimator=final.kind if final is not None else None,
            task=_task(final) if final is not None else None,
            parameters=final.parameters() if final is not None else (),
            outputs=None if names is None or None in names else tuple(str(name) for name in names),
            sklearn_version=_text(root.attributes.get("_sklearn_version")),
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _outputs(self, columns: Columns) -> None:
        outputs: dict[str, list[str | None]] = {name: [] for name in self.features}
        for column in columns or ():
            for source in column.sources:
                outputs[source].append(column.name)
        for name, found in outputs.items():
            if columns is not None and None not in found:
                self.features[name] = replace(self.features[name], outputs=tuple(str(each) for each in found))

    def _importance(self, final: Fitted, columns: Columns) -> Importance | None:
        found = importances(final, None if columns is None else len(columns))
        if isinstance(found, str):
            self.notes.append(found)
            return None
        method, values = found
        if columns is None or len(values) != len(columns):
            self.notes.append(f"the importances of {final.kind} can't be tied to names")
            return None
        told = list(_by_feature(columns, values, method))
        for name, value in told:
            if name in self.features:
                self.features[name] = replace(self.features[name], importance=value)
        return Importance(method, tuple(told)) if told else None


def _by_feature(columns: Iterable[Column], values: Iterable[float], method: str) -> Iterable[tuple[str, float]]:
    """Yield one number a feature, where one holds for it; for any other column its own, if it has a name."""
    parts: dict[str, list[float]] = {}
    others: list[tuple[str, float]] = []
    pairs = list(zip(columns, values, strict=True))
    alone = {source for column, _ in pairs for source in column.sources}
    alone -= {source for column, _ in pairs if len(column.sources) != 1 for source in column.sources}
    for column, value in pairs:
        if column.name is not None:
            others.append((column.name, value))
        if len(column.sources) == 1 and column.sources[0] in alone:
            parts.setdefault(column.sources[0], []).append(value)
    told = {name: sum(found) for name, found in parts.items() if len(found) == 1 or method == IMPURITY}
    yield from told.items()
    untold = {column.name for column, _ in pairs if not (len(column.sources) == 1 and column.sources[0] in told)}
    yield from ((name, value) for name, value in others if name in untold and name not in told)


def _prefixed(columns: Iterable[Column], prefix: str | None) -> list[Column]:
    if prefix is None:
        return list(columns)
    return [each if each.name is None else replace(each, name=f"{prefix}__{each.name}") for each in columns]


def _task(estimator: Fitted) -> str | None:
    if estimator.attributes.get("classes_") is not None or "Classifier" in estimator.kind:
        return "classification"
    if "Regress" in estimator.kind or estimator.kind in REGRESSORS:
        return "regression"
    return "clustering" if estimator.module.startswith("sklearn.cluster") else None


def _at(path: tuple[str, ...]) -> str:
    return "step " + ".".join(path) if path else "the estimator"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
