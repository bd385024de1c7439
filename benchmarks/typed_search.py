"""Search while typing, in a real Chromium against a real API: from a key to the frame in which its hits stand.

    python -m benchmarks.typed_search [--tables 5000]

Each word is typed letter by letter into the search box of every page, a letter when the hits of the one before stand:
so each prefix is asked for, none of them cached. Baseline: the question alone, asked of the house in process. A table
makes two assets, itself and the job that loads it: 110,000 are 200,000 assets. Of the views only search is drawn, and
reactors have come to the end, so that no question waits. Needs the built UI (`make ui`) and chromium.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, emit, of_samples, p95
from benchmarks.warehouse import DOMAINS, NOUNS, SUBJECTS, Warehouse
from benchmarks.web import ARGUMENTS, serving
from benchmarks.windows import quietest
from playwright.sync_api import Page, sync_playwright

from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.search import SearchQuery
from clew.settings import Settings

ME = Viewer("bench")
TOGETHER = 25
"""Groups in one call: one transaction."""
MOST = 8
"""Hits that the box asks for."""
WINDOWS = 2
"""In so many what is typed is measured, five words in each."""
WORDS = [f"{DOMAINS[at]} {SUBJECTS[at]} {NOUNS[at]}" for at in range(len(DOMAINS))]

SHOWN = "(of) => window.typed.some((each) => each.of === of)"
WATCH = """() => {
  const field = document.querySelector("search input");
  window.typed = [];
  let begun = 0;
  field.addEventListener("input", () => { begun = performance.now(); }, true);
  new MutationObserver(() => {
    const list = document.querySelector(".suggestions [role=listbox]");
    const wanted = field.value.trim();
    if (begun === 0 || list === null || list.dataset.of !== wanted) return;
    const since = begun;
    begun = 0;
    requestAnimationFrame(() => window.typed.push({ of: wanted, took: performance.now() - since }));
  }).observe(document.querySelector("search"), { subtree: true, childList: true, attributes: true });
}"""


def typed(page: Page, base: str, words: Sequence[str]) -> dict[str, float]:
    """Return by prefix the milliseconds from its last key to its hits."""
    page.goto(f"{base}/search")
    field = page.get_by_role("combobox", name="Search")
    field.focus()
    page.evaluate(WATCH)
    for word in words:
        field.fill("")
        for at, letter in enumerate(word):
            page.keyboard.type(letter)
            if letter != " ":
                page.wait_for_function(SHOWN, arg=word[: at + 1].strip())
    # What was typed before is answered from the page's memory: the first time counts.
    return {each["of"]: each["took"] for each in reversed(page.evaluate("() => window.typed"))}


def measure(house: House) -> None:
    """Type in a browser of its own, and ask the house the same."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not here: apt-get install chromium")
    with serving(house) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(ARGUMENTS))
        page, words = browser.new_page(viewport={"width": 1440, "height": 900}), iter(WORDS)
        windows = quietest(lambda: typed(page, base, list(islice(words, 5))), WINDOWS, 3 * WINDOWS)
        browser.close()
    took = {text: each for window in windows.kept for text, each in window.items()}
    alone = []
    for text in took:
        begun = time.perf_counter()
        house.questions.find(SearchQuery(text, facets=("kind",), limit=MOST), ME)
        alone.append((time.perf_counter() - begun) * 1000)
    assets = int(house.questions.find(SearchQuery("", facets=(), limit=1), ME).total)
    baseline = f"the question alone {median(alone):.0f} ms, p95 {p95(alone):.0f}; {windows.said}"
    times = list(took.values())
    emit(of_samples(f"search while typing, {assets:,} assets", times, "ms", budget=100, baseline=baseline))
    emit(Figure(f"search while typing, {assets:,} assets, p95", p95(times), "ms"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=5_000)
    tables = arguments.parse_args().tables
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder) / "home")) as house:
        house.ledger.register(Source("bench", "time"))
        every = Warehouse().groups(tables)
        while groups := list(islice(every, TOGETHER)):
            house.ledger.propose(groups)
        for keeper in (*(each for each in house.followers if each.name == "search"), *house.reactors):
            while keeper.step():
                pass
        house.freshness.catch_up = None  # the other views stay behind: nothing is asked of them
        measure(house)


if __name__ == "__main__":
    main()
