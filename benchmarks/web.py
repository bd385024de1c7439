"""The lineage page at its limit: 500 tables with 5,000 column edges, from a real API, in a real Chromium.

    python -m benchmarks.web [--runs 5]

The graph is made by rule: eleven layers, 1,500 links between tables, 10 columns a table, every column shown. All times
are taken in the page. *First render* is from the last byte of the answer to the frame in which the graph stands; *pan*
are frames while the mouse drags the graph (16.7 ms is one frame at 60 Hz); *highlight* is from pointing at a column to
the second frame after it (two frames are 33 ms). Without a GPU, as on this machine, the canvas is drawn by the CPU.
Needs the built UI (`make ui`) and chromium.
"""

from __future__ import annotations

import argparse
import random
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from benchmarks.figures import emit, of_samples, p95
from benchmarks.windows import quietest
from playwright.sync_api import Browser, Page, sync_playwright

from clew.api.app import create_app
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas import Group, event

TABLES, COLUMNS, LINKS, EDGES = 500, 10, 1_500, 5_000
LAYERS = (1, 8, 41, 57, 57, 57, 57, 57, 57, 57, 51)
CHILDREN = 8
"""Links that leave a table at most: as many neighbours as the page asks for of each card."""
FRAMES = 90
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


def table(number: int) -> str:
    return f"urn:clew:dataset:(duckdb://bench,bench.layer.t{number:03})"


def links(roll: random.Random) -> list[tuple[int, int]]:
    """Return links from table to table: one into each but the first from the layer before, the rest up to 3 layers."""
    layer = [at for at, size in enumerate(LAYERS) for _ in range(size)]
    children = [0] * TABLES
    found: set[tuple[int, int]] = set()

    def join(low: int, high: int, to: int) -> None:
        near = [each for each in range(TABLES) if low <= layer[each] <= high and children[each] < CHILDREN]
        source = roll.choice(near) if near else -1
        if source >= 0 and (source, to) not in found:
            found.add((source, to))
            children[source] += 1

    for to in range(1, TABLES):
        join(layer[to] - 1, layer[to] - 1, to)
    while len(found) < LINKS:
        to = roll.randrange(1, TABLES)
        join(layer[to] - 3, layer[to] - 1, to)
    return sorted(found)


