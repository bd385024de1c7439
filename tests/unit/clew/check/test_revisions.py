"""Two states of a git repository: models, schemas and migrations, each as clew.yml says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from clew.check.files import Setting
from clew.check.gather import between_trees
from clew.check.outcome import Outcome, outcome
from clew.check.revisions import WorkTree, matching, root_of, tree_at
from clew.check.rules import parse_rules
from clew.errors import BadInput, NotFound
from unit.clew.check.states import TODAY, Known, kinds, verdicts

RULES = """check:
  namespace: duckdb://wh
  sql: ["sql/**/*.sql"]
  migrations: ["migrations/*.sql"]
  schemas: [{files: "schemas/*.avsc", dataset: "kafka.{name}"}]
"""
KNOWN = Known(
    {"raw": {"a": "INTEGER", "b": "INTEGER"}, "kafka.orders": {"id": "long", "note": "string"}},
    {"board": ["kafka.orders.note"]},
)
SCHEMA = (
    '{"type": "record", "name": "O", "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": "string"}]}'
)


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@wh.example")
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    for name, text in {
        "sql/deep/stg.sql": "create view stg as select a, b from raw",
        "migrations/0001.sql": "alter table raw drop column a",
        "schemas/orders.avsc": SCHEMA,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "As it is")
    return tmp_path


def check(repository: Path, base: str = "main", head: str | None = None) -> Outcome:
    rules = parse_rules(RULES.encode(), "clew.yml")
    found = between_trees(repository, base, head, rules, Setting.of(rules, KNOWN))
    return outcome(found.before, found.after, found.found, KNOWN, rules, TODAY, found.names, found.gaps)


def test_an_untouched_work_tree_is_nothing(repository: Path) -> None:
    assert check(repository).changes == ()


def test_models_schemas_and_new_migrations_are_read_together(repository: Path) -> None:
    (repository / "sql/deep/stg.sql").write_text("create view stg as select b as a, b from raw")
    (repository / "schemas/orders.avsc").write_text(SCHEMA.replace(', {"name": "note", "type": "string"}', ""))
    (repository / "migrations/0002.sql").write_text("alter table raw rename column b to c;")
    outcome = check(repository)
    assert {("renamed", "raw", "b"), ("broken", "stg", None), ("dropped", "kafka.orders", "note")} <= kinds(outcome)
    assert ("dropped", "raw", "a") not in kinds(outcome), "a migration that the base has was run"
    assert verdicts(outcome)["board"] == "breaks"


def test_a_branch_is_compared_with_where_it_left_the_base(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "side")
    git(repository, "checkout", "--quiet", "main")
    (repository / "sql/deep/stg.sql").write_text("create view stg as select a from raw")
    git(repository, "commit", "--quiet", "--all", "--message", "Gone on without it")
    git(repository, "checkout", "--quiet", "side")
    assert check(repository, "main").changes == ()
    assert ("dropped", "stg", "b") in kinds(check(repository, "side", "main"))


def test_a_revision_that_is_not_there_is_said(repository: Path) -> None:
    with pytest.raises(NotFound, match="no revision 'gone'"):
        tree_at(repository, "gone")
    with pytest.raises(BadInput):
        tree_at(repository, "--all")


def test_a_folder_outside_of_git_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        root_of(tmp_path)
    assert "needs a git repository" in str(error.value.hint)


def test_the_work_tree_has_new_files_and_not_those_that_git_ignores(repository: Path) -> None:
    (repository / "ignored").mkdir()
    (repository / "ignored" / "x.sql").write_text("select 1")
    (repository / "sql" / "new ü.sql").write_text("select 1")
    paths = WorkTree(repository).paths()
    assert "sql/new ü.sql" in paths
    assert not [path for path in paths if path.startswith("ignored")]
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "More")
    assert tree_at(repository, "main").read(["sql/new ü.sql", "nowhere"]) == {"sql/new ü.sql": "select 1"}


def test_text_that_is_not_utf_8_is_said_with_its_path(repository: Path) -> None:
    (repository / "sql" / "bad.sql").write_bytes(b"select '\xff'")
    with pytest.raises(BadInput, match="not UTF-8"):
        check(repository)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("sql/*.sql", ["sql/a.sql"]),
        ("sql/**/*.sql", ["sql/a.sql", "sql/b/c.sql"]),
        ("*.sql", ["d.sql"]),
        ("**/*.sql", ["d.sql", "sql/a.sql", "sql/b/c.sql"]),
        ("sql/b/c.sql", ["sql/b/c.sql"]),
    ],
)
def test_patterns_stay_within_a_folder_unless_they_say_otherwise(pattern: str, expected: list[str]) -> None:
    assert matching(["d.sql", "sql/a.sql", "sql/b/c.sql", "sql/b/c.txt"], [pattern]) == expected
