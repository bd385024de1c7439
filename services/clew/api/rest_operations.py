"""REST: the operation of the house, for admins. Backup and archive as streams, sizes, sweeping."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.responses import StreamingResponse

from clew.api import routes
from clew.api.desk import Admin, At
from clew.api.replies import Json

router = routes.router("care", "/v1/admin")


@router.get("/backup", summary="A backup of the embedded ledger", response_class=StreamingResponse)
def backup(principal: Admin, desk: At) -> StreamingResponse:
    """A tar of a manifest and the ledger's file, as of one commit. 400 for a ledger on a server."""
    return _stream(desk.stations.backup(), "application/x-tar", "clew-backup.tar")


@router.get("/export", summary="The whole ledger as an archive", response_class=StreamingResponse)
def export(principal: Admin, desk: At) -> StreamingResponse:
    """One zstd frame of JSON lines, as of one commit; it ends with its manifest, or is broken off."""
    return _stream(desk.stations.export(), "application/zstd", "clew-archive.zst")


@router.get("/sizes", summary="Rows and bytes of all that is held")
def sizes(principal: Admin, desk: At) -> Json:
    """By aspect, by source, by table and index; payloads stored and unpacked; the views' bytes on disk."""
    return Json(desk.stations.sizes())


@router.post("/sweep", summary="Delete points past their retention")
def sweep(principal: Admin, desk: At) -> Json:
    """How many were deleted, by aspect; a house that runs does this once a day by itself."""
    return Json({"swept": desk.stations.sweep()})


def _stream(pieces: Iterator[bytes], kind: str, name: str) -> StreamingResponse:
    """Return a stream whose first piece is made before the answer begins, so that an error has its status."""
    first = next(pieces, b"")

    def rest() -> Iterator[bytes]:
        yield first
        yield from pieces

    return StreamingResponse(rest(), media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
