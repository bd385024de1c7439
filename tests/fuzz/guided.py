"""Fuzzing guided by coverage: readers under libFuzzer, by atheris, which keeps the inputs that reach something new.

    make fuzz                                 # each reader for a minute
    make fuzz READERS="sql http" SECONDS=600

Ends with 0 when every input kept the readers' promises; else says which did not, and where they were written.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
from contextlib import redirect_stderr
from pathlib import Path

import atheris

MODULES = ["clew", "clew_schemas", "clew_connectors", "clew_sql", "fuzz"]
"""What is instrumented."""

with redirect_stderr(io.StringIO()), atheris.instrument_imports(include=MODULES):
    from fuzz.readers import OURS, READERS, warm

    warm()  # engines and GraphQL are loaded late


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("reader", nargs="*", help=f"of {', '.join(OURS)} (none: all)")
    asked.add_argument("--seconds", type=int, default=60, help="how long each (0: until --runs)")
    asked.add_argument("--runs", type=int, default=-1, help="how many inputs of each at most (-1: any)")
    asked.add_argument("--seed", type=int, default=0, help="where chance begins (0: anywhere)")
    asked.add_argument("--kept", type=Path, help="a folder of inputs that is begun with and added to, by reader")
    asked.add_argument("--failed", type=Path, default=Path(tempfile.gettempdir()), help="where bad inputs are written")
    said = asked.parse_args()
    if unknown := set(said.reader) - set(READERS):
        asked.error(f"no such reader: {', '.join(sorted(unknown))}")
    failed = [name for name in said.reader or OURS if not holds(name, said)]
    if failed:
        print(f"promises not kept by: {', '.join(failed)}")
    return bool(failed)


def holds(name: str, said: argparse.Namespace) -> bool:
    """Say whether a reader kept its promises."""
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()  # libFuzzer ends its process where it stands, and what it left is swept here
        if child == 0:
            tempfile.tempdir = folder
            fuzz(name, said, Path(folder))
        return os.waitpid(child, 0)[1] == 0


def write_seeds(name: str, folder: Path) -> None:
    """Write a reader's good inputs to `seeds` and the words that inputs are made of to `words`."""
    reader = READERS[name]
    (folder / "seeds").mkdir()
    for at, seed in enumerate(reader.seeds()):
        (folder / "seeds" / str(at)).write_bytes(seed)
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in sorted({*reader.words.split(), "\n"}))
    (folder / "words").write_text("".join(f'"{each}"\n' for each in escaped))


def fuzz(name: str, said: argparse.Namespace, work: Path) -> None:
    """Try inputs until time or count is over, or one breaks a promise; the process ends here."""
    print(f"{name}:", flush=True)
    write_seeds(name, work)
    folders = [said.kept / name, work / "seeds"] if said.kept else [work / "seeds"]
    folders[0].mkdir(parents=True, exist_ok=True)
    options = {
        "max_total_time": said.seconds,
        "runs": said.runs,
        "seed": said.seed,
        "dict": work / "words",
        "max_len": 20_000,
        "timeout": 30,
        "rss_limit_mb": 4096,
        "print_final_stats": 1,
        "artifact_prefix": said.failed / f"{name}-",
    }
    flags = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *flags, *map(str, folders)], READERS[name].read)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
