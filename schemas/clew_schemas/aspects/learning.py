"""How models come about and are used: features with their learned values, runs, versions, deployments, predictions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from clew_schemas.aspects.base import AspectModel, Part, Scalar, Text, UrnText, annotated
from clew_schemas.numerals import Number

LEARNED = ["run", "model", "model_version", "evaluation", "deployment", "feature_set", "prompt", "agent", "llm_app"]
"""Kinds that carry parameters and metrics."""


class Imputation(Part):
    """What stands in for a missing value, and the value learned for it."""

    strategy: Text
    value: Scalar | None = None
    missing: Scalar | None = Field(default=None, description="What counts as missing, where it is not null")


class Scaling(Part):
    """How a value is scaled, with the numbers learned from data, such as `mean` and `scale`."""

    method: Text
    parameters: dict[str, Number] = Field(default_factory=dict)


class Encoding(Part):
    """How a value becomes numbers. `categories` are in the order of their codes; `size` counts all of them."""

    method: Text
    categories: list[Scalar | None] | None = None
    size: int | None = Field(default=None, ge=0)


class Feature(AspectModel):
    """One input of models: what it means and how it is made, from missing values to its encoding."""

    model_config = annotated(
        "feature",
        mode="state",
        kinds=["feature"],
        resolution={"rule": "precedence"},
        search=[
            {"path": "definition", "field": "prose"},
            {"path": "transformation", "field": "code"},
            {"path": "imputation.strategy", "field": "measure.imputation"},
            {"path": "scaling.method", "field": "measure.scaling"},
            {"path": "encoding.method", "field": "measure.encoding"},
        ],
    )

    type: str | None = None
    definition: str | None = None
    transformation: str | None = Field(default=None, description="The expression or step that computes it")
    imputation: Imputation | None = None
    scaling: Scaling | None = None
    encoding: Encoding | None = None
    outputs: list[Text] | None = Field(default=None, description="Names of what the model sees of it, after encoding")
    version: str | None = None


class EntityKey(Part):
    """What the rows of a feature set are about, and the columns that tell them apart."""

    name: Text
    keys: list[Text]


class FeatureSet(AspectModel):
    """Features that are computed, served and versioned together; `containment` of each feature points here."""

    model_config = annotated(
        "feature_set",
        mode="state",
        kinds=["feature_set"],
        resolution={"rule": "precedence"},
        search=[{"path": "type", "field": "facet.subtype"}],
    )

    type: str | None = Field(
        default=None, description="What the platform calls it: feature view, on demand, model input"
    )
    version: str | None = None
    entities: list[EntityKey] | None = None
    timestamp: str | None = Field(default=None, description="The column that says when a row held")
    ttl_seconds: float | None = Field(default=None, ge=0)
    online: bool | None = None
    steps: list[Text] | None = Field(default=None, description="The transformation, step by step, in order")


class Parameters(AspectModel):
    """What was chosen beforehand: hyperparameters, thresholds, settings of a run or version."""

    model_config = annotated(
        "parameters",
        mode="state",
        kinds=LEARNED,
        resolution={"rule": "precedence"},
        search=[{"path": "values", "field": "measure.param"}],
    )

    values: dict[str, Scalar | None]


class Metrics(AspectModel):
    """What was measured at last: the current value of each metric. The way there is the series `metric`."""

    model_config = annotated(
        "metrics",
        mode="state",
        kinds=[*LEARNED, "endpoint", "prediction_set"],
        resolution={"rule": "precedence"},
        search=[{"path": "values", "field": "measure"}],
    )

    values: dict[str, Number]


class Metric(AspectModel):
    """One measurement of the metric that the point is named after, at its step and time. Kept for ever."""

    model_config = annotated("metric", mode="series", kinds=[*LEARNED, "endpoint", "prediction_set"])

    value: Number


class Environment(AspectModel):
    """In what a run was executed: versions, hardware and the seeds of its randomness."""

    model_config = annotated(
        "environment",
        mode="state",
        kinds=["run", "model_version", "deployment", "job", "task"],
        resolution={"rule": "precedence"},
    )

    python: str | None = None
    platform: str | None = None
    packages: dict[str, str] | None = None
    seeds: dict[str, int] | None = None
    image: str | None = None
    hardware: str | None = None


class SourceCode(AspectModel):
    """The code that was run or that defines a thing, at which commit."""

    model_config = annotated(
        "source_code",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "path", "field": "code"}, {"path": "commit", "field": "code"}],
    )

    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    path: str | None = Field(default=None, description="The file or notebook, within the repository where there is one")
    entry_point: str | None = None


class LoggedDataset(Part):
    """One set of data as a run logged it."""

    dataset: UrnText = Field(description="The set as logged: a dataset of its own, by name and digest")
    role: str | None = Field(default=None, description="training, validation, evaluation, …")
    source: UrnText | None = Field(default=None, description="Where it came from, as far as the log says")
    rows: int | None = Field(default=None, ge=0)


class DataInputs(AspectModel):
    """The sets of data that a run logged as its inputs."""

    model_config = annotated(
        "data_inputs", mode="state", kinds=["run", "evaluation", "prediction_set"], resolution={"rule": "precedence"}
    )

    datasets: list[LoggedDataset]


Rung = Literal["sql", "table", "digest", "columns", "name", "stated"]


class Link(Part):
    """One link between two things, and by what it was found.

    `sql`: the logged source holds the SQL. `table`: it names the table. `digest`: the SQL, run again, gave the same
    digest. `columns`: all columns lie in this one table. `name`: only names agree. `stated`: a file or person says so.
    """

    source: UrnText = Field(alias="from")
    target: UrnText = Field(alias="to")
    by: Rung
    detail: str | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class Evidence(AspectModel):
    """By what the lineage of a carrier was found, link by link; every source's links count."""

    model_config = annotated(
        "evidence",
        mode="state",
        kinds="*",
        resolution={"rule": "union", "list": "links", "key": ["from", "to", "by"]},
    )

    links: list[Link]


