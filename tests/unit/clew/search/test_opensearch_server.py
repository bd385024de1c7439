"""What an OpenSearch server may answer, and what becomes of it: from a server that answers as it is told."""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread
from typing import Any, NamedTuple

import orjson
import pytest

from clew.search import opensearch_bulk
from clew.search.opensearch_bulk import PAUSES, Bulk, Entry, chunks
from clew.search.opensearch_index import OpenSearchIndex
from clew.search.opensearch_link import Link, address_of
from clew_schemas.errors import BadInput, Forbidden, OurError, Stale, Unreachable

INFO = {"version": {"number": "2.19.6", "distribution": "opensearch"}}


class Asked(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: bytes


class Stub:
    """A server that answers each path with what it is told, the last of it again and again, and keeps the questions."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._told: dict[str, list[tuple[int, bytes]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Stub:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answers(self, path: str, *told: tuple[int, bytes]) -> None:
        self._told[path] = list(told)

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        self.asked.append(asked)
        told = self._told[asked.path.partition("?")[0]]
        return told.pop(0) if len(told) > 1 else told[0]

    def _handler(stub) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = stub.answer(Asked(self.path, headers, body))
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def reply(status: int, said: object) -> tuple[int, bytes]:
    return status, said if isinstance(said, bytes) else orjson.dumps(said)


PASSWORD = "p%40ß-sesame"


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


def nobody() -> str:
    """Return the address of a port on which nobody answers."""
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


# The URL.


def test_a_url_says_where_who_and_which_index() -> None:
    found = address_of("https://ann:p%40ss@search.example/proxy/?index=prod_2&ca_certs=/etc/ca.pem")
    assert (found.host, found.port, found.path, found.tls) == ("search.example", 443, "/proxy", True)
    assert (found.user, found.password, found.index, found.ca_certs) == ("ann", "p@ss", "prod_2", "/etc/ca.pem")
    assert found.where == "https://ann@search.example:443/proxy"
    assert "p@ss" not in repr(found)


def test_a_url_may_say_little() -> None:
    found = address_of("http://[::1]")
    assert (found.host, found.port, found.tls, found.index, found.user) == ("::1", 9200, False, "main", "")
    assert found.where == "http://[::1]:9200"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:9200",
        "opensearch://h",
        "http://",
        "http://h:x",
        "http://h:99999",
        "http://u:sesame@@h",
        "http://u:ses/ame@h",
        "http://h/#f",
        "http://h/?index=a-1",
        "http://h/?index=A",
        "http://h/?index=*",
        "http://h/?colour=red",
        "http://h/?index",
    ],
)
def test_what_is_no_url_is_refused_and_not_cited(url: str) -> None:
    with pytest.raises(BadInput, match="OpenSearch") as refused:
        address_of(url)
    assert "sesame" not in str(refused.value) and "ame@" not in str(refused.value)


# The server.


def test_a_server_that_is_away_is_waited_for_and_then_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    where = nobody()
    with pytest.raises(Unreachable, match="can't be reached") as away:
        OpenSearchIndex.open(f"http://ann:sesame@{where}", patience=0.5)
    assert where in str(away.value) and "sesame" not in str(away.value)
    assert caplog.text.count("GET http") > 2
    assert "sesame" not in caplog.text


def test_a_server_that_is_still_starting_is_asked_again(stub: Stub) -> None:
    stub.answers("/", *[reply(503, {})] * 4, reply(200, INFO))
    Link(stub.url).connect(patience=10)
    assert len(stub.asked) == 5


def test_a_wrong_password_is_forbidden_at_once_and_in_no_message(stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stub.answers("/", reply(401, {"error": f"Unauthorized for p@ß-sesame in {PASSWORD}"}))
    with pytest.raises(Forbidden, match="refuses this user or password") as refused:
        OpenSearchIndex.open(stub.url.replace("//", f"//ann:{PASSWORD}@"))
    assert len(stub.asked) == 1
    scheme, _, pair = stub.asked[0].headers["authorization"].partition(" ")
    assert (scheme, b64decode(pair).decode()) == ("Basic", "ann:p@ß-sesame")
    assert "sesame" not in str(refused.value) and refused.value.__cause__ is None
    assert pair not in caplog.text


def test_what_a_server_says_is_cited_without_the_password(stub: Stub) -> None:
    link = Link(stub.url.replace("//", "//ann:sesame@"))
    stub.answers("/", reply(403, {"error": {"type": "security_exception", "reason": "no permissions for sesame"}}))
    with pytest.raises(Forbidden, match=r"security_exception: no permissions for \*\*\*"), link.translating():
        link.client.info()


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"version": {"number": "8.1.0", "build_flavor": "default"}}, "no OpenSearch"),
        ({"version": {"number": "2.3.9", "distribution": "opensearch"}}, "2.3 is too old"),
        ({}, "no OpenSearch"),
        (["hello"], "no OpenSearch"),
    ],
)
def test_another_server_is_told_from_ours(stub: Stub, info: object, said: str) -> None:
    stub.answers("/", reply(200, info))
    with pytest.raises(BadInput, match=said):
        OpenSearchIndex.open(stub.url)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Unreachable), (503, Unreachable), (404, Stale), (400, OurError), (500, OurError)]
)
def test_errors_say_who_must_act(stub: Stub, status: int, kind: type[Exception]) -> None:
    stub.answers("/", reply(status, {"error": {"type": "some_exception", "reason": "of this kind"}}))
    link = Link(stub.url)
    with pytest.raises(kind, match=r"some_exception: of this kind.*127\.0\.0\.1"), link.translating():
        link.client.info()


def test_an_answer_that_is_no_json_is_an_error_in_words(stub: Stub) -> None:
    stub.answers("/", reply(200, b"<html>"))
    link = Link(stub.url)
    with pytest.raises(OurError, match="could not do it"), link.translating():
        link.client.info()


# Bulks.

DONE = {"status": 201}
BUSY = {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "queue is full"}}
CONFLICT = {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "newer"}}


def bulk_reply(*items: Mapping[str, Any]) -> tuple[int, bytes]:
    return reply(200, {"errors": True, "items": [{"index": item} for item in items]})


def sent(asked: Asked) -> list[dict[str, Any]]:
    """Return the action lines of a bulk."""
    actions = [orjson.loads(line) for line in asked.body.splitlines()[::2]]
    return [action["index"] for action in actions]


class Sleeper:
    """Keeps how long it was told to sleep, and does not."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def bulk(stub: Stub, sleeper: Sleeper) -> Bulk:
    return Bulk(Link(stub.url), "door", sleeper)


def test_documents_carry_their_seq_as_version_and_never_make_an_index(stub: Stub, bulk: Bulk) -> None:
    stub.answers("/door/_bulk", bulk_reply(DONE, DONE))
    bulk.write({"1": b"{}", "2": b"{}"}, at=7)
    (asked,) = stub.asked
    assert sent(asked) == [{"_id": id, "version": 7, "version_type": "external_gte"} for id in ("1", "2")]
    assert "require_alias=true" in asked.path


def test_only_what_a_busy_server_refused_is_sent_again(stub: Stub, bulk: Bulk, sleeper: Sleeper) -> None:
    stub.answers("/door/_bulk", bulk_reply(DONE, BUSY, BUSY), bulk_reply(BUSY, DONE), bulk_reply(DONE))
    bulk.write({"1": b"{}", "2": b"{}", "3": b"{}"}, at=7)
    assert [[each["_id"] for each in sent(asked)] for asked in stub.asked] == [["1", "2", "3"], ["2", "3"], ["2"]]
    assert sleeper.pauses == list(PAUSES[:2])


def test_a_bulk_that_is_refused_whole_is_sent_again(stub: Stub, bulk: Bulk, sleeper: Sleeper) -> None:
    stub.answers("/door/_bulk", reply(429, {"error": {"type": "circuit_breaking_exception"}}), bulk_reply(DONE))
    bulk.write({"1": b"{}"}, at=7)
    assert len(stub.asked) == 2 and sleeper.pauses == [PAUSES[0]]


def test_a_server_that_stays_busy_is_given_up_with_more_and_more_patience(
    stub: Stub, bulk: Bulk, sleeper: Sleeper
) -> None:
    stub.answers("/door/_bulk", bulk_reply(BUSY))
    with pytest.raises(Unreachable, match="too much to do"):
        bulk.write({"1": b"{}"}, at=7)
    assert sleeper.pauses == list(PAUSES) == sorted(PAUSES)


@pytest.mark.parametrize(
    ("status", "type", "kind"),
    [
        (400, "mapper_parsing_exception", OurError),
        (403, "cluster_block_exception", Unreachable),
        (503, "unavailable_shards_exception", Unreachable),
        (404, "index_not_found_exception", Stale),
    ],
)
def test_no_refused_document_is_passed_over(
    stub: Stub, bulk: Bulk, status: int, type: str, kind: type[Exception]
) -> None:
    refused = {"status": status, "error": {"type": type, "reason": "so"}}
    stub.answers("/door/_bulk", bulk_reply(DONE, refused))
    with pytest.raises(kind):
        bulk.write({"1": b"{}", "2": b"{}"}, at=7)


def test_what_stands_there_gives_way_unless_it_is_newer(stub: Stub, bulk: Bulk) -> None:
    standing = [
        {"found": True, "_seq_no": 4, "_primary_term": 1, "_source": {"at": 9}},
        {"found": True, "_seq_no": 5, "_primary_term": 1, "_source": {"at": 3}},
        {"found": True, "_seq_no": 6, "_primary_term": 1, "_source": {"at": "x"}},
        {"found": False},
    ]
    stub.answers("/door/_bulk", bulk_reply(*[CONFLICT] * 4), bulk_reply(DONE, DONE, DONE))
    stub.answers("/door/_mget", reply(200, {"docs": standing}))
    bulk.write(dict.fromkeys("1234", b"{}"), at=7)
    assert sent(stub.asked[-1]) == [
        {"_id": "2", "if_seq_no": 5, "if_primary_term": 1},
        {"_id": "3", "if_seq_no": 6, "if_primary_term": 1},
        {"_id": "4", "op_type": "create"},
    ]


def test_by_force_newer_ones_give_way_too(stub: Stub, bulk: Bulk) -> None:
    stub.answers("/door/_bulk", bulk_reply(CONFLICT), bulk_reply(CONFLICT), bulk_reply(DONE))
    newer = {"found": True, "_seq_no": 4, "_primary_term": 1, "_source": {"at": 9}}
    stub.answers("/door/_mget", reply(200, {"docs": [newer]}))
    bulk.write({"1": b"{}"}, at=7, force=True)
    assert sent(stub.asked[-1]) == [{"_id": "1", "if_seq_no": 4, "if_primary_term": 1}]


def test_a_document_that_others_change_all_the_time_is_given_up(stub: Stub, bulk: Bulk) -> None:
    stub.answers("/door/_bulk", bulk_reply(CONFLICT))
    older = {"found": True, "_seq_no": 4, "_primary_term": 1, "_source": {"at": 3}}
    stub.answers("/door/_mget", reply(200, {"docs": [older]}))
    with pytest.raises(Unreachable, match="changed by others"):
        bulk.write({"1": b"{}"}, at=7)


def test_chunks_are_bounded_and_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensearch_bulk, "CHUNK_BYTES", 10)
    monkeypatch.setattr(opensearch_bulk, "CHUNK_DOCUMENTS", 3)
    sizes = [1, 1, 1, 1, 8, 3, 99, 2, 10, 10]
    found = list(chunks(Entry(str(at), b"x" * size, {}) for at, size in enumerate(sizes)))
    assert [[len(entry.body) for entry in chunk] for chunk in found] == [
        [1, 1, 1],
        [1, 8],
        [3],
        [99],
        [2],
        [10],
        [10],
    ]
    assert list(chunks([])) == []