def groups() -> Iterator[Group]:
    """Yield the graph: a schema a table, and lineage a link, column edges spread over the links."""
    roll = random.Random(7)  # noqa: S311 - the same graph each time
    for number in range(TABLES):
        said = {"columns": [{"name": f"column_{each}", "type": "INTEGER"} for each in range(COLUMNS)]}
        yield Group("bench", f"schema-{number}", (event(table(number), "schema", said),))
    pairs = links(roll)
    chosen: dict[tuple[int, int], set[tuple[int, int]]] = {pair: set() for pair in pairs}
    told = 0
    while told < EDGES:
        pair = pairs[told % len(pairs)]
        edge = roll.randrange(COLUMNS), roll.randrange(COLUMNS)
        told += edge not in chosen[pair]
        chosen[pair].add(edge)
    for (source, to), edges in chosen.items():
        columns = [[0, f"column_{b}", 0, f"column_{a}", "IDENTITY", 1.0] for a, b in sorted(edges)]
        lineage: dict[str, Any] = {"inputs": [table(source)], "outputs": [table(to)], "columns": columns}
        job = f"urn:clew:job:(dbt://bench,job.{source}.{to})"
        yield Group("bench", f"job-{source}-{to}", (event(job, "lineage", lineage),))


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a house with the graph; give its address."""
    with House(Settings(home=home)) as house:
        house.ledger.register(Source("bench", "time"))
        house.ledger.propose(list(groups()))
        house.start()
        house.catch_up()
        with serving(house) as base:
            yield base


@contextmanager
def serving(house: House) -> Iterator[str]:
    """Serve a house; give its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(create_app(house), log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


RENDER = """() => {
  const drawn = performance.getEntriesByName("clew.lineage.drawn")[0].startTime;
  const answer = performance.getEntriesByType("resource").find((each) => each.name.includes("/v1/neighbourhood"));
  return { render: drawn - answer.responseEnd, answer: answer.responseEnd - answer.requestStart, all: drawn };
}"""

PAN = """(frames) => new Promise((done) => {
  const pane = document.querySelector(".react-flow__pane");
  const at = (step) => ({ bubbles: true, cancelable: true, view: window, button: 0, buttons: 1,
    clientX: 760 + 220 * Math.sin(step / 9), clientY: 500 + 120 * Math.sin(step / 7) });
  pane.dispatchEvent(new MouseEvent("mousedown", at(0)));
  const times = [];
  let [last, step] = [0, 0];
  const next = (now) => {
    if (step > 0) times.push(now - last);
    last = now;
    if (step++ === frames) {
      window.dispatchEvent(new MouseEvent("mouseup", at(step)));
      return done(times);
    }
    window.dispatchEvent(new MouseEvent("mousemove", at(step)));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""

POINT = """(row) => new Promise((done) => {
  const begun = performance.now();
  row.dispatchEvent(new MouseEvent("mouseover", { bubbles: true, view: window }));
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const took = performance.now() - begun;
    row.dispatchEvent(new MouseEvent("mouseout", { bubbles: true, view: window, relatedTarget: document.body }));
    requestAnimationFrame(() => requestAnimationFrame(() => done(took)));
  }));
})"""


def look(browser: Browser, base: str) -> dict[str, Any]:
    """Open the page as somebody who was there before, and return what was measured."""
    page: Page = browser.new_page(viewport={"width": 1440, "height": 900})
    address = f"{base}/lineage/{quote(table(0), safe='')}?up=0&down=10&most=500&open=all"
    for _ in range(2):
        page.goto(address)
        page.wait_for_selector(".graph[data-ready=true]")
    counts = page.locator(".lineage-counts").inner_text()
    found: dict[str, Any] = {"counts": counts, **page.evaluate(RENDER)}
    found["pan near"] = page.evaluate(PAN, FRAMES)
    rows = page.locator(".card-row:not(.loose)").element_handles()[:12]
    found["highlight"] = [page.evaluate(POINT, row) for row in rows]
    found["elements near"] = page.evaluate("() => document.querySelectorAll('.graph *').length")
    page.get_by_role("button", name="Show all (f)").click()
    page.wait_for_selector(".graph:not([data-detail=cards])")
    found["pan far"] = page.evaluate(PAN, FRAMES)
    found["elements far"] = page.evaluate("() => document.querySelectorAll('.graph *').length")
    page.close()
    return found


def report(looks: Sequence[dict[str, Any]], windows: str) -> None:
    """Print the figures."""
    said = f"{looks[0]['counts']}; {windows}"
    near, far, lit = ([each for one in looks for each in one[name]] for name in ("pan near", "pan far", "highlight"))
    emit(of_samples("first render", [each["render"] for each in looks], "ms", budget=500, baseline=said))
    emit(of_samples("answer of the API", [each["answer"] for each in looks], "ms"))
    emit(of_samples("address to graph, cache warm", [each["all"] for each in looks], "ms"))
    emit(of_samples("pan, cards near, a frame", near, "ms", budget=17.5, baseline=f"p95 {p95(near):.1f} ms"))
    emit(of_samples("pan, all of it, a frame", far, "ms", budget=17.5, baseline=f"p95 {p95(far):.1f} ms"))
    emit(of_samples("highlight", lit, "ms", budget=50, baseline=f"p95 {p95(lit):.1f} ms"))
    emit(of_samples("elements near", [each["elements near"] for each in looks], "elements"))
    emit(of_samples("elements far", [each["elements far"] for each in looks], "elements"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.error("chromium is not here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(ARGUMENTS))
        windows = quietest(lambda: look(browser, base), runs, 2 * runs)
        report(windows.kept, windows.said)
        browser.close()


if __name__ == "__main__":
    main()
