"""How the search reaches its OpenSearch: the URL, the client, and what goes wrong said in words.

A password is used to connect and is nowhere else: not in an error, not in a log, not in `where`.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionError,
    ImproperlyConfigured,
    NotFoundError,
    OpenSearchException,
    SerializationError,
    SSLError,
    TransportError,
)
from opensearchpy.helpers.errors import ScanError
from opensearchpy.serializer import JSONSerializer
from urllib3 import Timeout

from clew_schemas.errors import BadInput, ClewError, Forbidden, OurError, Stale, Unreachable
from clew_schemas.scrub import BLANK, scrub

T = TypeVar("T")

DEFAULT_INDEX = "main"
OLDEST = (2, 4)
"""The first OpenSearch with points in time."""

_TIMEOUT = Timeout(connect=5.0, read=60.0)
"""Seconds; a large bulk on a busy server takes several."""
_GREETING = {"request_timeout": 10}
_CONNECTIONS = 16
_LATER = (429, 502, 503, 504)
"""What a server answers that has too much to do, or is still starting."""
_SAID_MOST = 300
_HINT = "CLEW_SEARCH is https://user:password@host:9200/?index=name; write @ : / % in a password as %40 %3A %2F %25"


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL says. `where` is the same without the password, for errors."""

    host: str
    port: int
    path: str
    tls: bool
    user: str
    password: str = field(repr=False)
    index: str
    ca_certs: str | None
    where: str


def address_of(url: str) -> Address:
    """Take a URL apart: `https://user:password@host:port/path?index=name`; raises BadInput, which does not cite it.

    `index` tells several houses on one server apart: small letters, digits and `_`. The path is that of a proxy
    before the server. `ca_certs` names a file of authorities that sign the server's certificate.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        said = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise _no_url() from None
    index, ca_certs = said.pop("index", [DEFAULT_INDEX])[-1], said.pop("ca_certs", [None])[-1]
    plain = parts.netloc.count("@") < 2 and "@" not in parts.path and not parts.fragment and not said
    # No hyphen: `clew-a-1` must not be a generation of one house and the alias of another.
    if parts.scheme not in ("http", "https") or not host or not plain or not re.fullmatch(r"[a-z0-9_]{1,64}", index):
        raise _no_url()
    tls, path = parts.scheme == "https", parts.path.rstrip("/")
    port = port or (443 if tls else 9200)
    user = unquote(parts.username or "")
    shown = f"{user}@" if user else ""
    where = f"{parts.scheme}://{shown}{f'[{host}]' if ':' in host else host}:{port}{path}"
    return Address(host, port, path, tls, user, unquote(parts.password or ""), index, ca_certs, where)


class Link:
    """The way to one server, shared by the generations of an index on it. It connects when it is first used."""

    def __init__(self, url: str) -> None:
        self._address = address_of(url)
        self.index = self._address.index
        self.where = self._address.where
        self.client = self._made()
        self._holders = 0
        self._lock = Lock()

    def hold(self) -> None:
        """Count one more user of the link."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """Count one less; the last one closes the connections."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self.client.close()

    def connect(self, patience: float) -> None:
        """Wait until the server answers, so many seconds, asking less and less often; then raise Unreachable.

        A password that is refused is no better a second later: that is Forbidden at once. So is BadInput for a
        server that is no OpenSearch, or too old a one.
        """
        self._check(self.patiently(lambda: self.client.info(params=_GREETING), patience))

    def patiently(self, ask: Callable[[], T], patience: float, *, settling: bool = False) -> T:
        """Return what `ask` returns; while the server is away or busy, ask again, so many seconds at most.

        With `settling`, also while an index is not there: another may just take its place.
        """
        end, pause = time.monotonic() + patience, 0.1
        while True:
            try:
                return ask()
            except OpenSearchException as error:
                later = may_go_well_later(error) or (settling and isinstance(error, NotFoundError))
                if not later or time.monotonic() + pause > end:
                    raise self.translated(error) from None
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise the driver's errors as ours."""
        try:
            yield
        except (OpenSearchException, ScanError) as error:
            raise self.translated(error) from None

    def translated(self, error: Exception) -> ClewError:
        """Return an error in words: who must act, and nothing of the password."""
        said = self._said(error)
        if isinstance(error, AuthenticationException):
            what, hint = "the search server refuses this user or password", "Mend them in CLEW_SEARCH"
            return self._error(Forbidden, what, hint)
        if isinstance(error, AuthorizationException):
            what, hint = f"the search server does not allow it: {said}", "Grant the user what it needs"
            return self._error(Forbidden, what, hint)
        if isinstance(error, SSLError):
            what, hint = f"the search server's certificate won't do: {said}", "?ca_certs= names a file of authorities"
            return self._error(Unreachable, what, hint)
        if may_go_well_later(error):
            hint = "Start the server, or check host, port and memory"
            return self._error(Unreachable, f"the search server can't be reached or can't do it now: {said}", hint)
        if isinstance(error, NotFoundError | ScanError):
            hint = "Ask again; if it stays so, start Clew anew: the index is redrawn from the ledger"
            return self._error(Stale, f"the index was replaced or deleted on the search server: {said}", hint)
        return self._error(OurError, f"the search server could not do it: {said}", "Look into the server's log")

    def _error(self, kind: type[ClewError], what: str, hint: str) -> ClewError:
        return kind(what, where=self.where, hint=hint)

    def _said(self, error: Exception) -> str:
        said = scrub(" ".join(_reason(error).split()))[:_SAID_MOST]
        return said.replace(self._address.password, BLANK) if self._address.password else said

    def _check(self, info: dict[str, Any]) -> None:
        version = info.get("version", {}) if isinstance(info, dict) else {}
        number = re.match(r"(\d+)\.(\d+)", str(version.get("number", "")))
        if version.get("distribution") != "opensearch" or number is None:
            raise self._error(BadInput, "what answers there is no OpenSearch", _HINT)
        if (int(number[1]), int(number[2])) < OLDEST:
            wanted = ".".join(map(str, OLDEST))
            raise self._error(BadInput, f"OpenSearch {number[0]} is too old", f"Take {wanted} or newer")

    def _made(self) -> OpenSearch:
        address = self._address
        tls = {"use_ssl": True, "verify_certs": True, "ca_certs": address.ca_certs} if address.tls else {}
        host = {"host": address.host, "port": address.port, "url_prefix": address.path, **tls}
        try:
            return OpenSearch(
                hosts=[host],
                headers=_credentials(address),
                serializer=_Json(),
                timeout=_TIMEOUT,
                pool_maxsize=_CONNECTIONS,
                max_retries=1,
            )
        except (ImproperlyConfigured, OSError, ValueError):
            raise _no_url() from None


