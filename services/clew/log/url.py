"""The log's address: one URL for Kafka and its schema registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from clew_schemas.errors import BadInput

_SECURITY = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")


@dataclass(frozen=True, slots=True)
class LogUrl:
    """`kafka://[user:password@]host:port[,host:port]?registry=URL[&prefix=…][&session=…]`, and for security `security`,
    `mechanism`, `ca`.

    `prefix` goes before the names of topics, subjects and consumer group, so that several ledgers share one Kafka.
    `session` is for how many seconds Kafka waits for a committer that says nothing any more (10), before its standby
    takes over.
    `security` is one of librdkafka's protocols (sasl_ssl where a user is named, else plaintext), `mechanism` that of
    SASL (PLAIN), `ca` a file of certificates.
    """

    brokers: str
    registry: str = field(repr=False)
    prefix: str = ""
    session: float = 10.0
    client: dict[str, str] = field(default_factory=dict, repr=False)
    """librdkafka's settings of security."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL; raise BadInput, which quotes no password, for what is none."""
        parts = urlsplit(url)
        user, _, brokers = parts.netloc.rpartition("@")
        options = dict(parse_qsl(parts.query))
        if parts.scheme != "kafka" or not brokers:
            raise BadInput("this is no address of Kafka", where="CLEW_LOG", hint="kafka://host:9092?registry=http://…")
        registry = options.pop("registry", "")
        if not registry.startswith(("http://", "https://")):
            raise BadInput(
                "the log's URL names no schema registry", where="CLEW_LOG", hint="Add ?registry=http://host:port/…"
            )
        prefix = options.pop("prefix", "")
        session = _seconds(options.pop("session", "10"))
        return cls(brokers, registry, prefix, session, _client(user, options))

    @property
    def proposals(self) -> str:
        """The topic of proposals: several partitions, keyed by source."""
        return f"{self.prefix}clew.proposals.v1"

    @property
    def changes(self) -> str:
        """The topic of commits: one partition."""
        return f"{self.prefix}clew.changes.v1"

    @property
    def group(self) -> str:
        """The consumer group of the committers."""
        return f"{self.prefix}clew.committer"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 300:
        raise BadInput("session= in the log's URL is no time", where="CLEW_LOG", hint="Seconds, 1 to 300")
    return seconds


def _client(user: str, options: dict[str, str]) -> dict[str, str]:
    """Return librdkafka's settings for a user and the options that are left; raise BadInput for unknown ones."""
    security = options.pop("security", "sasl_ssl" if user else "plaintext")
    mechanism, ca = options.pop("mechanism", "PLAIN"), options.pop("ca", "")
    if options or security not in _SECURITY:
        strange = ", ".join(sorted(options)) or f"security={security}"
        raise BadInput(
            f"the log's URL has an unknown option: {strange}",
            where="CLEW_LOG",
            hint=f"registry, prefix, session, ca, mechanism, security (one of {', '.join(_SECURITY)})",
        )
    client = {"security.protocol": security}
    if user:
        name, _, password = user.partition(":")
        client |= {"sasl.mechanism": mechanism, "sasl.username": unquote(name), "sasl.password": unquote(password)}
    return client | ({"ssl.ca.location": ca} if ca else {})
