"""Keys of sources: made, kept from others, and used."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clew.errors import BadInput, Conflict, Forbidden, NotFound
from clew.log.keys import HeldKeys, KeyFolder, SigningKey, fingerprint, is_signed


def test_a_generated_key_signs_and_its_public_part_verifies(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    public = folder.generate("shop")
    signature = KeyFolder(tmp_path / "keys").of("shop").sign(b"said")
    assert is_signed(public, signature, b"said")
    assert not is_signed(public, signature, b"sait")
    assert not is_signed(public, signature[:-1], b"said")
    assert not is_signed(SigningKey.generate().public, signature, b"said")
    assert not is_signed(b"no key", signature, b"said")


def test_a_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.generate("shop")
    path = folder.path_of("shop")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for mode in (0o640, 0o604, 0o660, 0o622):
        path.chmod(mode)
        with pytest.raises(Forbidden, match="others may read"):
            SigningKey.load(path)


def test_a_name_is_a_file_of_its_own_wherever_its_slashes_point(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    names = ["a/b", "../a", "a%2Fb", "openlineage:x", "a"]
    assert len({folder.path_of(name) for name in names}) == len(names)
    assert {folder.path_of(name).parent for name in names} == {tmp_path}


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    public = folder.generate("shop")
    with pytest.raises(Conflict, match="a key already"):
        folder.generate("shop")
    assert folder.of("shop").public == public


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="clew source key"):
        KeyFolder(tmp_path).of("shop")
    with pytest.raises(NotFound, match="clew source key shop"):
        HeldKeys({}).of("shop")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
    ids=["empty", "damaged", "another curve"],
)
def test_a_file_without_such_a_key_is_bad_input_that_quotes_nothing(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "k.pem"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(BadInput, match="no Ed25519 key") as caught:
        SigningKey.load(path)
    assert "AAAA" not in str(caught.value)


def test_nothing_prints_a_private_key(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    folder.generate("shop")
    key = folder.of("shop")
    secret = folder.path_of("shop").read_text().splitlines()[1]
    assert repr(key) == f"SigningKey({fingerprint(key.public)})"
    assert secret not in f"{key} {vars(key)} {HeldKeys({'shop': key})!r}"
