"""A warehouse made up deterministically: names of real words, a few columns a table and many in some, heavy-tailed
lineage in layers, owners, prose. The same seed gives the same warehouse, whatever its size: a larger one begins as the
smaller.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from clew_schemas import Event, Group, event
from clew_schemas.urn import column

NAMESPACE = "postgres://warehouse:5432"
DOMAINS = """billing orders customers shipping inventory marketing web mobile support finance payroll suppliers pricing
returns loyalty fraud risk claims policies accounts payments ledger treasury trading research clinic patients
trials fleet routes flights weather energy meters grid sensors quality safety education students courses media
ads""".split()
SUBJECTS = """invoice order customer address shipment parcel warehouse product category campaign session visit click
event ticket agent employee salary supplier contract price discount refund voucher member transaction device alert
claim policy account balance payment transfer position quote portfolio patient visit_note sample result vehicle
trip route leg flight airport station forecast reading meter outage sensor measurement inspection incident
lesson student grade course video impression auction bid""".split()
SHAPES = """raw staging clean daily weekly monthly history snapshot latest summary facts dimension features
mart export""".split()
NOUNS = """id name code type status amount currency rate count total share score rank duration distance weight height
created updated started ended due paid shipped delivered country city region postcode street email phone channel
source target owner manager group segment label reason note comment flag version batch source_system checksum
latitude longitude temperature pressure humidity price cost margin tax discount quantity unit balance limit risk
probability""".split()
QUALIFIERS = (
    "first last previous next gross net planned actual original primary billing delivery estimated local".split()
)
PROSE = """One row for each {subject} of {domain}. Used by the {domain} team to follow {noun} and {other} over
time; late {subject} rows are corrected the next morning."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns by name, the numbers of the tables that it is made from, and which column from which."""

    number: int
    name: str
    columns: tuple[str, ...]
    inputs: tuple[int, ...]
    flows: tuple[tuple[int, int, int], ...]
    """Own column, position in `inputs`, column there."""

    @property
    def urn(self) -> str:
        return f"urn:clew:dataset:({NAMESPACE},{self.name})"

    @property
    def job(self) -> str:
        return f"urn:clew:job:({NAMESPACE},load.{self.name})"


class Warehouse:
    """Tables by number, made as they are asked for."""

    def __init__(self, seed: int = 7, columns: float = 12.0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - makes names, guards nothing
        self._mean = columns
        self._tables: list[Table] = []
        self._often: list[int] = []
        """Tables once for each use and once more: what is used much is used more."""

    def tables(self, count: int) -> list[Table]:
        """Return the first `count` tables."""
        while len(self._tables) < count:
            self._tables.append(self._next(len(self._tables)))
        return self._tables[:count]

    def _next(self, number: int) -> Table:
        dice = self._dice
        domain, subject, shape = dice.choice(DOMAINS), dice.choice(SUBJECTS), dice.choice(SHAPES)
        name = f"{domain}.{shape}.{subject}_{number}"
        width = min(400, max(3, round(dice.lognormvariate(0, 0.6) * self._mean)))
        columns = tuple(dict.fromkeys(self._column() for _ in range(width)))
        inputs: tuple[int, ...] = ()
        if number > 10 and dice.random() > 0.15:
            inputs = tuple(
                dict.fromkeys(dice.choice(self._often) for _ in range(1 + min(6, int(dice.expovariate(0.9)))))
            )
        flows = tuple(
            (at, way, dice.randrange(len(self._tables[inputs[way]].columns)))
            for at in range(len(columns))
            for way in ([dice.randrange(len(inputs))] * (1 + (dice.random() < 0.25)) if inputs else [])
        )
        self._often += [number, *inputs]
        return Table(number, name, columns, inputs, tuple(dict.fromkeys(flows)))

    def _column(self) -> str:
        noun = self._dice.choice(NOUNS)
        return f"{self._dice.choice(QUALIFIERS)}_{noun}" if self._dice.random() < 0.6 else noun

    def groups(self, count: int, *, version: int = 0, source: str = "bench") -> Iterator[Group]:
        """Yield one group a table: schema, prose, owner, and the lineage of the job that loads it.

        Another `version` changes prose and types of every table, and nothing else.
        """
        for table in self.tables(count):
            yield Group(source, f"v{version}-{table.number}", tuple(self._events(table, version)))

    def _events(self, table: Table, version: int) -> Iterator[Event]:
        types = ("bigint", "text", "numeric(18,2)", "timestamp", "boolean")
        columns = [
            {"name": name, "type": types[(at + version) % len(types)], "nullable": at > 0}
            for at, name in enumerate(table.columns)
        ]
        domain, _, subject = table.name.split(".")
        prose = PROSE.format(subject=subject, domain=domain, noun=table.columns[0], other=table.columns[-1])
        yield event(table.urn, "schema", {"columns": columns})
        yield event(table.urn, "documentation", {"text": f"{prose} Version {version}.", "format": "plain"})
        yield event(
            table.urn, "ownership", {"owners": [{"owner": f"urn:clew:group:(people,{domain})", "role": "owner"}]}
        )
        if table.inputs:
            rows = [
                [0, table.columns[at], way, self._tables[table.inputs[way]].columns[there], "IDENTITY", 1.0]
                for at, way, there in table.flows
            ]
            inputs = [self._tables[each].urn for each in table.inputs]
            yield event(table.job, "lineage", {"inputs": inputs, "outputs": [table.urn], "columns": rows})

    def column_edges(self, count: int) -> int:
        """Return how many direct column edges the first `count` tables have."""
        return sum(len(table.flows) for table in self.tables(count))

    def column_urn(self, table: Table, at: int) -> str:
        return column(table.urn, table.columns[at])
