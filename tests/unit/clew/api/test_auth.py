"""Who is let in, and what for."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from clew.api.app import create_app
from clew.api.auth import PREFIX, Gate, Shown, hash_token, is_loopback, new_token, same_origin
from clew.errors import Forbidden, Unauthenticated
from clew.house import House
from clew.ledger import Source
from clew.ledger.port import TokenRow
from unit.clew.api.conftest import Connect
from unit.clew.api.wire import DEP_DELAY, FLIGHTS, START, group, says

NOTE = says(FLIGHTS, "documentation", {"text": "Flights."})


def make_token(steward: TestClient, **said: Any) -> str:
    answer = steward.post("/v1/tokens", json={"name": "robot", "scopes": ["read", "write"], "source": "etl", **said})
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["secret"]
    return secret


@pytest.fixture
def etl(house: House) -> None:
    house.ledger.register(Source("etl", "time"))


def error_of(answer: Any) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    return error


class TestTokens:
    def test_a_new_token_is_recognisable_and_only_its_hash_is_needed(self) -> None:
        secret, hashed = new_token()
        assert secret.startswith(PREFIX) and len(secret) > 40
        assert hashed == hash_token(secret) and secret not in hashed
        assert new_token()[0] != secret

    def test_the_secret_is_shown_once_and_kept_nowhere(self, steward: TestClient, house: House, etl: None) -> None:
        secret = make_token(steward)
        (row,) = house.ledger.tokens()
        assert row.hash == hash_token(secret)
        listed = steward.get("/v1/tokens").text
        assert "robot" in listed and secret not in listed and row.hash not in listed

    def test_an_unknown_token_opens_nothing_even_on_this_machine(self, connect: Connect) -> None:
        answer = connect("clew_of-somebody-else").get("/v1/search")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "clew token create" in error_of(answer)["hint"]

    def test_a_revoked_token_opens_nothing_any_more(self, steward: TestClient, connect: Connect, etl: None) -> None:
        robot = connect(make_token(steward))
        assert robot.get("/v1/search").status_code == 200
        assert steward.delete("/v1/tokens/robot").json()["token"]["revoked"] is True
        assert robot.get("/v1/search").status_code == 401

    def test_a_scope_that_a_token_lacks_is_refused(self, steward: TestClient, connect: Connect, etl: None) -> None:
        reader = connect(make_token(steward, scopes=["read"]))
        writer = connect(make_token(steward, name="writer", scopes=["write"]))
        assert reader.get("/v1/search").status_code == 200
        assert reader.post("/v1/groups", json=group(NOTE)).status_code == 403
        assert writer.post("/v1/groups", json=group(NOTE)).status_code == 200
        assert writer.get("/v1/search").status_code == 403
        for admin in (reader.get("/v1/tokens"), writer.post("/v1/admin/rebuild", json={})):
            assert (admin.status_code, error_of(admin)["code"]) == (403, "forbidden")

    def test_a_token_writes_for_its_own_source_only_and_signs(
        self, steward: TestClient, connect: Connect, house: House, etl: None
    ) -> None:
        robot = connect(make_token(steward))
        foreign = robot.post("/v1/groups", json=group(NOTE, source="other"))
        assert (foreign.status_code, error_of(foreign)["where"]) == (403, "source")
        assert robot.post("/v1/groups", json=group(NOTE, source="steward")).status_code == 403
        assert house.ledger.head_seq() == 0
        assert all(source.name != "other" for source in house.ledger.sources())
        assert robot.post("/v1/groups", json=group(NOTE, author="somebody grand")).status_code == 200
        assert house.ledger.tail(0)[0].author == "robot"

    @pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer "])
    def test_another_kind_of_authorization_is_no_anonymous_request(self, local: TestClient, header: str) -> None:
        assert local.get("/v1/search", headers={"Authorization": header}).status_code == 401

    def test_names_are_used_once_and_writers_need_a_registered_source(self, steward: TestClient, etl: None) -> None:
        make_token(steward)
        again = steward.post("/v1/tokens", json={"name": "robot", "scopes": ["read"]})
        unbound = steward.post("/v1/tokens", json={"name": "other", "scopes": ["write"], "source": "nobody"})
        assert (again.status_code, unbound.status_code) == (409, 400)
        assert steward.delete("/v1/tokens/nobody").status_code == 404


class TestStartToken:
    def test_it_writes_for_any_source_and_is_the_steward(self, steward: TestClient, house: House) -> None:
        for at, source in enumerate(("steward", "brand-new", "derived.sql")):
            note = says(FLIGHTS, "documentation", {"text": f"Note {at}."})
            answer = steward.post("/v1/groups", json=group(note, id=str(at), source=source))
            assert answer.json()["receipts"][0]["status"] == "accepted", answer.text

    def test_the_author_of_a_steward_is_the_owner_of_the_process(self, steward: TestClient, house: House) -> None:
        steward.post("/v1/groups", json=group(NOTE, source="steward", author="mallory"))
        steward.post("/v1/groups", json=group(NOTE, source="import", author="bo"))
        assert [commit.author for commit in house.ledger.tail(0)] == ["ada", "bo"]

    def test_without_a_start_token_no_secret_is_the_steward(self, house: House, connect: Connect) -> None:
        for guess in ("", "None", START):
            gate = Gate(house.ledger, start_token=None, user="ada", loopback=True)
            with pytest.raises(Unauthenticated):
                gate.admit(Shown(bearer=guess, client="127.0.0.1", host="localhost"))


class TestLoopback:
    def test_a_client_on_this_machine_reads_and_writes_plainly(self, local: TestClient, house: House) -> None:
        assert local.post("/v1/groups", json=group(NOTE)).status_code == 200
        assert local.get("/v1/entities/flights").status_code == 200
        assert Source("etl", "time", 50, "loopback") in house.ledger.sources()

    @pytest.mark.parametrize("source", ["steward", "derived.sql", "derived.classifier"])
    def test_it_is_no_authority(self, local: TestClient, house: House, source: str) -> None:
        answer = local.post("/v1/groups", json=group(NOTE, source=source))
        assert (answer.status_code, error_of(answer)["code"]) == (403, "forbidden")
        assert answer.json()["receipts"][0]["status"] == "refused"
        assert house.ledger.head_seq() == 0

    def test_it_does_not_write_for_a_source_of_another_door(self, local: TestClient, steward: TestClient) -> None:
        steward.post("/v1/sources", json={"name": "vault", "order": "time", "door": "token"})
        steward.post("/v1/sources", json={"name": "crawler", "order": "time"})
        assert local.post("/v1/groups", json=group(NOTE, source="vault")).status_code == 403
        assert local.post("/v1/groups", json=group(NOTE, source="crawler")).status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/tokens"),
            ("POST", "/v1/tokens"),
            ("DELETE", "/v1/tokens/x"),
            ("POST", "/v1/sources"),
            ("DELETE", "/v1/sources/etl"),
            ("POST", "/v1/parked/1/replay"),
            ("DELETE", "/v1/parked/1"),
            ("POST", "/v1/admin/rebuild"),
            ("POST", "/v1/admin/doctor"),
        ],
    )
    def test_it_is_never_an_admin(self, local: TestClient, method: str, path: str) -> None:
        body = {"name": "x", "scopes": ["admin"], "order": "time"} if path in ("/v1/tokens", "/v1/sources") else None
        allowed = {"/v1/tokens": {"name", "scopes"}, "/v1/sources": {"name", "order"}}.get(path, set())
        said = None if body is None or method != "POST" else {k: v for k, v in body.items() if k in allowed}
        assert local.request(method, path, json=said).status_code == 403

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:7400", "localhost.evil.example", "127.0.0.1.x", ""])
    def test_a_foreign_host_name_is_refused_so_that_rebinding_fails(self, local: TestClient, host: str) -> None:
        answer = local.get("/v1/search", headers={"Host": host})
        assert (answer.status_code, error_of(answer)["where"]) == (403, "Host")

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7400", "127.0.0.1:1", "[::1]:7400", "[::1]"])
    def test_the_machines_own_names_are_taken(self, local: TestClient, host: str) -> None:
        assert local.get("/v1/search", headers={"Host": host}).status_code == 200

    def test_a_host_name_does_not_matter_with_a_token(self, steward: TestClient) -> None:
        assert steward.get("/v1/search", headers={"Host": "clew.example"}).status_code == 200

    def test_a_client_elsewhere_needs_a_token(self, connect: Connect) -> None:
        assert connect(address="192.0.2.7").get("/v1/search").status_code == 401
        assert connect(START, address="192.0.2.7").get("/v1/search").status_code == 200

    def test_bound_elsewhere_nobody_comes_without_a_token(self, house: House, connect: Connect) -> None:
        bound = create_app(house, start_token=START, user="ada", loopback=False)
        assert connect(app=bound).get("/v1/search").status_code == 401
        assert connect(START, app=bound).get("/v1/search").status_code == 200

    def test_probes_need_no_token_anywhere(self, house: House, connect: Connect) -> None:
        bound = connect(app=create_app(house, loopback=False), address="192.0.2.7")
        assert [bound.get(f"/health/{name}").status_code for name in ("live", "ready")] == [200, 200]


class TestCookies:
    COOKIE = f"clew_token={START}"

    def test_the_cookie_is_as_good_as_the_token(self, local: TestClient) -> None:
        assert local.get("/v1/tokens", headers={"Cookie": self.COOKIE}).status_code == 200
        assert local.get("/v1/tokens", headers={"Cookie": "clew_token=clew_wrong"}).status_code == 401

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            (None, 200),
            ("http://127.0.0.1:7400", 200),
            ("http://127.0.0.1:9999", 403),
            ("https://evil.example", 403),
            ("null", 403),
            ("http://[", 403),
        ],
    )
    def test_it_writes_from_its_own_pages_only(self, local: TestClient, origin: str | None, status: int) -> None:
        headers = {"Cookie": self.COOKIE} | ({} if origin is None else {"Origin": origin})
        assert local.post("/v1/groups", json=group(NOTE), headers=headers).status_code == status

    def test_a_foreign_page_does_not_write_through_a_client_without_a_token(self, local: TestClient) -> None:
        headers = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
        assert local.post("/v1/groups", content=b"{}", headers=headers).status_code == 403

    def test_a_bearer_token_needs_no_origin(self, steward: TestClient) -> None:
        headers = {"Origin": "https://tool.example"}
        assert steward.post("/v1/groups", json=group(NOTE), headers=headers).status_code == 200

    def test_a_foreign_page_may_not_mutate_by_graphql(self, local: TestClient) -> None:
        headers = {"Cookie": self.COOKIE, "Origin": "https://evil.example"}
        query = f'mutation {{ retract(urn: "{DEP_DELAY}", aspect: "tags") {{ status }} }}'
        answer = local.post("/graphql", json={"query": query}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"]["code"] == "forbidden"


class Kept:
    """Tokens that are kept in a list."""

    def __init__(self, *rows: TokenRow) -> None:
        self._rows = rows

    def tokens(self) -> list[TokenRow]:
        return list(self._rows)


def test_the_bearer_token_goes_before_the_cookie() -> None:
    rows = Kept(TokenRow("a", hash_token("one"), ("read",), "", 0, False))
    gate = Gate(rows, start_token="two", user="ada", loopback=True)
    assert gate.admit(Shown(bearer="one", cookie="two")).name == "a"
    with pytest.raises(Unauthenticated):
        gate.admit(Shown(bearer="three", cookie="two"))
    with pytest.raises(Forbidden):
        gate.admit(Shown(bearer="one")).check_scope("write")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:192.0.2.1", False),
        ("192.0.2.1", False),
        ("testclient", False),
        (None, False),
    ],
)
def test_loopback_is_told_by_the_address(address: str | None, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_an_origin_is_the_same_only_with_its_port() -> None:
    assert same_origin("http://Localhost:1", "localhost:1")
    assert not same_origin("http://localhost", "localhost:1")
    assert not same_origin("null", "")
