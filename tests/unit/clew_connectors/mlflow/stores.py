"""Real MLflow stores, trained once for all tests of a session."""

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECRET = "hunter2-and-more"
LEAK = f"postgres://ada:{SECRET}@db.example/shop"


@functools.cache
def trained() -> Path:
    """Return the folder of the stores that `train.py` makes."""
    folder = Path(tempfile.mkdtemp(prefix="clew-trained-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    script = Path(__file__).with_name("train.py")
    done = subprocess.run([sys.executable, str(script), str(folder), LEAK], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def configuration(name: str = "good.db", **more: Any) -> dict[str, Any]:
    """Return a configuration that reads one of the stores."""
    store = trained() / name
    tracking = f"sqlite:///{store}" if name.endswith(".db") else store.as_uri()
    source = f"duckdb://{trained() / 'flights.duckdb'}"
    return {"tracking": tracking, "namespace": "mlflow://nyc", "namespaces": {source: "duckdb://nyc"}, **more}
