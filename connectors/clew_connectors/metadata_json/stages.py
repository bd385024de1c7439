"""What sort of stage a name means, and what such a stage may say for the whole file. Pure."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = {
    "ingestion": "ingest ingestion extract extraction load loading collection acquisition",
    "validation": "validate validation quality check checks",
    "preprocessing": "preprocess preprocessing cleaning cleansing preparation prepare imputation scaling",
    "features": "feature features featurization featurisation transformation transform encoding",
    "training": "train training fit fitting modelling modeling tuning",
    "evaluation": "evaluate evaluation test testing",
    "registry": "registry register registration",
    "serving": "serve serving deploy deployment inference",
}
ROLES: Final = {word: role for role, words in _WORDS.items() for word in words.split()}

_CHANGES: Final = ("imputation", "scaling", "encoding")
_JUDGED: Final = ("metrics", "evaluation")
MAY_SAY: Final = {
    "ingestion": ("dataset",),
    "preprocessing": _CHANGES,
    "features": (*_CHANGES, "features", "target"),
    "training": ("algorithm", "framework", "hyperparameters", "target", "features", "seed", "importances", *_JUDGED),
    "evaluation": (*_JUDGED, "importances"),
    "registry": ("model", "model_name", "model_version", "model_id"),
    "serving": ("deployment", "deployed_at", "endpoint", "health"),
}
"""Members of the file that a stage may say in its stead, by the stage's role."""


def role(name: str) -> str:
    """Return what a stage of that name does, "" when the name does not tell: the first word that says something.

    `Data Ingestion` is ingestion, `feature_engineering` features, `modelTraining` training.
    """
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower().replace("pre-proc", "preproc"))
    found = next((ROLES[word] for word in words if word in ROLES), "")
    return "evaluation" if found == "validation" and "model" in words else found
