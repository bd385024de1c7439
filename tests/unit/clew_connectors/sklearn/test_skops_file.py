"""Files that are no skops files, or would do harm: refused in words, and nothing of them is executed."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clew_connectors.sklearn import read_skops, skops_file
from clew_schemas.errors import BadInput, ClewError, NotFound, TooLarge


def archive(schema: Any, **members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        if schema is not None:
            zipped.writestr("schema.json", schema if isinstance(schema, bytes) else json.dumps(schema))
        for name, content in members.items():
            zipped.writestr(f"{name}.npy", content)
    return data.getvalue()


def node(kind: str, module: str, **attributes: Any) -> dict[str, Any]:
    held = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": attributes}
    return {"__class__": kind, "__module__": module, "__loader__": "ObjectNode", "content": held}


def plain(value: Any) -> dict[str, Any]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(value)}


def names(*each: str) -> dict[str, Any]:
    return {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "json",
        "content": [plain(name) for name in each],
        "shape": {"__loader__": "TupleNode", "content": [plain(len(each))]},
    }


def stored(file: str) -> dict[str, Any]:
    return {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "numpy",
        "file": f"{file}.npy",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a zip at all",
        archive(None),
        archive(b"{"),
        archive([]),
        archive({"__loader__": "ObjectNode"}),
        archive(b"[" * 100_000),
        archive(node("Pipeline", "sklearn.pipeline"))[:-40],
    ],
    ids=["empty", "text", "no schema", "broken JSON", "a list", "no class", "deep", "cut off"],
)
def test_what_is_no_skops_file_is_refused_with_a_hint(data: bytes) -> None:
    with pytest.raises(BadInput) as raised:
        read_skops(data)
    assert raised.value.hint


def test_a_path_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.skops"):
        read_skops(tmp_path / "gone.skops")
    path = tmp_path / "odd.skops"
    path.write_bytes(b"odd")
    with pytest.raises(BadInput, match=r"odd\.skops"):
        read_skops(path)


def test_a_class_that_would_do_harm_is_only_named() -> None:
    harm = node("system", "os", command=plain("touch /tmp/harm"))
    scaler = node("StandardScaler", "sklearn.preprocessing", feature_names_in_=names("a"), copy=harm)
    found = read_skops(archive(node("Pipeline", "sklearn.pipeline", steps=plain([]), memory=harm)))
    assert found.features == ()
    assert [each.kind for each in read_skops(archive(scaler)).steps] == ["StandardScaler"]


def test_an_array_of_pickled_objects_is_refused() -> None:
    data = io.BytesIO()
    np.save(data, np.array([object], dtype=object), allow_pickle=True)
    scaler = node("StandardScaler", "sklearn.preprocessing", feature_names_in_=names("a"), mean_=stored("1"))
    with pytest.raises(BadInput, match="can't be read"):
        read_skops(archive(scaler, **{"1": data.getvalue()}))


def test_a_member_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skops_file, "LARGEST_SCHEMA", 10)
    with pytest.raises(TooLarge, match="over the limit of 10"):
        read_skops(archive(node("Pipeline", "sklearn.pipeline")))


def test_a_missing_array_is_a_damaged_file() -> None:
    scaler = node("StandardScaler", "sklearn.preprocessing", feature_names_in_=names("a"), mean_=stored("1"))
    with pytest.raises(ClewError, match="can't be read"):
        read_skops(archive(scaler))
