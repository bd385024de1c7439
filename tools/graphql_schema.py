"""The published GraphQL schema, which the UI's types are made from: all kinds and aspects that ship with Clew.

`python -m tools.graphql_schema` writes it anew; with `--check` it fails where the file is not what the code says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from clew.api.graphql.schema import build_schema
from clew_schemas.registry import Registry

PUBLISHED = Path(__file__).parents[1] / "services" / "web" / "schema.graphql"


def schema_text() -> str:
    """Return the schema in its own language."""
    return build_schema(Registry.built_in()).as_str() + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` say by the exit code whether it is as it should be."""
    if "--check" not in arguments:
        PUBLISHED.write_text(schema_text())
        return 0
    if PUBLISHED.read_text() == schema_text():
        return 0
    print(f"{PUBLISHED.name} is not the schema of the code: python -m tools.graphql_schema", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
