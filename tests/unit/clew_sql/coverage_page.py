"""The table of docs/sql-lineage.md, counted from the golden cases: `python tests/unit/clew_sql/coverage_page.py`."""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from unit.clew_sql.golden_cases import CASES

PAGE = Path(__file__).parents[3] / "docs" / "sql-lineage.md"
START, END = "<!-- counted from tests/golden/sql -->\n", "<!-- end of the count -->"
DIALECTS = (
    "snowflake bigquery databricks spark redshift postgres duckdb tsql mysql oracle trino presto hive clickhouse"
    " teradata sqlite"
).split()


def table() -> str:
    """Cases by construct and dialect, as Markdown."""
    counts = Counter((case.file, case.dialect) for case in CASES)
    lines = [f"| construct | {' | '.join(DIALECTS)} | all |", "|---" * (len(DIALECTS) + 2) + "|"]
    for construct in sorted({case.file for case in CASES}):
        cells = [str(counts[construct, dialect] or "") for dialect in DIALECTS]
        total = sum(counts[construct, dialect] for dialect in DIALECTS)
        lines.append(f"| {construct.replace('_', ' ')} | {' | '.join(cells)} | {total} |")
    sums = [str(sum(n for (_, dialect), n in counts.items() if dialect == each)) for each in DIALECTS]
    return "\n".join([*lines, f"| **all** | {' | '.join(sums)} | {len(CASES)} |", ""])


def written(page: str) -> str:
    """The page with its table as it must be."""
    before, rest = page.split(START)
    return before + START + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
