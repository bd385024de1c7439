"""Docs are true: the places that they name exist, their links lead somewhere, their commands are verbs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from clew.cli.main import VERBS, app

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def places() -> list[tuple[str, str]]:
    return re.findall(r"`([\w/]+\.py):([\w.]+)`", (ROOT / "docs" / "architecture.md").read_text())


def test_the_walk_names_many_places() -> None:
    assert len(places()) > 15


@pytest.mark.parametrize(("file", "name"), places())
def test_every_place_of_the_walk_exists(file: str, name: str) -> None:
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text()).body
    for part in name.split("."):
        found = [
            node
            for node in body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == part
        ]
        assert found, f"{file} has no {name}"
        body = found[0].body


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def verbs() -> dict[str, set[str]]:
    """Return every verb of the command line with its options."""
    found = {}
    root: Any = typer.main.get_command(app)
    for name in VERBS:
        command = root.get_command(None, name)
        for sub, each in ({"": command} | getattr(command, "commands", {})).items():
            options = {option for parameter in each.params for option in parameter.opts}
            found[f"{name} {sub}".strip()] = options
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_docs_are_verbs_with_these_options(page: Path) -> None:
    known = verbs()
    for line in re.findall(r"(?:^|[`$ ])clew ([a-z][^`\n#&|\]]*)", page.read_text(), flags=re.MULTILINE):
        words = line.split()
        verb = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        if words[0] not in {name.split()[0] for name in known}:
            continue
        for option in (word for word in words if word.startswith("--") and len(word) > 2):
            assert option.split("=")[0] in known[verb] | {"--help"}, f"{page.name}: clew {verb} has no {option}"


def test_makefile_verbs_in_the_docs_exist() -> None:
    verbs_known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in PAGES:
        for verb in re.findall(r"(?:`|^|\$ )make ([a-z-]+)", page.read_text(), flags=re.MULTILINE):
            assert verb in verbs_known, f"{page.name} says make {verb}"


def test_decisions_are_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    for page in folder.glob("0*.md"):
        assert page.name in index
