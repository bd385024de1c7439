"""What the metadata.json connector must be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from clew_connectors.port import ConnectorConfig
from clew_schemas import urn
from clew_schemas.errors import ClewError

Name = Annotated[str, StringConstraints(min_length=1)]
DATASET = "urn:clew:dataset:"


class MetadataConfig(ConnectorConfig):
    """Reads metadata.json files, one project each."""

    path: Name = Field(description="Path of one file, or a pattern for many, such as projects/**/metadata.json")
    namespace: Name = Field(
        default="metadata://projects", description="Namespace of the projects' models, runs, features and endpoints"
    )
    data_namespace: Name | None = Field(
        default=None, description="Namespace of the tables that files and `datasets` name without one"
    )
    datasets: dict[Name, Name] = Field(
        default_factory=dict,
        description="Which table a dataset is, by its name in the files: a URN, or a dotted name in data_namespace",
    )
    unmapped: Literal["gap", "name"] = Field(
        default="gap",
        description="What to make of a dataset that only a name tells of: a gap, or `name`: the table of that name in "
        "data_namespace, with confidence below 1",
    )

    @model_validator(mode="after")
    def _names_have_a_namespace(self) -> MetadataConfig:
        for name, table in self.datasets.items():
            if table.startswith("urn:"):
                try:
                    found = urn.Urn.parse(table)
                except ClewError as error:
                    raise ValueError(f"datasets.{name}: {error}") from error
                if found.kind != "dataset":
                    raise ValueError(f"datasets.{name}: {table} is no dataset")
            elif self.data_namespace is None:
                raise ValueError(f"datasets.{name}: a dotted name needs data_namespace")
        if self.unmapped == "name" and self.data_namespace is None:
            raise ValueError("unmapped: name needs data_namespace")
        return self

    @property
    def is_pattern(self) -> bool:
        """Whether `path` stands for any number of files."""
        return any(sign in self.path for sign in "*?[")

    def table_of(self, dataset: str) -> str | None:
        """Return the URN of the table that the recipe says a dataset is."""
        said = self.datasets.get(dataset)
        return self.table(said) if said else None

    def table(self, name: str, namespace: str | None = None) -> str | None:
        """Return the URN of a table by its dotted name; None when nothing says in which namespace."""
        if name.startswith(DATASET):
            return name
        home = namespace or self.data_namespace
        return urn.make("dataset", home, name) if home else None
