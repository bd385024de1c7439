"""What a described pipeline says in events, against a golden file."""

import math

from clew_connectors.sklearn import Names, PipelineDescription, events_of
from clew_connectors.sklearn.pipeline import Encoded, Feature, Importance, Imputed, Scaled, Step, of_names
from clew_connectors.testing import MemorySink
from clew_schemas.event import CrawlOpen, CrawlPosition, Group, Scope
from unit.clew_connectors.golden import assert_golden

NAMES = Names("mlflow://nyc", ("delay", "2"), "urn:clew:model_version:(mlflow://nyc,delay.2)")

DESCRIPTION = PipelineDescription(
    features=(
        Feature(
            "dep_delay",
            ("SimpleImputer", "StandardScaler"),
            Imputed("median", 48.0, -1),
            Scaled("StandardScaler", (("mean", 47.5), ("scale", math.inf))),
            None,
            ("num__dep_delay",),
            0.75,
        ),
        Feature("origin, (old)", ("OneHotEncoder",), None, None, Encoded("OneHotEncoder", ("EWR", None, 3), 4), None),
    ),
    steps=(
        Step(("prepare", "num", "impute"), "SimpleImputer", "sklearn.impute._base", (("strategy", "median"),), ("a",)),
        Step(("odd",), "Mystery", "ours.steps", (("depth", 3), ("seed", None))),
    ),
    estimator="Ridge",
    importance=Importance("coefficient", (("dep_delay", 0.75), ("c__origin_EWR", math.nan))),
    notes=("step odd: what ours.steps.Mystery does to its columns is not known",),
)


def test_a_pipeline_says_what_the_golden_file_says() -> None:
    assert_golden("sklearn/events.jsonl", events_of(DESCRIPTION, NAMES, {"dep_delay": "double"}))


def test_its_events_are_taken_whole() -> None:
    sink = MemorySink()
    sink.register("s", order="crawl", door="test")
    sink.propose([CrawlOpen("s", 1, Scope((), ()))])
    (receipt,) = sink.propose([Group("s", "1", tuple(events_of(DESCRIPTION, NAMES)), CrawlPosition(1, 0))])
    assert receipt.errors == ()


def test_of_names_alone_only_the_features_are_said() -> None:
    said = events_of(of_names(["a", "b"]), NAMES)
    assert [each.aspect for each in said] == ["feature_set", "containment"] + ["feature", "containment"] * 2
    assert events_of(of_names([]), NAMES) == []
