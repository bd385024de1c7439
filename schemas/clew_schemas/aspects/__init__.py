"""The built-in aspects, one model each. `BUILT_IN` lists them all."""

from clew_schemas.aspects.base import AspectModel
from clew_schemas.aspects.data import Containment, Documentation, Lifecycle, Profile, Properties, Schema
from clew_schemas.aspects.flow import Exposure, Lineage, Query, Run
from clew_schemas.aspects.governance import Ownership, Tags
from clew_schemas.aspects.quality import Assertion, QualityResult

BUILT_IN: tuple[type[AspectModel], ...] = (
    Schema,
    Properties,
    Documentation,
    Containment,
    Lifecycle,
    Profile,
    Query,
    Lineage,
    Exposure,
    Run,
    Ownership,
    Tags,
    Assertion,
    QualityResult,
)

__all__ = [
    "BUILT_IN",
    "AspectModel",
    "Assertion",
    "Containment",
    "Documentation",
    "Exposure",
    "Lifecycle",
    "Lineage",
    "Ownership",
    "Profile",
    "Properties",
    "QualityResult",
    "Query",
    "Run",
    "Schema",
    "Tags",
]
