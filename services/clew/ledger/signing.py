"""What a source's public key looks like."""

from __future__ import annotations

from clew_schemas.errors import BadInput

KEY_BYTES = 32


def check_public_key(key: bytes | None) -> None:
    """Raise BadInput unless `key` is the raw bytes of an Ed25519 public key, or None."""
    if key is not None and len(key) != KEY_BYTES:
        raise BadInput(
            f"an Ed25519 public key has {KEY_BYTES} bytes, this has {len(key)}",
            where="publicKey",
            hint="Pass the raw key, not PEM or base64",
        )
