"""A delay model in small: flights → features → two versions under MLflow → alias → endpoint → predictions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from clew.house import House
from clew_schemas import Event, Group, Receipt, event, urn
from clew_schemas.urn import column

STORE = "duckdb://nyc"
LOG = "mlflow://nyc"
FLIGHTS = urn.make("dataset", STORE, "nyc.raw.flights")
TABLE = urn.make("dataset", STORE, "nyc.features.delays")
BUILD = urn.make("job", "dbt://nyc", "model.nyc.delays")
MODEL = urn.make("model", LOG, "late")
ALIAS = urn.make("deployment", LOG, "late.champion")
ENDPOINT = urn.make("endpoint", "serving", "late-api")
PREDICTIONS = urn.make("prediction_set", "serving", "late-2013-12")
ANNA = urn.make("person", "people", "anna")

_names = count()


def version(number: int) -> str:
    return urn.make("model_version", LOG, f"late.{number}")


def run(number: int) -> str:
    return urn.make("run", LOG, f"run{number}")


def feature(number: int, name: str) -> str:
    return urn.make("feature", LOG, f"late.{number}.{name}")


def feature_set(number: int) -> str:
    return urn.make("feature_set", LOG, f"late.{number}.features")


def logged(digest: str) -> str:
    return urn.make("dataset", LOG, f"delays.{digest}")


def say(house: House, *events: Event, source: str = "client") -> Receipt:
    (receipt,) = house.ledger.propose([Group(source, f"learned-{next(_names)}", events)])
    assert receipt.status in ("accepted", "unchanged"), receipt.errors
    return receipt


def schema(dataset: str, *columns: str) -> Event:
    return event(dataset, "schema", {"columns": [{"name": each, "type": "DOUBLE"} for each in columns]})


def flows(carrier: str, into: str, out: str, *columns: Sequence[Any]) -> Event:
    """Return lineage of one input and one output; `columns` are (output, input), or (output, input, confidence)."""
    rows = [[0, each[0], 0, each[1], "IDENTITY", each[2] if len(each) > 2 else 1.0] for each in columns]
    return event(carrier, "lineage", {"inputs": [into], "outputs": [out], "columns": rows})


def warehouse() -> list[Event]:
    """Return what the warehouse's source says: flights, the table of features, and the job between."""
    return [
        schema(FLIGHTS, "dep_delay", "distance", "origin"),
        schema(TABLE, "delay", "far", "from", "late"),
        flows(
            BUILD,
            FLIGHTS,
            TABLE,
            ("delay", "dep_delay"),
            ("far", "distance"),
            ("from", "origin"),
            ("late", "dep_delay"),
        ),
        event(TABLE, "ownership", {"owners": [{"owner": ANNA}]}),
    ]


def log_of_data(digest: str, names: Sequence[str], by: str = "table", confidence: float = 1.0) -> list[Event]:
    """Return a set of data as a run logged it, found to come from the table of features."""
    data = logged(digest)
    link = {"from": TABLE, "to": data, "by": by, "detail": "nyc.features.delays", "confidence": confidence}
    return [
        schema(data, *names),
        flows(data, TABLE, data, *((each, each, confidence) for each in names)),
        event(data, "evidence", {"links": [link]}),
    ]


def training(
    number: int,
    features: dict[str, dict[str, Any]],
    *,
    data: str | None,
    parameters: dict[str, Any],
    metrics: dict[str, Any],
    commit: str = "abc123",
) -> list[Event]:
    """Return what the log says of one run and the version it trained; `features` are their aspects, by name."""
    names = list(features)
    use = [
        {"name": each, "feature": feature(number, each), "importance": round(0.5 / (at + 1), 3)}
        for at, each in enumerate(names)
    ]
    ended = [
        event(
            run(number), "run", {"status": "success", "started": f"2026-01-0{number}T10:00:00Z", "durationMs": 900.0}
        ),
        event(run(number), "parameters", {"values": parameters}),
        event(run(number), "metrics", {"values": metrics}),
        event(
            run(number),
            "environment",
            {"python": "3.11.7", "packages": {"scikit-learn": f"1.{number}"}, "seeds": {"numpy": 7}},
        ),
        event(run(number), "source_code", {"repository": "git@shop:late", "commit": commit}),
        event(run(number), "ownership", {"owners": [{"owner": ANNA}]}),
        event(
            version(number),
            "model_version",
            {
                "model": MODEL,
                "version": str(number),
                "run": run(number),
                "target": "late",
                "features": use,
                "algorithm": "RandomForest",
                "artifact": f"models:/m-{number}",
                "digest": f"sha256:{number}",
            },
        ),
    ]
    ended += [event(feature(number, name), "feature", about) for name, about in features.items()]
    if data is None:
        why = {"code": "no_training_data", "detail": "the run logged no dataset"}
        unknown = {"inputs": [], "outputs": [version(number)], "unresolved": [why]}
        return [*ended, event(run(number), "lineage", unknown)]
    inputs = [feature(number, each) for each in names]
    rows = [[at, None, 0, name, "IDENTITY", 1.0] for at, name in enumerate(names)]
    into = [[0, None, at, None, "TRANSFORMATION", 1.0] for at in range(len(names))]
    return [
        *ended,
        event(run(number), "data_inputs", {"datasets": [{"dataset": data, "role": "training", "rows": 40_000}]}),
        event(feature_set(number), "lineage", {"inputs": [data], "outputs": inputs, "columns": rows}),
        event(
            run(number),
            "lineage",
            {
                "inputs": [*inputs, data],
                "outputs": [version(number)],
                "columns": [*into, [0, None, len(names), "late", "TRANSFORMATION", 1.0]],
            },
        ),
    ]


SCALED = {"scaling": {"method": "standard", "parameters": {"mean": 12.5, "scale": 40.0}}}
ENCODED = {"encoding": {"method": "onehot", "categories": ["EWR", "JFK", "LGA"]}}
FILLED = {"imputation": {"strategy": "median", "value": 3.0}, **SCALED}


def first_version() -> list[Event]:
    return [
        *log_of_data("d1", ["delay", "from", "late"]),
        *training(
            1,
            {"delay": FILLED, "from": ENCODED},
            data=logged("d1"),
            parameters={"depth": 8, "trees": 30},
            metrics={"rmse": 31.5, "auc": 0.7},
        ),
    ]


def second_version() -> list[Event]:
    scaled = {"scaling": {"method": "standard", "parameters": {"mean": 13.0, "scale": 40.0}}}
    return [
        *log_of_data("d2", ["delay", "far", "from", "late"]),
        *training(
            2,
            {"delay": {"imputation": FILLED["imputation"], **scaled}, "from": ENCODED, "far": {}},
            data=logged("d2"),
            parameters={"depth": 10, "trees": 30},
            metrics={"rmse": 29.0, "auc": 0.7},
            commit="def456",
        ),
    ]


def serving() -> list[Event]:
    return [
        event(ALIAS, "deployment", {"versions": [version(2)], "alias": "champion"}),
        event(ENDPOINT, "endpoint", {"url": "https://late.example", "deployments": [ALIAS], "health": "healthy"}),
        event(PREDICTIONS, "prediction_set", {"model": ENDPOINT, "inputs": [TABLE], "rows": 10}),
    ]


def delays(house: House) -> None:
    """Say all of it, the warehouse and the log each by a source of its own."""
    say(house, *warehouse(), source="warehouse")
    say(house, *first_version(), source="log")
    say(house, *second_version(), source="log")
    say(house, *serving(), source="log")


RAW_DELAY = column(FLIGHTS, "dep_delay")
