"""The address of a log."""

from __future__ import annotations

import pytest

from clew.errors import BadInput
from clew.log import LogUrl

REGISTRY = "http://r:8081/apis/ccompat/v7"


def test_an_address_names_brokers_registry_and_topics() -> None:
    url = LogUrl.parse(f"kafka://a:9092,b:9092?registry={REGISTRY}&prefix=eu.&session=3")
    assert (url.brokers, url.registry, url.session) == ("a:9092,b:9092", REGISTRY, 3.0)
    assert (url.proposals, url.changes) == ("eu.clew.proposals.v1", "eu.clew.changes.v1")
    assert url.group == "eu.clew.committer"
    assert url.client == {"security.protocol": "plaintext"}


def test_a_user_is_sent_over_tls_and_shown_nowhere() -> None:
    url = LogUrl.parse("kafka://me:p%40ss@a:9092?registry=http://me:hunter2@r/&mechanism=SCRAM-SHA-512&ca=/ca.pem")
    assert url.client == {
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "me",
        "sasl.password": "p@ss",
        "ssl.ca.location": "/ca.pem",
    }
    assert url.brokers == "a:9092"
    assert not any(secret in repr(url) for secret in ("p@ss", "p%40ss", "hunter2"))


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"http://a?registry={REGISTRY}", "no address of Kafka"),
        (f"kafka://?registry={REGISTRY}", "no address of Kafka"),
        ("kafka://me:hunter2@a:9092", "names no schema registry"),
        ("kafka://me:hunter2@a:9092?registry=r", "names no schema registry"),
        (f"kafka://me:hunter2@a?registry={REGISTRY}&colour=red", "unknown option: colour"),
        (f"kafka://me:hunter2@a?registry={REGISTRY}&security=none", "unknown option: security=none"),
        (f"kafka://a?registry={REGISTRY}&session=long", "session="),
        (f"kafka://a?registry={REGISTRY}&session=0", "session="),
    ],
)
def test_what_is_no_address_is_said_without_its_password(url: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as caught:
        LogUrl.parse(url)
    assert caught.value.where == "CLEW_LOG"
    assert "hunter2" not in str(caught.value)