class Model(AspectModel):
    """A registered model: what it is for. Its versions flow into it."""

    model_config = annotated(
        "model",
        mode="state",
        kinds=["model"],
        resolution={"rule": "precedence"},
        search=[{"path": "task", "field": "facet.subtype"}],
    )

    task: str | None = Field(default=None, description="regression, classification, …")
    framework: str | None = None
    purpose: str | None = None
    licence: str | None = None


class SignatureColumn(Part):
    """One column of a model's signature."""

    name: str | None = None
    type: str | None = None
    required: bool | None = None


class FeatureUse(Part):
    """A feature as one version uses it."""

    name: Text
    feature: UrnText | None = None
    importance: Number | None = None


class ModelVersion(AspectModel):
    """One trained state of a model: what it takes and gives, which features it uses, where its artifact lies."""

    model_config = annotated(
        "model_version",
        mode="state",
        kinds=["model_version"],
        resolution={"rule": "precedence"},
        edges=[{"type": "flow", "to": "model"}, {"type": "dataset_flow", "to": "model"}],
        search=[
            {"path": "algorithm", "field": "facet.subtype"},
            {"path": "features[].name", "field": "columns"},
            {"path": "aliases[]", "field": "title"},
            {"path": "target", "field": "columns"},
        ],
    )

    model: UrnText | None = None
    version: str | None = None
    run: UrnText | None = Field(default=None, description="The run that trained it")
    framework: str | None = None
    algorithm: str | None = None
    target: str | None = None
    features: list[FeatureUse] | None = None
    inputs: list[SignatureColumn] | None = None
    outputs: list[SignatureColumn] | None = None
    aliases: list[Text] | None = None
    stage: str | None = None
    artifact: str | None = Field(default=None, description="Where the trained artifact lies")
    digest: str | None = None
    size: int | None = Field(default=None, ge=0)
    created: datetime | None = Field(default=None, strict=False)


class Importances(AspectModel):
    """How much each feature counts in a model version, as its algorithm says, by feature name."""

    model_config = annotated(
        "importances",
        mode="state",
        kinds=["model_version", "run"],
        resolution={"rule": "precedence"},
        search=[{"path": "values", "field": "measure.importance"}],
    )

    method: str | None = None
    values: dict[str, Number]


class Evaluation(AspectModel):
    """A judgement of a model version, prompt, agent or application on some data; numbers stand in `metrics`."""

    model_config = annotated(
        "evaluation",
        mode="state",
        kinds=["evaluation"],
        resolution={"rule": "precedence"},
        edges=[
            {"type": "asserts", "from": "subject"},
            {"type": "flow", "from": "datasets[]", "at": "any"},
        ],
    )

    subject: UrnText
    datasets: list[UrnText] | None = None
    evaluator: str | None = None
    verdict: Literal["pass", "fail", "mixed"] | None = None


class Deployment(AspectModel):
    """A model version put to use: under which alias, where, since when."""

    model_config = annotated(
        "deployment",
        mode="state",
        kinds=["deployment"],
        resolution={"rule": "precedence"},
        edges=[{"type": "flow", "from": "versions[]"}, {"type": "dataset_flow", "from": "versions[]"}],
        search=[{"path": "environment", "field": "facet.subtype"}, {"path": "status", "field": "facet.status"}],
    )

    versions: list[UrnText] = Field(description="Model versions that answer, prompts or agents")
    alias: str | None = None
    environment: str | None = None
    status: str | None = None
    since: datetime | None = Field(default=None, strict=False)


class Endpoint(AspectModel):
    """An address that answers with what deployments compute."""

    model_config = annotated(
        "endpoint",
        mode="state",
        kinds=["endpoint"],
        resolution={"rule": "precedence"},
        edges=[{"type": "flow", "from": "deployments[]"}, {"type": "dataset_flow", "from": "deployments[]"}],
        search=[{"path": "url", "field": "title"}, {"path": "health", "field": "facet.status"}],
    )

    url: Text
    deployments: list[UrnText] | None = None
    protocol: str | None = None
    health: str | None = Field(default=None, description="healthy, degraded, down, …, as the last check found it")
    since: datetime | None = Field(default=None, strict=False)
    checked: datetime | None = Field(default=None, strict=False)


class PredictionSet(AspectModel):
    """Predictions made together: by which version, from which data, kept where."""

    model_config = annotated(
        "prediction_set",
        mode="state",
        kinds=["prediction_set"],
        resolution={"rule": "precedence"},
        edges=[
            {"type": "flow", "from": "model"},
            {"type": "dataset_flow", "from": "model"},
            {"type": "flow", "from": "inputs[]", "at": "any"},
            {"type": "dataset_flow", "from": "inputs[]"},
            {"type": "dataset_flow", "to": "output"},
        ],
    )

    model: UrnText = Field(description="The model version, deployment or endpoint that predicted")
    inputs: list[UrnText] | None = None
    output: UrnText | None = None
    rows: int | None = Field(default=None, ge=0)
    made: datetime | None = Field(default=None, strict=False)


class Notes(AspectModel):
    """Whatever a file or platform says that has no aspect of its own, kept as it was said, so that it can be asked."""

    model_config = annotated(
        "notes",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "values", "field": "measure.note"}],
    )

    values: dict[str, Any]
