"""The outcome as JSON, all of it."""

from __future__ import annotations

import orjson

from clew.check.outcome import Outcome


def written(outcome: Outcome) -> str:
    return orjson.dumps(outcome.to_dict(), option=orjson.OPT_INDENT_2).decode() + "\n"
