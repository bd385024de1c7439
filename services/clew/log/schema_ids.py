"""The schema registry, asked over HTTP as Confluent's: which id means which schema."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from clew_schemas.errors import BadInput, Conflict, Forbidden, NotFound, Unreachable
from clew_schemas.wire import Envelope

_TYPE = "application/vnd.schemaregistry.v1+json"


class SchemaIds:
    """A registry's client; threads may share it. An id that was found means the same for ever."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.where = _without_user(url)
        # Like Kafka itself, it stands in the house: no proxy of the environment is asked.
        self._client = httpx.Client(
            base_url=url, transport=transport, timeout=10, headers={"Accept": _TYPE}, trust_env=False
        )
        self._schemas: dict[int, str] = {}
        self._written_in: dict[tuple[int, str], bool] = {}

    def register(self, topic: str, envelope: Envelope) -> int:
        """Make the schema of a topic's values known, or find it known; return its id.

        Raises Conflict when the registry holds another schema there, BadInput when it is no registry, Forbidden when
        it refuses us, Unreachable when it does not answer.
        """
        subject = quote(f"{topic}-value", safe="")
        answer = self._ask("POST", f"subjects/{subject}/versions", {"schema": envelope.text})
        if answer.status_code == 409:
            raise Conflict(
                f"the registry holds a schema for {topic} that {envelope.name} is incompatible with",
                where=self.where,
                hint="Another program uses this topic, or another Clew: set a prefix in CLEW_LOG",
            )
        return int(self._said(answer, "id"))

    def schema(self, number: int) -> str:
        """Return the schema of an id; raise NotFound for an unknown one, and what `register` raises."""
        if number not in self._schemas:
            answer = self._ask("GET", f"schemas/ids/{number}", None)
            if answer.status_code == 404 and _is_json(answer):
                raise NotFound(f"the registry knows no schema {number}", hint="Register the schema, and use its id")
            self._schemas[number] = str(self._said(answer, "schema"))
        return self._schemas[number]

    def check(self, number: int, envelope: Envelope) -> None:
        """Raise BadInput unless an id means the envelope's schema; else what `schema` raises."""
        key = number, envelope.name
        if key not in self._written_in:
            self._written_in[key] = envelope.is_written_in(self.schema(number))
        if not self._written_in[key]:
            raise BadInput(
                f"the schema {number} is not that of {envelope.name}", hint="Write with the published schema, unchanged"
            )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Unreachable(
                f"the schema registry does not answer ({type(error).__name__})",
                where=self.where,
                hint="Start it, or mend registry= in CLEW_LOG",
            ) from None
        if answer.status_code in (401, 403):
            raise Forbidden("the schema registry refuses us", where=self.where, hint="Mend registry= in CLEW_LOG")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unreachable(f"the schema registry fails: HTTP {answer.status_code}", where=self.where)
        return answer

    def _said(self, answer: httpx.Response, member: str) -> Any:
        if answer.status_code == 200 and _is_json(answer):
            said = answer.json()
            if isinstance(said, dict) and member in said:
                return said[member]
        raise BadInput(
            f"no schema registry answers there (HTTP {answer.status_code})",
            where=self.where,
            hint="registry= in CLEW_LOG is the base of a registry that speaks Confluent's API, …/apis/ccompat/v7",
        )


def _is_json(answer: httpx.Response) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    return True


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
