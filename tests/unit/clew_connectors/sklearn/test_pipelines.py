"""Real pipelines, read twice: from the live object and from the file that skops writes of it."""

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from clew_connectors.sklearn import PipelineDescription, describe, read_skops
from clew_connectors.sklearn.pipeline import Feature
from clew_schemas.errors import BadInput

ROWS = 200
FRAME = pd.DataFrame(
    {
        "age": [float(each % 70) if each % 9 else np.nan for each in range(ROWS)],
        "income": [float((each * 37) % 101) for each in range(ROWS)],
        "city": ["Bonn", "Kyiv", "Oslo", "Rome"] * (ROWS // 4),
        "flat": [1.0] * ROWS,
    }
)
FRAME.loc[0, "city"] = "Lima"
TARGET = FRAME["income"] * 2 + FRAME["city"].eq("Oslo") * 30
NUMBERS = ["age", "income"]
Split = ColumnTransformer


def numbers(*steps: Any) -> Pipeline:
    return Pipeline([(type(step).__name__.lower(), step) for step in steps])


def both(estimator: Any, frame: Any = FRAME, target: Any = TARGET) -> PipelineDescription:
    """Fit it; return what the live object says, which the file must say too."""
    estimator.fit(frame, target)
    live, written = describe(estimator), skops.io.dumps(estimator)
    assert read_skops(written) == live
    return live


def named(description: PipelineDescription) -> dict[str, Feature]:
    return {each.name: each for each in description.features}


PREPARATIONS = {
    "scaled": Split([("n", numbers(SimpleImputer(), StandardScaler()), NUMBERS)]),
    "with an indicator": Split([("n", SimpleImputer(add_indicator=True), NUMBERS)]),
    "one hot": Split([("c", OneHotEncoder(), ["city"]), ("n", SimpleImputer(), NUMBERS)]),
    "first dropped": Split([("c", OneHotEncoder(drop="first"), ["city"])], remainder="drop"),
    "rare together": Split([("c", OneHotEncoder(min_frequency=5), ["city"])]),
    "ordinal, rest as it is": Split(
        [("c", OrdinalEncoder(), ["city"]), ("a", "drop", ["age"])], remainder="passthrough"
    ),
    "names without prefix": Split(
        [("c", OrdinalEncoder(), ["city"]), ("n", "passthrough", ["income"])], verbose_feature_names_out=False
    ),
    "bins": Split([("b", KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), ["income"])]),
    "components": Split([("p", numbers(SimpleImputer(), PCA(2)), ["age", "income", "flat"])]),
    "selected": Split([("v", VarianceThreshold(), ["income", "flat"])]),
    "by place": Split([("n", MinMaxScaler(), [1]), ("m", MaxAbsScaler(), slice(3, 4))]),
    "by mask": Split([("n", RobustScaler(), [False, True, False, True])]),
    "side by side": Split([("u", FeatureUnion([("raw", "passthrough"), ("scaled", PowerTransformer())]), ["income"])]),
    "nearest neighbours": Split([("k", KNNImputer(), NUMBERS)]),
    "a function that keeps names": Split([("f", FunctionTransformer(feature_names_out="one-to-one"), NUMBERS)]),
}


@pytest.mark.parametrize("preparation", PREPARATIONS.values(), ids=PREPARATIONS.keys())
def test_what_comes_out_is_named_as_scikit_learn_names_it(preparation: Any) -> None:
    found = both(Pipeline([("prepare", preparation)]))
    assert found.outputs == tuple(preparation.get_feature_names_out())
    assert [each.name for each in found.features] == list(FRAME.columns)
    assert found.notes == ()
    assert found.estimator is None


