"""Verbs that run a house: up, rebuild, doctor."""

from __future__ import annotations

import logging
import os
import signal
import socket
from enum import StrEnum
from ipaddress import ip_address
from types import FrameType
from typing import Annotated, Any

import typer

from clew.cli import render
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.errors import Forbidden, Unreachable
from clew.home import drop_run_file, write_run_file
from clew.settings import DEFAULT_PORT, Settings

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


def up(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback, only with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = DEFAULT_PORT,
) -> None:
    """Run the whole house in this process: API, followers, reactors."""
    import uvicorn

    from clew.api.app import create_app
    from clew.api.auth import new_token
    from clew.cli.local import author
    from clew.house import House

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = Settings.from_environment()
    with House(settings) as house:
        loopback = is_loopback(host)
        if not loopback and not any(not row.revoked for row in house.ledger.tokens()):
            raise Forbidden(
                f"{host} is no loopback address, and there is no token",
                where="--host",
                hint="Make one first: clew token create NAME",
            )
        listening = _listen(host, port)
        token, _ = new_token()
        app = create_app(house, start_token=token, user=author(), loopback=loopback)
        house.start()
        chosen = listening.getsockname()[1]
        write_run_file(settings.home, {"port": chosen, "pid": os.getpid(), "token": token})
        render.console.print(f"clew is up: http://{host}:{chosen}/v1 and /graphql, home {settings.home}", markup=False)
        signal.signal(signal.SIGTERM, _leave)
        try:
            uvicorn.Server(uvicorn.Config(app, **_SERVER)).run(sockets=[listening])
        finally:
            drop_run_file(settings.home)


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
    views: Annotated[list[View] | None, typer.Argument(help="Which views; both when none is named.")] = None,
    as_json: Json = False,
) -> None:
    """Draw views anew from the ledger, beside the old ones; reads go on."""
    with reached(Settings.from_environment()) as house:
        done = house.rebuild([view.value for view in views or list(View)])
    render.print_json(done) if as_json else render.rows(done)


def doctor(
    mend: Annotated[bool, typer.Option(help="Mend what differs.")] = True,
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
        said = f"{len(report['findings'])} differ, {report['mended']} mended" if report["findings"] else "all is well"
        render.console.print(f"{said}; head {report['head']}, positions {report['positions']}", markup=False)
    left = len(report["findings"]) - report["mended"]
    if left or report["failing"]:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    for verb in (up, rebuild, doctor):
        app.command()(verb)
