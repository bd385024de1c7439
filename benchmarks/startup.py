"""Starting: `import clew`, a command, `clew up` until it answers, and the memory that it takes with the demo in it.

    python -m benchmarks.startup [--home demo/.work/home]

What is started is compiled to bytecode, as pip leaves it. Baseline: the interpreter alone.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, emit, of_samples

import clew
import clew_schemas

CLEW = str(Path(sys.executable).with_name("clew"))
TIMES = 9


def timed(*command: str) -> list[float]:
    """Return the milliseconds that a command took, each time."""
    found = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def up(home: Path) -> tuple[float, float]:
    """Return the seconds until a house of this home answers, and the MB that it holds then."""
    (home / "run.json").unlink(missing_ok=True)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [CLEW, "up", "--port", "0"],
        env={**os.environ, "CLEW_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (home / "run.json").exists():
            time.sleep(0.005)
        port = json.loads((home / "run.json").read_text())["port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/search?q=delay") as answer:
            json.load(answer)
        seconds = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
        held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    return seconds, held


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--home", type=Path, default=Path("demo/.work/home"))
    demo = arguments.parse_args().home
    for package in (clew, clew_schemas):
        compileall.compile_dir(package.__path__[0], quiet=1)
    bare = timed(sys.executable, "-c", "pass")
    baseline = f"the interpreter alone {median(bare):.0f} ms"
    imported = [each - median(bare) for each in timed(sys.executable, "-c", "import clew")]
    emit(of_samples("import clew, beyond the interpreter", imported, "ms", budget=150, baseline=baseline))
    emit(of_samples("clew --version", timed(CLEW, "--version"), "ms", baseline=baseline))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if demo.is_dir():
            shutil.copytree(demo, home)
        else:
            home.mkdir()
        found = [up(home) for _ in range(3)]
    what = "with the demo" if demo.is_dir() else "empty"
    emit(of_samples(f"clew up until it answers, {what}", [each[0] for each in found], "s", budget=2.0))
    emit(Figure(f"memory of clew up, {what}", median(each[1] for each in found), "MB", 200.0))


if __name__ == "__main__":
    main()
