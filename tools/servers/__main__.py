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
from typing import NoReturn

from tools.servers import GIVEN, NAMES, Server, ServerError, fetch, guard, start, stop

log = logging.getLogger("tools.servers")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 when a server could not be had or ended by itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for each in (signal.SIGTERM, signal.SIGINT):  # a shell's background job would ignore the second
        signal.signal(each, _interrupt)
    options = _parser().parse_args(arguments)
    names = options.names or NAMES
    try:
        if options.verb == "fetch":
            for name, path in fetch(names).items():
                print(f"{name}\t{path}")
        else:
            _up(names, options.folder, options.env_file)
    except ServerError as error:
        log.error("%s", error)
        return 1
    except KeyboardInterrupt:
        log.info("stopped")
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


def _up(names: Sequence[str], folder: Path | None, env_file: Path | None) -> None:
    with contextlib.ExitStack() as end:
        servers = start(names, folder or _scratch()).values()
        end.callback(stop, servers)
        lines = [f"export {name}={shlex.quote(url)}" for server in servers for name, url in server.env.items()]
        if env_file:
            end.callback(env_file.unlink, missing_ok=True)
            _write(env_file, lines)
        print("\n".join(lines), flush=True)
        _hold([server for server in servers if server.log])


def _scratch() -> Path:
    """A folder that goes with this process, open to the users whom servers run as."""
    folder = Path(tempfile.mkdtemp(prefix="clew-servers-"))
    guard.scratch(folder)
    folder.chmod(0o755)
    return folder


def _write(path: Path, lines: Sequence[str]) -> None:
    """Write the file at once and for its owner only: it holds passwords."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text("\n".join(lines) + "\n")
    new.replace(path)


def _hold(servers: Sequence[Server]) -> NoReturn:
    """Hold the servers until an interrupt; ServerError when one of them ends by itself."""
    while True:
        for server in servers:
            server.check()
        time.sleep(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
