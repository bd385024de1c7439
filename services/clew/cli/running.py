"""Verbs that run a house: up, serve, rebuild, doctor."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clew.cli import render
from clew.cli.explained import explained
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.collector import calm
from clew.errors import BadInput, Forbidden, Unreachable
from clew.home import RUN_FILE, write_run_file
from clew.settings import DEFAULT_PORT, Role, Settings

if TYPE_CHECKING:
    from clew.house import House

Host = Annotated[str, typer.Option(help="Address to listen on; other than loopback, only with a token.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")]

_SOON = 1.0
"""Seconds after the start when what nobody asked for yet is made ready."""
_SERVER: dict[str, Any] = {
    "log_level": "warning",
    "lifespan": "on",
    "proxy_headers": False,  # the client's address is the real peer's
    "timeout_graceful_shutdown": 3,  # who listens to the tape must not keep the house from closing
}


class View(StrEnum):
    """A view that can be drawn anew."""

    GRAPH = "graph"
    SEARCH = "search"
    RELATIONS = "relations"


def up(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback, only with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = DEFAULT_PORT,
) -> None:
    """Run the whole house in this process: API, followers, reactors."""
    from clew.api.auth import new_token
    from clew.house import House

    token, _ = new_token()
    settings = Settings.from_environment()
    with House(settings) as house:
        _serve(house, host, port, settings.home / RUN_FILE, token)


def serve(
    role: Annotated[list[Role], typer.Option(help="api, committer, materialiser; may be given again.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback, only with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = DEFAULT_PORT,
    run_file: Annotated[Path | None, typer.Option(help="Where to write port and pid.")] = None,
) -> None:
    """Run some roles of a house on servers; the same role may run in several processes."""
    from clew.house import House

    settings = Settings.from_environment()
    if settings.uses_home:
        raise BadInput(
            "roles are for a house on servers",
            where="CLEW_LEDGER, CLEW_GRAPH, CLEW_SEARCH",
            hint="Set all three, or run everything in one process: clew up",
        )
    with House(settings, frozenset(role)) as house:
        _serve(house, host, port, run_file, None)


def _serve(house: House, host: str, port: int, run_file: Path | None, token: str | None) -> None:
    """Listen until the process is told to end; `token` opens everything, and stands in the run file."""
    import uvicorn

    from clew.api.app import create_app
    from clew.api.deadline import DeadlineProtocol
    from clew.api.ui import UNBUILT, is_built
    from clew.cli.local import author

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "opensearch"):  # a line a request, while nothing is wrong
        logging.getLogger(chatty).setLevel(logging.WARNING)
    loopback = is_loopback(host)
    if not loopback and not any(not row.revoked for row in house.ledger.tokens()):
        raise Forbidden(
            f"{host} is no loopback address, and there is no token",
            where="--host",
            hint="Make one first: clew token create NAME",
        )
    listening = _listen(host, port)
    has_api = Role.API in house.roles
    app = create_app(house, start_token=token, user=author(), loopback=loopback, probes_only=not has_api)
    house.start()
    calm()
    chosen = listening.getsockname()[1]
    faces = " (also /v1 and /graphql)" if has_api else "/health"
    roles = ", ".join(sorted(house.roles))
    later = threading.Timer(_SOON, app.state.desk.schema.now)  # built before anybody asks, and in nobody's way
    try:
        signal.signal(signal.SIGTERM, _leave)
        if run_file is not None:
            write_run_file(run_file, {"port": chosen, "pid": os.getpid(), **({"token": token} if token else {})})
        render.console.print(f"clew is up: http://{host}:{chosen}{faces}, {roles}", markup=False, highlight=False)
        if has_api and not is_built():
            render.console.print(UNBUILT, markup=False, highlight=False)
        later.start()
        uvicorn.Server(uvicorn.Config(app, http=DeadlineProtocol, **_SERVER)).run(sockets=[listening])
    finally:
        later.cancel()
        if later.is_alive():
            later.join()  # nothing is loaded any more while the house closes and the interpreter goes
        if run_file is not None:
            run_file.unlink(missing_ok=True)


def _leave(number: int, frame: FrameType | None) -> None:
    """End by unwinding, so that the house is closed; the server sends the signal on after its own shutdown."""
    raise SystemExit(0)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise Unreachable(
            f"can't listen: {error.strerror}", where=f"{host}:{port}", hint="Choose another: --port 0 takes a free one"
        ) from error
    return listening


def rebuild(
    views: Annotated[list[View] | None, typer.Argument(help="Which views; all when none is named.")] = None,
    as_json: Json = False,
) -> None:
    """Draw views anew from the ledger, beside the old ones; reads go on."""
    with reached(Settings.from_environment()) as house:
        done = house.rebuild([view.value for view in views or list(View)])
    render.print_json(done) if as_json else render.rows(done)


def doctor(
    mend: Annotated[bool, typer.Option(help="Mend what differs.")] = True,
    explain: Annotated[bool, typer.Option("--explain", help="Print every number, and what it means.")] = False,
    as_json: Json = False,
) -> None:
    """Compare every item of the views with the ledger; name what differs, and mend it."""
    with reached(Settings.from_environment()) as house:
        report = house.doctor(mend)
    if as_json:
        render.print_json(report)
    else:
        for finding in report["findings"]:
            render.console.print(f"{finding['view']}: {finding['item']}: {finding['said']}", markup=False)
        for parked in report["parked"]:
            what = parked["reasons"][0]["what"] if parked["reasons"] else ""
            render.console.print(f"parked {parked['id']}: {parked['source']} {parked['group']}: {what}", markup=False)
        for name, error in report["failing"].items():
            render.console.print(f"failing: {name}: {error}", markup=False)
        if explain:
            render.rows([{"": name, "now": now, "means": means} for name, now, means in explained(report)])
        said = f"{len(report['findings'])} differ, {report['mended']} mended" if report["findings"] else "all is well"
        if report["undecided"]:
            said += f", {report['undecided']} undecided, being written all the time"
        render.console.print(f"{said}; head {report['head']}, positions {report['positions']}", markup=False)
    left = len(report["findings"]) - report["mended"]
    if left or report["failing"]:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    for verb in (up, serve, rebuild, doctor):
        app.command()(verb)
