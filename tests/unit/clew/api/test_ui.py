"""The web UI as it is served: which paths are pages, how long what is kept, what a page may load."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from clew.api.ui import PAGES, POLICY, UNBUILT, serve_ui

WEB = Path(__file__).parents[4] / "services" / "web"
SCRIPT = "assets/index-8a7b6c5d.js"
CODE = b"console.log('clew')\n" * 50


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(f'<!doctype html><script type="module" src="/{SCRIPT}"></script>')
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / SCRIPT).write_bytes(CODE)
    (tmp_path / f"{SCRIPT}.gz").write_bytes(gzip.compress(CODE))
    (tmp_path.parent / "secret.txt").write_text("not to be served")
    return tmp_path


@pytest.fixture
def page(built: Path) -> Iterator[TestClient]:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    serve_ui(app, built)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/search", "/search?q=<script>", "/entity/urn%3Aclew%3Adataset%3A(a%2F%2Fb,c)", "/lineage/x/y"]
)
def test_addresses_of_the_ui_are_the_one_document(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 200
    assert SCRIPT in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/assets/gone.js", "/searching", "/assets/../secret.txt"])
def test_other_addresses_are_not_pages(page: TestClient, path: str) -> None:
    assert page.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/entity/../../secret.txt", "/assets/%2e%2e/x"]
)
def test_no_path_leads_out_of_the_folder(page: TestClient, path: str) -> None:
    assert "not to be served" not in page.get(path).text


def test_hashed_files_are_kept_for_good_and_come_gzipped(page: TestClient) -> None:
    answer = page.get(f"/{SCRIPT}")
    assert answer.content == CODE  # the client unpacks it
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    plain = page.get(f"/{SCRIPT}", headers={"Accept-Encoding": "identity"})
    assert (plain.content, "content-encoding" in plain.headers) == (CODE, False)


def test_what_the_browser_has_is_not_sent_again(page: TestClient) -> None:
    first = page.get("/icon.svg")
    again = page.get("/icon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_a_build_a_page_says_what_to_run(tmp_path: Path) -> None:
    app = FastAPI()
    serve_ui(app, tmp_path)
    answer = TestClient(app).get("/search")
    assert answer.status_code == 503
    assert answer.text.strip() == UNBUILT
    assert UNBUILT.count(": run ") == 1


def test_the_api_answers_beside_it_and_nothing_is_sniffed(local: TestClient) -> None:
    assert local.get("/v1/health").status_code == 200
    for path in ("/", "/v1/health", "/nothing"):
        headers = local.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_every_route_of_the_ui_is_served_and_none_besides() -> None:
    routes = re.findall(r'path: "/([a-z-]*)', (WEB / "src" / "router.tsx").read_text())
    assert sorted({each for each in routes if each}) == sorted(PAGES)


def test_no_page_shadows_a_route_of_the_api(app: FastAPI) -> None:
    taken = {path.split("/")[1] for path in app.openapi()["paths"]}
    assert not taken & {*PAGES, "assets"}
