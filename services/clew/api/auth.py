"""Who asks, and what they may do. Every request passes this gate first.

A token comes as `Authorization: Bearer` or as the cookie of the page that `clew up` prints. The start token is steward
and admin; a ledger's token has its scopes and writes for one source; its secret is kept as a SHA-256 only, which is
enough for 32 random bytes. Without a token a client on this machine may read, and write for sources of no authority.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from clew.errors import Forbidden, Unauthenticated
from clew.ledger import Source
from clew.ledger.port import STEWARD, Scope, TokenRow
from clew.query.answer import Viewer

COOKIE = "clew_token"
PREFIX = "clew_"
"""What every secret begins with, so that scanners recognise one that leaked."""
DERIVED = "derived."
OPEN_DOORS = frozenset({"connector", "loopback"})
"""Doors of the sources for which a client on this machine writes without a token."""

_LOOPBACK_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)
_ASK_FOR_ONE = "Send `Authorization: Bearer <token>`; make one with clew token create"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `source` is the only one it writes for, None for any that its door allows. `author` signs its edits."""

    name: str
    scopes: frozenset[Scope]
    author: str | None
    source: str | None = None
    door: str = "direct"

    @property
    def viewer(self) -> Viewer:
        """As whom questions are asked."""
        return Viewer(self.name, frozenset(self.scopes))

    def check_scope(self, scope: Scope) -> None:
        """Raise Forbidden unless this principal has the scope."""
        if scope not in self.scopes:
            raise Forbidden(
                f"{self.name} has not the scope {scope!r}",
                hint=f"Use a token with that scope: clew token create --scope {scope}",
            )

    def check_source(self, name: str, known: Source | None) -> None:
        """Raise Forbidden unless this principal may write for the source; `known` is it as registered, if it is."""
        if self.source is not None and self.source != name:
            raise Forbidden(
                f"the token {self.name!r} writes for the source {self.source!r} only, not for {name!r}",
                where="source",
                hint="Create a token for that source: clew token create --source",
            )
        if self.door == "loopback" and _needs_token(name, known):
            raise Forbidden(f"the source {name!r} is not written without a token", where="source", hint=_ASK_FOR_ONE)

    def signs(self, source: str, said: str | None) -> str | None:
        """Return the author of a group: its own word counts only where no token names one, and never as steward."""
        if self.source is not None or source == STEWARD:
            return self.author
        return said or self.author


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows at the gate. `bad` is an Authorization header of another kind; `safe` a reading method."""

    bearer: str | None = None
    cookie: str | None = None
    bad: bool = False
    client: str | None = None
    host: str = ""
    origin: str | None = None
    safe: bool = True


class Tokens(Protocol):
    """Where tokens are kept."""

    def tokens(self) -> list[TokenRow]:
        """Return every kept token."""


class Gate:
    """Tells principals apart. `loopback` says that the API is bound to this machine only; `user` owns the process."""

    def __init__(self, tokens: Tokens, *, start_token: str | None, user: str, loopback: bool) -> None:
        self._tokens = tokens
        self._start = None if start_token is None else hash_token(start_token)
        self._user = user
        self._loopback = loopback

    def admit(self, shown: Shown) -> Principal:
        """Return who asks; raise Unauthenticated, or Forbidden for a request that another site has its hand in."""
        if shown.bad:
            raise Unauthenticated("the Authorization header carries no bearer token", hint=_ASK_FOR_ONE)
        if shown.bearer is None and not shown.safe and not same_origin(shown.origin, shown.host):
            raise Forbidden(
                "another site's page may not write here", where="Origin", hint="Send the token as a bearer token"
            )
        secret = shown.bearer if shown.bearer is not None else shown.cookie
        return self._by_address(shown) if secret is None else self._by_token(secret)

    def _by_token(self, secret: str) -> Principal:
        hashed = hash_token(secret)
        if self._start is not None and hmac.compare_digest(hashed, self._start):
            return Principal(self._user, frozenset({"read", "write", "admin"}), self._user)
        # Every row is compared, so that the time taken does not tell which one is near.
        matches = [row for row in self._tokens.tokens() if hmac.compare_digest(hashed, row.hash)]
        if not matches:
            raise Unauthenticated("this token is not known here", hint=_ASK_FOR_ONE)
        row = matches[0]
        if row.revoked:
            raise Unauthenticated(f"the token {row.name!r} was revoked", hint=_ASK_FOR_ONE)
        return Principal(row.name, frozenset(row.scopes), row.name, source=row.source)

    def _by_address(self, shown: Shown) -> Principal:
        if not self._loopback or not is_loopback(shown.client):
            raise Unauthenticated("a token is needed here", hint=_ASK_FOR_ONE)
        if not _LOOPBACK_HOST.fullmatch(shown.host):
            raise Forbidden(
                f"without a token this machine is called localhost, not {shown.host[:100]!r}",
                where="Host",
                hint="Use http://localhost or http://127.0.0.1, or send a token",
            )
        return Principal("loopback", frozenset({"read", "write"}), None, door="loopback")


def new_token() -> tuple[str, str]:
    """Return a new secret, to be shown once, and its hash, to be kept."""
    secret = PREFIX + secrets.token_urlsafe(32)
    return secret, hash_token(secret)


def hash_token(secret: str) -> str:
    """Return the hash under which a token is kept: SHA-256, in hex."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def same_origin(origin: str | None, host: str) -> bool:
    """Say whether a request comes from no page, or from a page of this very host."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.casefold() == host.casefold() != ""
    except ValueError:
        return False


def is_loopback(client: str | None) -> bool:
    """Say whether an address is of this machine."""
    try:
        address = ipaddress.ip_address(client or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _needs_token(name: str, known: Source | None) -> bool:
    guarded = known is not None and known.door not in OPEN_DOORS
    return name == STEWARD or name.startswith(DERIVED) or guarded
