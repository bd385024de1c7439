"""A script that records runs until it is told to stop, and says on its output what the house has acknowledged."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import clew


def main(home: str, name: str, stop: Path) -> None:
    """Record runs named `<name>-<n>` until the file `stop` is there.

    Prints `flushed <n>` when the house has everything up to run n, and at the end how many runs there were.
    """
    client = clew.connect(home=home, project="flow")
    for number in itertools.count():
        with client.run(f"{name}-{number}", describe_environment=False) as run:
            run.log_params({"number": number})
            run.log_metric("rmse", number)
        if number % 20 == 0 and client.flush(20):
            print(f"flushed {number}", flush=True)
        if stop.exists():
            break
        time.sleep(0.01)
    client.close(2)
    stats = client.stats()
    print(f"runs {number + 1} dropped {stats.dropped} refused {stats.refused}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
