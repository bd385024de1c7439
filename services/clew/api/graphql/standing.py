"""GraphQL: how the sources stand that speak to the house, and whether who asks may look after it."""

from __future__ import annotations

from collections import Counter

import strawberry

from clew.api.graphql.context import Info
from clew.api.graphql.fields import described
from clew.api.graphql.scalars import Seq


@strawberry.type(description="The newest crawl of a source.")
class Crawl:
    number: Seq
    state: str = strawberry.field(description="open, closed, parked or cancelled")


@strawberry.type(description="A source, and how it stands.")
class SourceStanding:
    name: str
    order: str
    rank: int
    door: str
    retired: bool
    crawl: Crawl | None = strawberry.field(description="Null before the first one")
    parked: int = strawberry.field(description="Groups and closes that are kept aside")


@strawberry.type
class StandingQueries:
    """Fields of `Query`."""

    @described("All registered sources by name, each with its newest crawl and what is parked.")
    def sources(self, info: Info) -> list[SourceStanding]:
        ledger = info.context.stations.ledger
        parked = Counter(each.source for each in ledger.parked())
        return [
            SourceStanding(**source._asdict(), crawl=_crawl(ledger.last_crawl(source.name)), parked=parked[source.name])
            for source in ledger.sources()
        ]

    @described("Whether who asks may replay and drop parked groups, and whatever else asks for the scope `admin`.")
    def may_administer(self, info: Info) -> bool:
        return "admin" in info.context.principal.scopes


def _crawl(said: tuple[int, str] | None) -> Crawl | None:
    return None if said is None else Crawl(number=Seq(said[0]), state=said[1])
