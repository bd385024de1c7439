"""Takes the README's pictures of the web UI over a home: `python -m tools.screenshots --home demo/.work/home`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import sync_playwright

CLEW = str(Path(sys.executable).with_name("clew"))
COLUMN = quote("urn:clew:column:(duckdb://nyc,nyc.raw.flights,dep_delay)", safe="")
PAGES = {"lineage": (f"/lineage/{COLUMN}", "light"), "impact": (f"/impact/{COLUMN}", "dark")}
"""By file name, the page and the scheme that it is shown in."""
SETTLED = "() => document.documentElement.dataset.awaited === '0' && document.querySelector('main h1')"
WIDTH, HEIGHT = 1440, 900
PATIENCE = 60.0


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Yield the address of a house that serves a copy of this home."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "home"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("run.json"))
        process = subprocess.Popen([CLEW, "up", "--port", "0"], env={**os.environ, "CLEW_HOME": str(copy)})
        try:
            end = time.monotonic() + PATIENCE
            while not (copy / "run.json").exists():
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit("the house did not start")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{json.loads((copy / 'run.json').read_text())['port']}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--into", type=Path, default=Path("docs/images"))
    given = arguments.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    with served(given.home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (path, scheme) in PAGES.items():
            size = {"width": WIDTH, "height": HEIGHT}
            page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(address + path)
            page.wait_for_function(SETTLED)
            page.wait_for_timeout(1_000)  # what moves has come to rest
            page.screenshot(path=given.into / f"{name}.png")
            print(given.into / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
