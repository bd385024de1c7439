"""Keys of sources: a source signs what it sends through the log, and the ledger keeps its public key."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from clew.disk import sync
from clew_schemas.errors import BadInput, Conflict, Forbidden, NotFound


class SigningKey:
    """The private key of one source. Nothing prints it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.fingerprint = fingerprint(self.public)

    @classmethod
    def generate(cls) -> SigningKey:
        """Return a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read a key from a PEM file (PKCS 8, not encrypted) that only its owner may read.

        Raises NotFound when there is none, Forbidden when others may read it, BadInput when it holds no such key.
        """
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read(16_384)
        except FileNotFoundError:
            raise NotFound("there is no such key", where=str(path), hint="Make one: clew source key NAME") from None
        except OSError as error:
            raise Forbidden(f"the key can't be read: {error.strerror}", where=str(path)) from None
        if mode & 0o077:
            raise Forbidden(
                f"others may read this private key (mode {mode:o})",
                where=str(path),
                hint="chmod 600, and make a new key if others have seen it",
            )
        return cls(_private(text, path))

    def save(self, path: Path) -> None:
        """Write the key into a new file that only its owner may read; raise Conflict when there is one."""
        text = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            raise Conflict(
                "there is a key already", where=str(path), hint="Move it away first, if it shall not be used any more"
            ) from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            sync(file)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes."""
        return self._private.sign(data)

    def __repr__(self) -> str:
        return f"SigningKey({self.fingerprint})"


class HeldKeys:
    """Keys in memory, by source; see `Keys`."""

    def __init__(self, keys: Mapping[str, SigningKey]) -> None:
        self._keys = dict(keys)

    def of(self, source: str) -> SigningKey:
        if source not in self._keys:
            raise NotFound(f"no key of the source {source!r}", hint=f"Make one: clew source key {source}")
        return self._keys[source]


class KeyFolder:
    """Keys in a folder, one file a source, each read once; see `Keys`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, SigningKey] = {}

    def path_of(self, source: str) -> Path:
        """Return the file that holds a source's key."""
        return self.folder / f"{quote(source, safe='')}.pem"

    def generate(self, source: str) -> bytes:
        """Make a source's key; return the public part, for the ledger. Raises Conflict when it has one."""
        key = SigningKey.generate()
        key.save(self.path_of(source))
        return key.public

    def of(self, source: str) -> SigningKey:
        if source not in self._known:
            self._known[source] = SigningKey.load(self.path_of(source))
        return self._known[source]


def fingerprint(public: bytes) -> str:
    """Return the name of a public key: the first 32 hex digits of the SHA-256 of its raw bytes."""
    return hashlib.sha256(public).hexdigest()[:32]


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Say whether `signature` is that of `data` under a raw public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(text: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(text, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput("this file holds no Ed25519 key", where=str(path), hint="PEM, PKCS 8, not encrypted") from None
    return key
