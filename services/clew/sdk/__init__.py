"""The SDK: what `import clew` offers a script. Nothing of it is loaded before it is used."""

from clew.sdk.answers import Answer, Described, Found, Impact, Lineage, Paths
from clew.sdk.client import Client
from clew.sdk.datasets import Dataset
from clew.sdk.runs import Run
from clew.sdk.script import (
    capture,
    connect,
    current_run,
    default_client,
    deploy,
    emit,
    flush,
    log_dataset,
    log_metric,
    log_metrics,
    log_model,
    log_params,
    run,
    use,
)
from clew.sdk.sender import Refusal, Stats
from clew_schemas import aspects
from clew_schemas.event import Event, Group, Receipt, event
from clew_schemas.urn import make as urn

__all__ = [
    "Answer",
    "Client",
    "Dataset",
    "Described",
    "Event",
    "Found",
    "Group",
    "Impact",
    "Lineage",
    "Paths",
    "Receipt",
    "Refusal",
    "Run",
    "Stats",
    "aspects",
    "capture",
    "connect",
    "current_run",
    "default_client",
    "deploy",
    "emit",
    "event",
    "flush",
    "log_dataset",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_params",
    "run",
    "urn",
    "use",
]
