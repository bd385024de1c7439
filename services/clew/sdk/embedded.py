"""Opens a home in this process; the only place of the SDK that needs the house itself."""

from __future__ import annotations

import getpass
from pathlib import Path

from clew.sdk.doors import EmbeddedHouse


def open_home(home: Path) -> EmbeddedHouse:
    """Return the house of a home, opened here; raise Locked when another process has it, Unreachable when it can't be.

    What it imports, it imports now: a client of a running house never pays for it.
    """
    from clew.api.app import create_app
    from clew.api.auth import new_token
    from clew.house import House
    from clew.settings import Settings

    token, _ = new_token()
    house = House(Settings(home=home))
    return EmbeddedHouse(house, create_app(house, start_token=token, user=getpass.getuser()), token)
