"""A project's folder is read file by file; names of statements outlive moved lines; the house reads the SQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clew_connectors.port import ReadWarning
from clew_connectors.recipe import Recipe
from clew_connectors.run import run
from clew_connectors.sql_in_code import CONNECTOR
from clew_connectors.sql_in_code.config import SqlInCodeConfig
from clew_connectors.testing import MemorySink

JOB = "urn:clew:query:(code://etl,etl/load%2Epy.load.1)"


def config(folder: Path) -> SqlInCodeConfig:
    return SqlInCodeConfig.model_validate(
        {"folder": str(folder), "code": "code://etl", "dialect": "postgres", "namespace": "postgres://shop"}
    )


def project(folder: Path) -> Path:
    (folder / "etl").mkdir(parents=True)
    (folder / "etl" / "load.py").write_text("def load():\n    db.execute('INSERT INTO t SELECT a FROM u')\n")
    (folder / "venv").mkdir()
    (folder / "venv" / "other.py").write_text("Q = 'SELECT a FROM left_out'\n")
    (folder / "broken.py").write_text("def (\n")
    (folder / "seen.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": "q = 'SELECT a FROM t'"}], "nbformat": 4})
    )
    return folder


def read(folder: Path) -> list[Any]:
    return list(CONNECTOR.read(config(folder), None))


def test_files_and_notebooks_are_read_in_order_and_excluded_folders_are_not(tmp_path: Path) -> None:
    found = read(project(tmp_path))
    warned = [each for each in found if isinstance(each, ReadWarning)]
    assert [each.where for each in warned] == ["broken.py, line 1"]
    assert [each.place.file for each in found if each not in warned] == ["seen.ipynb", "etl/load.py"]
    assert CONNECTOR.discover(config(tmp_path)).summary == {"files": 2, "notebooks": 1}


def test_a_statement_keeps_its_name_when_lines_move(tmp_path: Path) -> None:
    project(tmp_path)
    sink, recipe = MemorySink(), Recipe("etl", CONNECTOR, config(tmp_path), "etl.yml")
    run(recipe, sink)
    assert sink.said(JOB, "query")["text"] == "INSERT INTO t SELECT a FROM u"
    assert sink.said(JOB, "properties")["custom"] == {"line": 2, "column": 16}
    path = tmp_path / "etl" / "load.py"
    path.write_text("import os\n\n\n" + path.read_text())
    summary = run(recipe, sink)
    assert (summary.changed, summary.retracted) == (1, 0)
    assert sink.said(JOB, "properties")["custom"]["line"] == 5
    path.write_text("")
    assert run(recipe, sink).retracted == 3
