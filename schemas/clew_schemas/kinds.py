"""The kinds of things that Clew knows."""

from __future__ import annotations

KINDS = frozenset(
    """
    platform container dataset column
    feature_set feature
    model model_version deployment endpoint prediction_set
    experiment run
    pipeline job task
    dashboard chart notebook application
    prompt agent tool llm_app evaluation
    vector_store vector_index embedding_model
    object repository
    query
    glossary_term tag domain data_product
    person group
    contract assertion monitor incident policy
    kind aspect
    """.split()
)
"""Kinds that sources may make claims about."""

DERIVED_KINDS = frozenset({"any", "rows"})
"""Kinds of the two nodes that every dataset with columns has; derived, never proposed."""

LEAF_KINDS = frozenset({"dashboard", "chart", "notebook", "application", "assertion", "person", "group", "tag"})
"""Kinds that end a thread by their nature: having no schema is no gap there."""

EXPOSURE_KINDS = {
    "dashboard": "dashboard",
    "notebook": "notebook",
    "analysis": "notebook",
    "ml": "model",
    "application": "application",
}
"""The kind of a dbt exposure by its type."""
