"""`python -m tools.servers up` starts servers and holds them; `fetch` only downloads."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tools.servers import GIVEN, NAMES, Server, ServerError, fetch, start, stop


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 when a server could not be had or ended by itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, _interrupt)
    options = _parser().parse_args(arguments)
    names = options.names or NAMES
    try:
        if options.verb == "fetch":
            for name, path in fetch(names).items():
                print(f"{name}\t{path}")
            return 0
        return _up(names, options.folder, options.env_file)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    given = " ".join(GIVEN.values())
    parser = argparse.ArgumentParser(prog="python -m tools.servers", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="start servers and hold them until Ctrl-C", epilog=f"URLs are taken from {given}.")
    up.add_argument("--folder", type=Path, help="where data and logs go (a temporary folder, removed at the end)")
    up.add_argument("--env-file", type=Path, help="also write the export lines there; removed at the end")
    for verb in (up, verbs.add_parser("fetch", help="download what the servers need")):
        verb.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; none: all")
    return parser


def _up(names: Sequence[str], folder: Path | None, env_file: Path | None) -> int:
    with contextlib.ExitStack() as end:
        place = folder or Path(end.enter_context(tempfile.TemporaryDirectory(prefix="clew-servers-")))
        if not folder:
            place.chmod(0o755)
        servers = start(names, place).values()
        end.callback(stop, servers)
        lines = [f"export {name}={shlex.quote(url)}" for server in servers for name, url in server.env.items()]
        if env_file:
            end.callback(env_file.unlink, missing_ok=True)
            _write(env_file, lines)
        print("\n".join(lines), flush=True)
        return _hold([server for server in servers if server.log])


def _write(path: Path, lines: Sequence[str]) -> None:
    """Write the file at once and for its owner only: it holds passwords."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text("\n".join(lines) + "\n")
    new.replace(path)


def _hold(servers: Sequence[Server]) -> int:
    """Wait for an interrupt, or for one of the servers to end by itself."""
    while all(server.pids for server in servers):
        time.sleep(1)
    ended = [f"{server.name} ended by itself; see {server.log}" for server in servers if not server.pids]
    raise ServerError("\n".join(ended))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
