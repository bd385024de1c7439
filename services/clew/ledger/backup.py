"""A backup of the embedded ledger: its file as of one commit, in a tar with a manifest, and the way back.

Everything that the ledger holds is in it: access tokens too, as hashes, and the public keys of sources. The private
keys by which this machine signs (`keys/` of the home) are not: they stay where they are.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from clew.disk import sync, sync_folder
from clew.ledger.sqlite_archive import take_over
from clew_schemas.errors import BadInput, ClewError, Conflict, Damaged, Unreachable

FORMAT = 1
LEDGER = "ledger.db"
STAGED = "backup-*.part"
"""How the files are called that a backup is made in, inside the home; what a killed process left may be deleted."""
_MANIFEST = "manifest.json"
_PIECE = 1024 * 1024


@runtime_checkable
class Copied(Protocol):
    """A ledger that can copy itself while it is written."""

    def copy_to(self, target: Path) -> None:
        """Copy the whole ledger, as of one commit, to the new file `target`."""


class Manifest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What a backup says of itself; `written` in microseconds UTC."""

    clew: str
    format: int
    epoch: str
    written: int
    by: str
    bytes: int
    sha256: str = ""
    """Over the manifest without it, and the ledger's bytes after that."""


def _begun(said: Manifest) -> Any:
    return hashlib.sha256(msgspec.json.encode(replace(said, sha256="")))


def write(ledger: Any, folder: Path, epoch: str, written: int, by: str) -> Iterator[bytes]:
    """Yield a backup of `ledger` in pieces; its copy stands in `folder` until the last is taken.

    The copy is made before the first piece is yielded. Raises BadInput for a ledger on a server.
    """
    if not isinstance(ledger, Copied):
        raise BadInput(
            "a ledger on a server is backed up with the server's own tools",
            where="CLEW_LEDGER",
            hint="Use pg_dump or its kind; or take the whole ledger along: clew export FILE",
        )
    copied = folder / f"backup-{secrets.token_hex(4)}.part"
    try:
        ledger.copy_to(copied)
        with copied.open("rb") as file:
            said = Manifest("backup", FORMAT, epoch, written, by, copied.stat().st_size)
            digest = _begun(said)
            while piece := file.read(_PIECE):
                digest.update(piece)
            file.seek(0)
            size, manifest = said.bytes, msgspec.json.encode(replace(said, sha256=digest.hexdigest()))
            yield _entry(_MANIFEST, len(manifest), written) + _padded(manifest)
            yield _entry(LEDGER, size, written)
            while piece := file.read(_PIECE):
                yield piece
            yield _padding(size) + bytes(2 * tarfile.BLOCKSIZE)
    finally:
        copied.unlink(missing_ok=True)


def _entry(name: str, size: int, written: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, written // 1_000_000, 0o600
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _padded(body: bytes) -> bytes:
    return body + _padding(len(body))


def discard_staged(home: Path) -> None:
    """Delete what a backup that was killed has left in the home."""
    for left in home.glob(STAGED):
        left.unlink(missing_ok=True)


def restore(stream: BinaryIO, home: Path) -> dict[str, Any]:
    """Put a backup into `home`, which holds no ledger and is locked by the caller; return what was restored.

    Its digest and every byte of it are checked before it takes its place; then it has a new epoch. Raises Conflict when
    the home holds a ledger, BadInput for what is no backup, Damaged for a broken one: then the home is as it was.
    """
    if (home / LEDGER).exists():
        raise Conflict("this home holds a ledger already", where=str(home), hint="Name an empty one: --home DIR")
    fresh = home / "restoring.db"
    try:
        manifest = _unpack(stream, fresh)
        epoch = take_over(fresh)
        fresh.rename(home / LEDGER)
        sync_folder(home)
    except OSError as error:
        raise Unreachable(
            f"the home can't be written: {error.strerror}", where=str(home), hint="Check disk space and permissions"
        ) from error
    finally:
        for left in home.glob("restoring.db*"):
            left.unlink(missing_ok=True)
    return {"home": str(home), "epoch": epoch, "epochBefore": manifest.epoch, "bytes": manifest.bytes}


def _unpack(stream: BinaryIO, target: Path) -> Manifest:
    manifest: Manifest | None = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            first = tar.next()
            if first is None or first.name != _MANIFEST or first.size > 65536:
                raise _foreign()
            manifest = _manifest(_part(tar, first).read())
            second = tar.next()
            if second is None or second.name != LEDGER or second.size != manifest.bytes:
                raise _damaged("its ledger is missing, or of another size than its manifest says", LEDGER)
            found = _copied(_part(tar, second), target, _begun(manifest))
            if tar.next() is not None:
                raise _damaged("there is more in it than a ledger", "the end")
    except tarfile.TarError as error:
        raise (_foreign() if manifest is None else _damaged(f"it was cut short or changed: {error}", LEDGER)) from None
    if found != manifest.sha256:
        raise _damaged("its SHA-256 is another than its manifest's", LEDGER)
    return manifest


def _manifest(body: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(f"its manifest does not read back: {error}", _MANIFEST) from None
    if manifest.clew != "backup":
        raise _foreign()
    if manifest.format > FORMAT:
        raise BadInput(
            f"this backup was written by a newer Clew (format {manifest.format}, this one knows {FORMAT})",
            where=_MANIFEST,
            hint="Upgrade Clew",
        )
    return manifest


def _part(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Any:
    part = tar.extractfile(entry)
    if part is None:
        raise _foreign()
    return part


def _copied(part: Any, target: Path, digest: Any) -> str:
    with os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        while piece := part.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        sync(file)
    found: str = digest.hexdigest()
    return found


def _foreign() -> ClewError:
    return BadInput("this is no backup of Clew", hint="Backups are written by: clew backup FILE")


def _damaged(what: str, where: str) -> ClewError:
    return Damaged(f"the backup is damaged: {what}", where=where, hint="Take another; the home is as it was")