class _Json(JSONSerializer):
    """JSON by orjson: the driver's own takes most of the time of a large answer."""

    def dumps(self, data: Any) -> Any:
        return data if isinstance(data, str | bytes) else orjson.dumps(data)

    def loads(self, s: str) -> Any:
        try:
            return orjson.loads(s)
        except ValueError as error:
            raise SerializationError(s[:_SAID_MOST], error) from error


def may_go_well_later(error: Exception) -> bool:
    """Say whether the same may go well in a while: the server was not there, or had too much to do."""
    if isinstance(error, SSLError):
        return False
    return isinstance(error, ConnectionError) or (isinstance(error, TransportError) and error.status_code in _LATER)


def is_about_now(error: Exception) -> bool:
    """Say whether the server told that it, or one of its parts, had too much to do."""
    return isinstance(error, TransportError) and error.status_code == 429


def _credentials(address: Address) -> dict[str, str]:
    # Made here: the driver would write them in Latin-1, which not every password fits into.
    if not address.user:
        return {}
    pair = b64encode(f"{address.user}:{address.password}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def _reason(error: Exception) -> str:
    """Return what the server, or else the driver, gave as the reason."""
    info = getattr(error, "info", None)
    found = info.get("error") if isinstance(info, dict) else None
    if isinstance(found, dict):
        causes = found.get("root_cause") or [found]
        return f"{causes[0].get('type')}: {causes[0].get('reason')}"
    if isinstance(error, ConnectionError):
        return type(info).__name__ if isinstance(info, Exception) else "no answer"
    return str(error)


def _no_url() -> BadInput:
    return BadInput("not a URL of an OpenSearch server", where="CLEW_SEARCH", hint=_HINT)
