"""A house for each module, examined after it; and how many inputs were tried, by door."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from clew.house import House
from clew.settings import Settings
from fuzz.door import Door, Log
from fuzz.ugly import TRIED


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    log = Log()
    logging.getLogger().addHandler(log)
    with House(Settings(home=tmp_path_factory.mktemp("fuzzed"))) as house:
        opened = Door(house, log)
        yield opened
        opened.examine()
    logging.getLogger().removeHandler(log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TRIED:
        said = ", ".join(f"{door} {count:,}" for door, count in sorted(TRIED.items()))
        terminalreporter.write_line(f"inputs tried by door: {said}")