def test_imputed_and_scaled_values_are_those_that_were_learned() -> None:
    scaler, imputer = StandardScaler(), SimpleImputer(strategy="median")
    pipeline = Pipeline([("prepare", Split([("n", numbers(imputer, scaler), NUMBERS)])), ("model", LinearRegression())])
    found = both(pipeline)
    fitted = pipeline[0].transformers_[0][1]
    age = named(found)["age"]
    assert age.imputed is not None and age.scaled is not None
    assert (age.imputed.strategy, age.imputed.value) == ("median", fitted[0].statistics_[0])
    assert dict(age.scaled.parameters) == {
        "mean": fitted[1].mean_[0],
        "scale": fitted[1].scale_[0],
        "var": fitted[1].var_[0],
    }
    assert age.steps == ("SimpleImputer", "StandardScaler")
    assert named(found)["city"].outputs == ()


def test_categories_stand_in_the_order_of_their_codes() -> None:
    city = named(both(Pipeline([("c", Split([("c", OneHotEncoder(), ["city"])])), ("m", Ridge())])))["city"]
    assert city.encoded is not None
    assert city.encoded.categories == ("Bonn", "Kyiv", "Lima", "Oslo", "Rome")
    assert city.encoded.size == 5
    assert city.outputs == tuple(f"c__city_{each}" for each in city.encoded.categories)


@pytest.mark.parametrize(
    "estimator",
    [
        ExtraTreesRegressor(7, random_state=1),
        GradientBoostingRegressor(n_estimators=9, random_state=1),
        DecisionTreeRegressor(random_state=1),
    ],
    ids=lambda each: type(each).__name__,
)
def test_importances_of_trees_are_scikit_learns_and_those_of_one_feature_add_up(estimator: Any) -> None:
    prepare = Split([("c", OneHotEncoder(), ["city"]), ("n", SimpleImputer(), NUMBERS)])
    pipeline = Pipeline([("prepare", prepare), ("model", estimator)]).fit(FRAME, TARGET)
    found = read_skops(skops.io.dumps(pipeline))
    assert found.importance is not None
    expected = dict(zip(prepare.get_feature_names_out(), pipeline[-1].feature_importances_, strict=True))
    cities = sum(value for name, value in expected.items() if "city" in name)
    told = dict(found.importance.values)
    assert told == pytest.approx({"city": cities, "age": expected["n__age"], "income": expected["n__income"]})
    assert named(found)["income"].importance == pytest.approx(expected["n__income"])
    live = describe(pipeline)
    assert live.importance is not None
    assert told == pytest.approx(dict(live.importance.values))


def test_a_forest_of_many_classes_gives_its_importances_too() -> None:
    forest = RandomForestClassifier(5, random_state=1).fit(FRAME[["income", "flat"]], FRAME["city"])
    found = read_skops(skops.io.dumps(forest))
    assert found.importance is not None
    assert [value for _, value in found.importance.values] == pytest.approx(list(forest.feature_importances_))
    assert found.task == "classification"


def test_coefficients_of_encoded_parts_are_told_one_by_one_for_they_do_not_add_up() -> None:
    prepare = Split([("c", OneHotEncoder(), ["city"]), ("n", MinMaxScaler(), ["income"])])
    pipeline = Pipeline([("prepare", prepare), ("model", Ridge())])
    found = both(pipeline)
    assert found.importance is not None
    told = dict(found.importance.values)
    assert found.importance.method == "coefficient"
    assert set(told) == {"income", *(f"c__city_{each}" for each in ("Bonn", "Kyiv", "Lima", "Oslo", "Rome"))}
    assert named(found)["city"].importance is None
    assert named(found)["income"].importance == pipeline[-1].coef_[-1]


def test_coefficients_for_several_classes_are_said_to_be_no_one_number() -> None:
    model = LogisticRegression(max_iter=500)
    found = both(model, FRAME[["income", "flat"]], FRAME["city"])
    assert found.importance is None
    assert found.notes == ("LogisticRegression has coefficients for several outputs: not one number a column",)


