"""The build hook: when it builds the UI, when it leaves that be, and what it says when it can't."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from typing import Any

import pytest

HOOK = Path(__file__).parents[3] / "hatch_build.py"


def built_by(root: Path, version: str = "standard") -> None:
    """Run the hook for a project at `root`."""
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hook: Any = module.BuildUi(str(root), {}, None, None, str(root / "dist"), "wheel")
    hook.initialize(version, {})


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that the hook would run, on a machine with npm."""
    said: list[list[str]] = []
    monkeypatch.delenv("CLEW_SKIP_UI", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: said.append(command))
    return said


def test_a_missing_ui_is_built_from_its_lock(tmp_path: Path, commands: list[list[str]]) -> None:
    built_by(tmp_path)
    assert commands == [["/bin/npm", "ci"], ["/bin/npm", "run", "build"]]


def test_a_ui_that_is_built_is_taken_as_it_is(tmp_path: Path, commands: list[list[str]]) -> None:
    static = tmp_path / "services" / "clew" / "api" / "static"
    static.mkdir(parents=True)
    (static / "index.html").write_text("built")
    built_by(tmp_path)
    assert commands == []


def test_it_can_be_left_out(tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_SKIP_UI", "1")
    built_by(tmp_path)
    assert commands == []


def test_an_editable_install_never_builds_it(tmp_path: Path, commands: list[list[str]]) -> None:
    built_by(tmp_path, "editable")
    assert commands == []


def test_without_npm_it_says_what_to_install_or_set(
    tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(RuntimeError, match=r"install Node 20\.19 or newer, or set CLEW_SKIP_UI=1"):
        built_by(tmp_path)
    assert commands == []
