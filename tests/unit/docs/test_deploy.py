"""The compose file names the versions that are tested, and the settings that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools.servers import versions

from clew.settings import Role, Settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("service", ["kafka", "registry", "postgres", "neo4j", "opensearch"])
def test_images_are_of_the_versions_that_are_tested(service: str) -> None:
    tag = COMPOSE["services"][service]["image"].rsplit(":", 1)[1].removesuffix("-community")
    pinned = [str(value) for name, value in vars(versions).items() if name.isupper() and isinstance(value, str | int)]
    assert any(tag == each for each in pinned), f"{service} {tag} is not among {pinned}"


def test_the_roles_of_the_compose_file_are_the_roles_of_the_house() -> None:
    commands = [each["command"] for each in COMPOSE["services"].values() if each.get("command", [""])[0] == "clew"]
    assert {command[command.index("--role") + 1] for command in commands} == {role.value for role in Role}


def test_the_variables_of_the_compose_file_make_a_house_on_servers() -> None:
    environment = {name: re.sub(r"\$\{.*?\}", "x", value) for name, value in COMPOSE["x-clew"]["environment"].items()}
    settings = Settings.from_environment(environment)
    assert not settings.uses_home
    assert settings.log


def test_durability_is_not_switched_off() -> None:
    command = " ".join(COMPOSE["services"]["postgres"]["command"])
    assert "fsync=on" in command
    assert "synchronous_commit=on" in command
