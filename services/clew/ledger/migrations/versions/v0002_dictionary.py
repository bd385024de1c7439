"""Format 2: payloads are compressed with a dictionary that the ledger keeps. What was written before stays as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clew.ledger.dictionaries import carried

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    dictionary = sa.table(
        "dictionary", sa.column("id", sa.Integer), sa.column("hash", sa.LargeBinary), sa.column("body", sa.LargeBinary)
    )
    number, hashed, body = carried(1)
    op.bulk_insert(dictionary, [{"id": number, "hash": hashed, "body": body}])
    op.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