class Mystery(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Nobody knows what it does."""

    def __init__(self, depth: int = 3) -> None:
        self.depth = depth

    def fit(self, frame: Any, target: Any = None) -> "Mystery":
        self.n_features_in_ = frame.shape[1]
        return self

    def transform(self, frame: Any) -> Any:
        return np.asarray(frame)[:, ::-1]


def test_an_unknown_step_is_kept_by_name_and_what_comes_after_it_is_tied_to_no_name() -> None:
    prepare = Split([("n", numbers(SimpleImputer(), Mystery(), StandardScaler()), NUMBERS)])
    found = describe(Pipeline([("prepare", prepare), ("model", Ridge())]).fit(FRAME, TARGET))
    age = named(found)["age"]
    assert age.imputed is not None
    assert age.scaled is None
    assert age.outputs is None
    assert age.steps == ("SimpleImputer", "Mystery")
    step = next(each for each in found.steps if each.kind == "Mystery")
    assert (step.module, step.parameters) == (__name__, (("depth", 3),))
    assert any("Mystery does to its columns is not known" in note for note in found.notes)
    assert found.importance is None


def test_a_pipeline_fitted_without_names_takes_those_of_somebody_else_or_none() -> None:
    pipeline = numbers(StandardScaler(), LinearRegression()).fit(FRAME[["income", "flat"]].to_numpy(), TARGET)
    written = skops.io.dumps(pipeline)
    assert read_skops(written).features == ()
    assert "fitted without column names" in read_skops(written).notes[0]
    told = named(read_skops(written, names=["income", "flat"]))
    assert told["income"].scaled is not None
    assert dict(told["income"].scaled.parameters)["mean"] == pipeline[0].mean_[0]
    wrong = read_skops(written, names=["income"])
    assert wrong.features == (Feature("income", ()),)
    assert any("was fitted on 2 columns" in note for note in wrong.notes)


def test_a_column_without_any_value_is_dropped_by_the_imputer_as_by_scikit_learn() -> None:
    frame = FRAME.assign(age=np.nan)
    prepare = Split([("n", SimpleImputer(), ["age", "income"])])
    found = both(Pipeline([("prepare", prepare), ("model", Ridge())]), frame)
    assert found.outputs == ("n__income",)
    assert named(found)["age"].outputs == ()


def test_searches_and_transformed_targets_are_looked_into() -> None:
    inner = Pipeline([("scale", StandardScaler()), ("model", Ridge())])
    search = GridSearchCV(inner, {"model__alpha": [0.1, 1.0]}, cv=2)
    found = both(TransformedTargetRegressor(search), FRAME[["income", "flat"]])
    assert found.estimator == "Ridge"
    assert [step.kind for step in found.steps[:2]] == ["TransformedTargetRegressor", "GridSearchCV"]
    assert named(found)["income"].scaled is not None


def test_many_categories_are_cut_and_all_counted() -> None:
    frame = pd.DataFrame({"code": [f"c{each:05}" for each in range(3_000)]})
    (feature,) = describe(OneHotEncoder().fit(frame)).features
    assert feature.encoded is not None
    assert feature.encoded.categories is not None
    assert (len(feature.encoded.categories), feature.encoded.size) == (1_000, 3_000)


def test_the_same_feature_in_two_branches_has_the_outputs_of_both() -> None:
    prepare = Split([("a", StandardScaler(), ["income"]), ("b", OrdinalEncoder(), ["income"])])
    found = both(Pipeline([("prepare", prepare), ("model", Ridge())]))
    income = named(found)["income"]
    assert income.outputs == ("a__income", "b__income")
    assert income.scaled is not None
    assert income.encoded is not None


def test_what_is_no_estimator_is_refused_and_what_was_not_fitted_says_nothing_learned() -> None:
    with pytest.raises(BadInput, match="no estimator"):
        describe({"a": 1})
    found = describe(Pipeline([("scale", StandardScaler()), ("model", Ridge())]))
    assert found.features == ()
    assert found.importance is None


def test_reading_imports_nothing_of_scikit_learn() -> None:
    code = "import sys, clew_connectors.sklearn; assert not {'sklearn', 'skops', 'scipy', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
