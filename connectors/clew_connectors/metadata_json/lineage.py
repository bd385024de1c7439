"""What flows through each carrier that a file tells of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clew_connectors.metadata_json.records import Dataset, Feature, Project, Source, Stage, Version
from clew_schemas import urn
from clew_schemas.aspects import Lineage
from clew_schemas.aspects.flow import Unresolved

NO_DATA = "no_training_data"
UNMAPPED = "unmapped_dataset"

Flow = tuple[int, str | None, int, str | None, str, float]


def of_dataset(record: Dataset) -> Lineage:
    """The dataset from its table, column by column of the same name; a gap where the table is not known."""
    if record.origin is None:
        detail = f"nothing says which table {record.name!r} is"
        return Lineage(inputs=[], outputs=[record.urn], unresolved=[Unresolved(code=UNMAPPED, detail=detail)])
    columns = [each.name for each in record.columns] if record.columns is not None else list(record.used)
    flows: list[Flow] = [
        (0, urn.segment(name), 0, urn.segment(name), "IDENTITY", record.origin.confidence) for name in columns
    ]
    return Lineage(inputs=[record.origin.table], outputs=[record.urn], columns=flows or None)


def of_features(record: Project, features: Sequence[Feature]) -> Lineage:
    """Features from columns of the training data."""
    return Lineage(
        inputs=[each.urn for each in record.training],
        outputs=[each.urn for each in features],
        columns=list(_feature_flows(features)),
        unresolved=list(_feature_gaps(record, features)) or None,
    )


def of_run(record: Project, version: Version) -> Lineage:
    """The model version from its features and the target, or where no features are told from the data as a whole."""
    inputs = [*(each.urn for each in version.features), *(each.urn for each in record.training)]
    gaps = [] if record.training else [_no_data()]
    return Lineage(
        inputs=inputs, outputs=[version.urn], columns=list(_run_flows(record, version)), unresolved=gaps or None
    )


def of_stage(record: Project, stage: Stage) -> Lineage | None:
    """What a stage moves; one that only looks ends there itself. None for a stage of which neither is known."""
    version, training = record.version, [each.urn for each in record.training]
    match stage.role:
        case "ingestion":
            return _ingested(record)
        case "validation":
            return _looks(training, stage)
        case "preprocessing" | "features" if version is not None and training:
            treated = [each for each in version.features if stage.role == "features" or each.treated]
            return of_features(record, treated) if treated else None
        case "training" if version is not None and (training or version.features):
            return of_run(record, version)
        case "evaluation" if version is not None:
            return _looks([version.urn], stage)
        case "registry" if version is not None:
            return _one_to_one([version.urn], [version.model])
        case "serving" if version is not None and (version.endpoints or version.deployments):
            return _served(version)
    return None


def _feature_flows(features: Sequence[Feature]) -> Iterator[Flow]:
    for at, each in enumerate(features):
        for source in each.sources:
            subtype = "TRANSFORMATION" if each.treated or source.column is None else "IDENTITY"
            yield at, None, source.dataset, _path(source), subtype, source.confidence


def _feature_gaps(record: Project, features: Sequence[Feature]) -> Iterator[Unresolved]:
    if not record.training:
        yield _no_data()
        return
    for each in features:
        if not each.sources or any(source.column is None for source in each.sources):
            yield Unresolved(code="unknown_column", detail=f"nothing says which column {each.name!r} is made of")


def _run_flows(record: Project, version: Version) -> Iterator[Flow]:
    count = len(version.features)
    for at in range(count):
        yield 0, None, at, None, "TRANSFORMATION", 1.0
    for source in version.target_sources:
        if source.column is not None:
            yield 0, None, count + source.dataset, _path(source), "TRANSFORMATION", source.confidence
    if not count:
        for at in range(len(record.training)):
            yield 0, None, at, None, "TRANSFORMATION", 1.0


def _ingested(record: Project) -> Lineage | None:
    sets = [(each, each.table) for each in record.datasets if each.table is not None and each.columns]
    flows: list[Flow] = [
        (at, urn.segment(name), at, urn.segment(name), "IDENTITY", each.confidence)
        for at, (each, _) in enumerate(sets)
        for name in each.columns
    ]
    if not sets:
        return None
    return Lineage(inputs=[table for _, table in sets], outputs=[each.urn for each, _ in sets], columns=flows)


def _looks(inputs: list[str], stage: Stage) -> Lineage | None:
    """The thread of a stage that reads and yields nothing but its verdict."""
    return _one_to_one(inputs, [stage.urn]) if inputs else None


def _served(version: Version) -> Lineage:
    behind = list(version.deployments) or [version.urn]
    return _one_to_one(behind, list(version.endpoints)) if version.endpoints else _one_to_one([version.urn], behind)


def _one_to_one(inputs: list[str], outputs: list[str]) -> Lineage:
    flows: list[Flow] = [
        (out, None, into, None, "TRANSFORMATION", 1.0) for out in range(len(outputs)) for into in range(len(inputs))
    ]
    return Lineage(inputs=inputs, outputs=outputs, columns=flows)


def _path(source: Source) -> str | None:
    return None if source.column is None else urn.segment(source.column)


def _no_data() -> Unresolved:
    return Unresolved(code=NO_DATA, detail="the file names no dataset that the model was trained on")
