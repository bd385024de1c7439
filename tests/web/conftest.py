"""A house with the demo's data and some that is hostile, its UI, and a Chromium that may talk to this machine only.

Chromium, the built UI and axe must be there: what is missing is a failure that says what to run.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebSocket,
    expect,
    sync_playwright,
)

from clew.api.app import create_app
from clew.api.ui import is_built
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from flow.demo_data import EVERY_RECIPE, recipe, records
from web.hostile import ALL as HOSTILE
from web.hostile import KIND
from web.looks import look

TAKEN = {"opened", "accepted", "unchanged", "closed"}
START = "clew_start-token-of-the-web-tests"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--process-per-site",
)
"""No name and no address but this machine's leads anywhere, and the tabs of one visitor share a renderer."""
PATIENCE = 60_000
"""Milliseconds that a test waits for a page: this machine may do other work beside."""
expect.set_options(timeout=PATIENCE / 2)

SETTLED = """() => {
  const waits = document.documentElement.dataset.awaited !== "0" || !document.querySelector("main h1");
  if (waits) { window.settledAt = undefined; return false; }
  window.settledAt ??= performance.now();
  return performance.now() - window.settledAt > 150;
}"""


@dataclass(frozen=True)
class Served:
    """Two addresses of one house: one that trusts this machine, one that asks everybody for a token."""

    open: str
    closed: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo, hostile names and a table of 20,000 columns, served as `clew up` serves them."""
    if not is_built():
        pytest.fail("the web UI is not built: run make ui")
    with House(Settings(home=tmp_path_factory.mktemp("web") / "home")) as house:
        for name in EVERY_RECIPE:
            crawl = records(name)
            house.ledger.register(Source(crawl[0].source, "crawl", recipe(name).connector.rank))
            assert {each.status for each in house.ledger.propose(crawl)} <= TAKEN
        with _listening(house, loopback=True) as trusting, _listening(house, loopback=False) as asking:
            with httpx.Client(base_url=trusting, headers={"Authorization": f"Bearer {START}"}, timeout=60) as client:
                client.post("/v1/model/kinds", json=KIND).raise_for_status()
                said = client.post("/v1/groups", json=HOSTILE).raise_for_status().json()["receipts"]
                assert {each["status"] for each in said} == {"accepted"}, said
            house.catch_up()  # before anybody asks: the followers then have nothing left to do
            house.start()
            yield Served(trusting, asking)


@contextmanager
def _listening(house: House, *, loopback: bool) -> Iterator[str]:
    app = create_app(house, start_token=START, user="ada", loopback=loopback)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a file: while its driver runs, nobody else has an event loop in this process."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Tab:
    """One page of one visitor. What the browser complains of, and what it asks for, is kept."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.abroad: list[str] = []
        self.asked: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.set_default_timeout(PATIENCE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", self._ask)
        page.on("websocket", self._ask)

    def visit(self, path: str) -> Page:
        """Open a path and wait until nothing is awaited any more."""
        self.page.goto(self.base + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the page awaits no answer."""
        self.page.wait_for_function(SETTLED)

    def api(self) -> list[str]:
        """Return the requests to the API so far, and forget them. The tape of changes is none: no page waits for it."""
        asked = [each for each in self.asked if urlsplit(each).path.startswith(("/v1", "/graphql"))]
        self.asked.clear()
        return [each for each in asked if urlsplit(each).path != "/v1/changes"]

    def expect(self, *words: str) -> None:
        """Say which complaints of the browser a test provokes itself."""
        self.expected = words

    def check(self) -> None:
        """Fail for a complaint that was not provoked, and for any request off this machine."""
        assert [each for each in self.complaints if not any(word in each for word in self.expected)] == []
        assert self.abroad == []

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _ask(self, asked: Request | WebSocket) -> None:
        self.asked.append(asked.url)
        if not self._is_here(asked.url):
            self.abroad.append(asked.url)

    @staticmethod
    def _is_here(url: str) -> bool:
        return url.startswith(("data:", "blob:")) or urlsplit(url).hostname == "127.0.0.1"


Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def warm(browser: Browser, served: Served) -> Iterator[Page]:
    """A tab that stays open beside the tests': what it shares with them is Chromium's cache and a running renderer.

    To start those anew costs more than to show a page.
    """
    context = _context(browser)
    page = context.new_page()
    page.goto(f"{served.open}/icon.svg")
    yield page
    context.close()


def _context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce")


@pytest.fixture
def open_tab(browser: Browser, served: Served, warm: Page) -> Iterator[Open]:
    """Return a maker of tabs, each of a visitor who was never here.

    The first one is opened beside the warm tab, and what it stored is forgotten after the test. The others, that of the
    closed house, and one for whom Chromium itself is to be new, have a context of their own.
    """
    tabs: list[Tab] = []

    def open_tab(
        *, width: int = 1440, height: int = 900, scheme: str = "light", closed: bool = False, new: bool = False
    ) -> Tab:
        context = _context(browser) if tabs or closed or new else warm.context
        page = context.new_page()
        look(page, width, height, scheme)
        tabs.append(Tab(page, served.closed if closed else served.open))
        return tabs[-1]

    yield open_tab
    for each in tabs:
        if each.page.context is warm.context:
            each.page.close()
        else:
            each.page.context.close()
    warm.evaluate("() => localStorage.clear()")
    for each in tabs:
        each.check()


@pytest.fixture
def tab(open_tab: Open) -> Tab:
    """A tab of a wide window, in light colours."""
    return open_tab()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = Path(__file__).parents[2] / "services" / "web" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.fail("axe-core is not here: run npm ci in services/web")
    return path.read_text()


AXE = """async () => {
  const run = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] };
  const { violations } = await axe.run(document, run);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)}: ${failureSummary}`));
}"""


def violations(page: Page, axe: str) -> list[str]:
    """Return what axe finds wrong with a page as it stands."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    found: list[str] = page.evaluate(AXE)
    return found


def entity(urn: str, rest: str = "") -> str:
    """Return the path of a thing's page."""
    return f"/entity/{quote(urn, safe='')}{rest}"
