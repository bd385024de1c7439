"""The web UI: files that were built beforehand, served with headers that let a page load only what is its own.

The files are read once, when the app is made: what is served stays of one build, and no request reaches the disk.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUILT = Path(__file__).parent / "static"
INDEX = "index.html"
ASSETS = "assets/"
"""Where the files lie whose names carry a digest of what is in them."""
UNBUILT = "The web UI is not built: run `make ui` (it needs Node 20.19 or newer); the API is at /v1 and /graphql."

PAGES = ("search", "entity", "lineage", "impact", "glossary", "changes", "sources", "query")
"""The first steps of the UI's own addresses, beside `/`. All of them are one document; its script reads the rest."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style, no other host, no frame, no form that goes elsewhere. Pictures are drawn by the page."""

PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent: its bytes, the same gzipped where that was built, its type and tag."""

    body: bytes
    packed: bytes | None
    kind: str
    tag: str


def is_built(folder: Path = BUILT) -> bool:
    """Say whether there is a UI to serve."""
    return (folder / INDEX).is_file()


def read_files(folder: Path) -> dict[str, File]:
    """Return the built files by path; none when `folder` holds no page."""
    if not is_built(folder):
        return {}
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".gz")
    return {path.relative_to(folder).as_posix(): _read(path) for path in found}


def serve_ui(app: FastAPI, folder: Path = BUILT) -> None:
    """Have `app` serve the UI that was built into `folder`; where there is none, its pages say how to build it."""
    files = read_files(folder)

    async def page(request: Request) -> Response:
        if not files:
            return Response(UNBUILT + "\n", 503, PAGE_HEADERS, "text/plain")
        return _send(request, files[INDEX], {**PAGE_HEADERS, "Cache-Control": "no-cache"})

    for path in ("/", *(f"/{name}{rest}" for name in PAGES for rest in ("", "/{rest:path}"))):
        app.router.add_route(path, page, include_in_schema=False)
    for name, file in files.items():
        if name != INDEX:
            app.router.add_route(f"/{name}", _endpoint(name, file), include_in_schema=False)


class Nosniff:
    """Middleware that has browsers take every answer for what it says it is, and tell no one where they came from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def _read(path: Path) -> File:
    body = path.read_bytes()
    packed = path.with_name(f"{path.name}.gz")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind = "text/javascript" if path.suffix == ".js" else kind  # some machines say application/x-javascript
    tag = hashlib.sha256(body).hexdigest()[:32]
    return File(body, packed.read_bytes() if packed.is_file() else None, kind, f'"{tag}"')


def _endpoint(name: str, file: File) -> Callable[[Request], Awaitable[Response]]:
    hashed = name.startswith(ASSETS)
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache"}

    async def asset(request: Request) -> Response:
        return _send(request, file, headers)

    return asset


def _send(request: Request, file: File, headers: Mapping[str, str]) -> Response:
    sent = {**headers, "ETag": file.tag, "Vary": "Accept-Encoding"}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, sent)
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, 200, {**sent, "Content-Encoding": "gzip"}, file.kind)
    return Response(file.body, 200, sent, file.kind)
