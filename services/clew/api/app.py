"""The app: REST, GraphQL, the tape of changes and the web UI, in front of a house."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from clew.api import (
    changes,
    rest_care,
    rest_edits,
    rest_facts,
    rest_model,
    rest_models,
    rest_operations,
    rest_questions,
    rest_sql,
)
from clew.api.auth import Gate
from clew.api.bodies import BodyLimit
from clew.api.desk import Desk
from clew.api.graphql import door, late
from clew.api.graphql.served import Served
from clew.api.records import RECORDS
from clew.api.replies import answer_errors
from clew.api.stations import Stations
from clew.api.ui import Nosniff, serve_ui
from clew.api.writing import Writer

_ABOUT = """\
Metadata as events, lineage and impact as questions.

Writes answer with a receipt; its `token`, given as `atLeast`, makes a question wait for that write. Every answer says
as of when it is (`asOf`), whether it is `complete`, where it was cut (`frontier`), and what is unknown (`gaps`).
Every error is `{"error": {"code", "what", "where", "hint"}}`.
"""


def create_app(
    stations: Stations,
    *,
    start_token: str | None = None,
    user: str = "steward",
    loopback: bool = True,
    probes_only: bool = False,
) -> FastAPI:
    """Return the app in front of `stations`.

    `start_token` is the secret that opens everything, its author is `user`, who owns the process. `loopback` says that
    the server is bound to this machine only: without it, every request needs a token. `probes_only` is for processes
    of other roles than the API: they say how they stand, and nothing else. Starting and closing the house is the
    caller's.
    """
    app = FastAPI(
        title="Clew",
        version=version("clew"),
        description=_ABOUT,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.desk = Desk(
        stations,
        Gate(stations.ledger, start_token=start_token, user=user, loopback=loopback),
        Writer(stations.ledger),
        Served(stations.ledger, lambda registry: late.build_schema(registry)),  # asked for at the first schema
    )
    answer_errors(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Nosniff)
    app.router.routes.extend(rest_care.probes.routes)
    if probes_only:
        return app
    for router in (
        rest_facts.router,
        rest_edits.router,
        rest_questions.router,
        rest_models.router,
        rest_sql.router,
        rest_model.router,
        rest_care.router,
        rest_operations.router,
        changes.router,
        door.router,
    ):
        app.router.routes.extend(router.routes)
    serve_ui(app)
    _describe_records(app)
    return app


def _describe_records(app: FastAPI) -> None:
    """Publish the records of the wire in the app's OpenAPI document."""
    publish = app.openapi

    def openapi() -> dict[str, Any]:
        document = publish()
        document.setdefault("components", {}).setdefault("schemas", {}).update(RECORDS)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
