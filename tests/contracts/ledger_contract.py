"""What every ledger must do. An engine's test module gives the fixture `make_ledger` and imports these tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from clew.errors import Conflict
from clew.ledger import Ledger, Source
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Scope, event

NS = "postgres://db:5432"
ORDERS = f"urn:clew:dataset:({NS},shop.public.orders)"
ITEMS = f"urn:clew:dataset:({NS},shop.public.items)"
CLOCK = 1_700_000_000_000_000

MakeLedger = Callable[..., Ledger]
_names = count()


class Clock:
    """A clock that tests turn by hand; microseconds since 1970 UTC."""

    def __init__(self, micros: int = CLOCK) -> None:
        self.micros = micros

    def __call__(self) -> int:
        self.micros += 1
        return self.micros


def edit(*events: Event, id: str | None = None, source: str = "steward", **members: Any) -> Group:
    """Return a group of a source that is ordered by time."""
    return Group(source, id or f"g{next(_names)}", events, **members)


def note(urn: str, text: str, **members: Any) -> Event:
    """Return an event that documents a thing."""
    return event(urn, "documentation", {"text": text}, **members)


def one(ledger: Ledger, group: Any, **how: Any) -> Receipt:
    """Propose one record; return its receipt."""
    (receipt,) = ledger.propose([group], **how)
    return receipt


def text_of(ledger: Ledger, urn: str, as_of: int | None = None) -> dict[str, str]:
    """Return the documentation of a thing by source."""
    (number,) = ledger.ids([urn])
    claims = ledger.claims([number], as_of)[number].get("documentation", ()) if number else ()
    return {claim.source: claim.says["text"] for claim in claims if claim.says is not None}


class Crawler:
    """A source that crawls."""

    def __init__(self, ledger: Ledger, name: str = "pg", prefix: str = f"urn:clew:dataset:({NS},") -> None:
        self.ledger = ledger
        self.name = name
        self.scope = Scope((prefix,), ("documentation", "schema"))
        self.number = CLOCK
        self.sent = 0
        ledger.register(Source(name, "crawl"))

    def open(self, number: int | None = None, guard: float = 0.4) -> Receipt:
        self.number = number or self.number + 1000
        self.sent = 0
        return one(self.ledger, CrawlOpen(self.name, self.number, self.scope, guard))

    def send(self, *events: Event, sequence: int | None = None, number: int | None = None) -> Receipt:
        position = CrawlPosition(number or self.number, self.sent if sequence is None else sequence)
        receipt = one(self.ledger, Group(self.name, f"c{next(_names)}", events, position))
        self.sent += len(events)
        return receipt

    def close(self, events: int | None = None) -> Receipt:
        return one(self.ledger, CrawlClose(self.name, self.number, self.sent if events is None else events))

    def crawl(self, *events: Event) -> Receipt:
        """Run a whole crawl, an event a group."""
        self.open()
        for each in events:
            self.send(each)
        return self.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(make_ledger: MakeLedger, clock: Clock) -> Ledger:
    return make_ledger(clock)


def test_a_group_is_one_commit_with_author_message_and_seq(ledger: Ledger) -> None:
    receipt = one(ledger, edit(note(ORDERS, "a"), note(ITEMS, "b"), author="ada", message="why"))
    assert (receipt.status, receipt.seq, receipt.changed, receipt.token) == ("accepted", 1, 2, f"{ledger.epoch}-1")
    (commit,) = ledger.tail(0)
    assert (commit.source, commit.author, commit.message, commit.branch) == ("steward", "ada", "why", "main")
    assert [change.urn for change in commit.changes] == [ORDERS, ITEMS]


def test_equal_content_writes_no_fact_and_answers_with_the_current_token(ledger: Ledger) -> None:
    first = one(ledger, edit(note(ORDERS, "a")))
    again = one(ledger, edit(note(ORDERS, "a")))
    assert (again.status, again.seq, again.token) == ("unchanged", None, first.token)
    assert ledger.stats()["facts"] == 1


def test_spelling_of_json_is_not_content(ledger: Ledger) -> None:
    import msgspec

    one(ledger, edit(event(ORDERS, "documentation", {"text": "a", "format": "plain"})))
    spelt = Event(ORDERS, "documentation", payload=msgspec.Raw(b'{ "format" : "plain",\n "text":"\\u0061"}'))
    assert one(ledger, edit(spelt)).status == "unchanged"


def test_a_repeated_group_id_returns_the_first_receipt_and_does_not_come_back_over_a_newer_edit(ledger: Ledger) -> None:
    first = one(ledger, edit(note(ORDERS, "old"), id="same"))
    one(ledger, edit(note(ORDERS, "new")))
    repeated = one(ledger, edit(note(ORDERS, "old"), id="same"))
    assert (repeated.repeated, repeated.seq) == (True, first.seq)
    assert text_of(ledger, ORDERS) == {"steward": "new"}


def test_what_became_of_a_group_can_be_asked_for(ledger: Ledger) -> None:
    receipt = one(ledger, edit(note(ORDERS, "a"), id="mine"))
    assert ledger.receipt("steward", "mine") == receipt
    assert ledger.receipt("steward", "other") is None
    assert ledger.receipt("nobody", "mine") is None


def test_what_one_group_of_a_batch_says_stands_for_the_next_ones(ledger: Ledger) -> None:
    owned = {"owners": [{"owner": "urn:clew:group:(people,shop)", "role": "owner"}]}
    one(ledger, edit(event(ITEMS, "ownership", owned), note(ORDERS, "first")))
    batch = [
        edit(note(ORDERS, "second")),
        edit(event(ORDERS, "ownership", owned)),  # of which nobody spoke here before
        edit(note(ORDERS, "first")),
    ]
    assert [receipt.status for receipt in ledger.propose(batch)] == ["accepted"] * 3
    assert text_of(ledger, ORDERS) == {"steward": "first"}


def test_so_does_what_is_said_of_a_thing_that_the_batch_itself_brings(ledger: Ledger) -> None:
    new, owned = "urn:clew:dataset:(duckdb://new,n.t)", {"owners": [{"owner": "urn:clew:group:(people,shop)"}]}
    one(ledger, edit(event(ITEMS, "ownership", owned)))
    batch = [
        edit(note(new, "first")),
        edit(note(ORDERS, "here", if_match="")),  # an etag is asked for, so that all until here is written
        edit(note(new, "second")),
        edit(event(new, "ownership", owned)),
        edit(note(new, "first")),
        edit(event(new, "ownership", owned)),
    ]
    assert [receipt.status for receipt in ledger.propose(batch)] == ["accepted"] * 5 + ["unchanged"]
    assert text_of(ledger, new) == {"steward": "first"}


def test_sources_do_not_overwrite_each_other(ledger: Ledger) -> None:
    Crawler(ledger).crawl(note(ORDERS, "from the database"))
    one(ledger, edit(note(ORDERS, "from a person")))
    assert text_of(ledger, ORDERS) == {"pg": "from the database", "steward": "from a person"}


def test_late_news_joins_the_history_and_moves_no_head(ledger: Ledger) -> None:
    ledger.register(Source("client", "time"))
    noon = datetime(2023, 11, 1, 12, tzinfo=UTC)
    one(ledger, edit(note(ORDERS, "noon", observed=noon), source="client"))
    late = one(ledger, edit(note(ORDERS, "morning", observed=noon - timedelta(hours=3)), source="client"))
    assert (late.late, text_of(ledger, ORDERS)) == (1, {"client": "noon"})
    (number,) = ledger.ids([ORDERS])
    assert [(fact.moved, fact.says) for fact in ledger.history(number, "documentation")] == [
        (True, {"text": "noon"}),
        (False, {"text": "morning"}),
    ]


def test_an_acknowledged_edit_is_never_late_even_when_the_clock_jumps_back(ledger: Ledger, clock: Clock) -> None:
    one(ledger, edit(note(ORDERS, "first")))
    clock.micros -= 3_600_000_000
    second = one(ledger, edit(note(ORDERS, "second")))
    assert (second.late, text_of(ledger, ORDERS)) == (0, {"steward": "second"})
    times = [commit.time for commit in ledger.tail(0)]
    assert times == sorted(times)


def test_retract_withdraws_ones_own_claim_only(ledger: Ledger) -> None:
    Crawler(ledger).crawl(note(ORDERS, "db"))
    one(ledger, edit(note(ORDERS, "mine")))
    one(ledger, edit(Event(ORDERS, "documentation", op="retract")))
    assert text_of(ledger, ORDERS) == {"pg": "db"}
    assert one(ledger, edit(Event(ORDERS, "documentation", op="retract"))).status == "unchanged"


def test_deny_and_upsert_are_two_parts_of_one_claim(ledger: Ledger) -> None:
    owner = "urn:clew:person:(people,ada@example.com)"
    one(ledger, edit(event(ORDERS, "ownership", {"owners": [{"owner": owner}]})))
    one(ledger, edit(event(ORDERS, "ownership", {"keys": ["x owner"]}, op="deny")))
    (number,) = ledger.ids([ORDERS])
    (claim,) = ledger.claims([number])[number]["ownership"]
    assert claim.says == {"owners": [{"owner": owner}]}
    assert claim.denies == frozenset({"x owner"})
    one(ledger, edit(Event(ORDERS, "ownership", op="retract")))
    assert ledger.claims([number])[number] == {}


def test_claims_are_told_of_some_aspects_only_when_asked_so_now_and_as_of_then(ledger: Ledger) -> None:
    owner = "urn:clew:person:(people,ada@example.com)"
    owners = {"owners": [{"owner": owner}]}
    before = one(ledger, edit(note(ORDERS, "old"), event(ORDERS, "ownership", owners))).seq
    one(ledger, edit(note(ORDERS, "new")))
    number, other = ledger.ids([ORDERS, owner])
    assert set(ledger.claims([number])[number]) == {"documentation", "ownership"}
    for as_of, text in ((None, "new"), (before, "old")):
        found = ledger.claims([number, other], as_of, ("documentation", "nobody_says_it"))
        (claim,) = found[number]["documentation"]
        assert set(found[number]) == {"documentation"}
        assert claim.says["text"] == text
        assert found[other] == {}
    assert ledger.claims([number], aspects=("nobody_says_it",)) == {number: {}}
    assert ledger.claims([number], aspects=()) == {number: {}}


def test_a_precondition_holds_only_for_what_was_read(ledger: Ledger) -> None:
    assert one(ledger, edit(note(ORDERS, "first", if_match=""))).status == "accepted"
    refused = one(ledger, edit(note(ORDERS, "second", if_match="")))
    assert (refused.status, refused.errors[0]["code"]) == ("refused", "conflict")
    etag = refused.errors[0]["etag"]
    assert one(ledger, edit(note(ORDERS, "second", if_match=etag))).status == "accepted"


def test_a_precondition_may_name_ones_own_claim_which_need_not_show_in_what_is_resolved(ledger: Ledger) -> None:
    def deny(key: str, if_match: str) -> Receipt:
        return one(ledger, edit(event(ORDERS, "ownership", {"keys": [key]}, op="deny", if_match=if_match)))

    first = deny("x owner", "@0")
    assert first.status == "accepted"
    assert deny("y owner", "@0").errors[0]["code"] == "conflict"
    assert deny("y owner", f"wrong@{first.seq}").errors[0]["code"] == "conflict"
    assert deny("y owner", f"*@{first.seq}").status == "accepted"
    one(ledger, edit(Event(ORDERS, "ownership", op="retract")))
    assert deny("z owner", "*@0").status == "accepted"


def test_a_column_of_which_nothing_was_ever_said_belongs_to_its_dataset(ledger: Ledger) -> None:
    dataset, column = "urn:clew:dataset:(duckdb://new,n.t)", "urn:clew:column:(duckdb://new,n.t,x)"
    assert one(ledger, edit(Event(column, "documentation", op="retract"))).status == "unchanged"
    one(ledger, edit(event(column, "documentation", {"text": "said at last"})))
    parent, child = ledger.ids([dataset, column])
    (entity,) = ledger.entities([child])
    assert parent and entity and entity.parent == parent


def test_one_part_of_a_claim_is_withdrawn_by_a_retract_and_the_other_part_in_one_group(ledger: Ledger) -> None:
    owner = "urn:clew:person:(people,ada@example.com)"
    says = event(ORDERS, "ownership", {"owners": [{"owner": owner}]})
    denies = event(ORDERS, "ownership", {"keys": ["x owner"]}, op="deny")
    one(ledger, edit(says, denies))
    (number,) = ledger.ids([ORDERS])
    for kept, left in ((denies, (None, {"x owner"})), (says, ({"owners": [{"owner": owner}]}, set()))):
        assert one(ledger, edit(Event(ORDERS, "ownership", op="retract"), kept)).status == "accepted"
        (claim,) = ledger.claims([number])[number]["ownership"]
        assert (claim.says, set(claim.denies)) == left


def test_a_bad_group_leaves_nothing_and_the_others_of_its_batch_land(ledger: Ledger) -> None:
    bad = edit(note(ITEMS, "good"), event(ITEMS, "documentation", {"txt": "bad"}))
    receipts = ledger.propose([edit(note(ORDERS, "a")), bad, edit(note(ORDERS, "b"))])
    assert [receipt.status for receipt in receipts] == ["accepted", "refused", "accepted"]
    assert receipts[1].errors[0]["where"] == "events[1].payload.text"
    assert text_of(ledger, ITEMS) == {}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (event("urn:clew:dataset:(a)", "documentation", {"text": "x"}), "not a URN"),
        (event("urn:clew:planet:(a,b)", "documentation", {"text": "x"}), "unknown kind"),
        (event("urn:clew:any:(a,b)", "documentation", {"text": "x"}), "derived kind"),
        (event(ORDERS, "horoscope", {"text": "x"}), "unknown aspect"),
        (event("urn:clew:person:(people,ada)", "schema", {"columns": []}), "has no aspect"),
        (event(ORDERS, "documentation", {"text": "x" * 900_001}), "over the limit"),
        (
            event(ORDERS, "documentation", {"text": "x"}, observed=datetime(2099, 1, 1, tzinfo=UTC)),
            "more than 5 minutes",
        ),
        (event(ORDERS, "documentation", {"text": "x"}, version=9), "newer than this ledger"),
        (event("urn:clew:dataset:(postgres://u:secret@h,x)", "documentation", {"text": "x"}), "holds a password"),
        (event(ORDERS, "quality_result", {"status": "pass"}), "has no aspect"),
        (event(ORDERS, "schema", {"columns": [{"name": "a,b"}]}), "not a URN"),
        (event(ORDERS, "schema", {"columns": [{"name": "a\nb"}]}), "control character"),
        (event(ORDERS, "containment", {"parent": "urn:clew:container:(postgres://u:secret@h,x)"}), "holds a password"),
    ],
)
def test_bad_input_is_refused_with_what_and_where(ledger: Ledger, bad: Event, said: str) -> None:
    receipt = one(ledger, edit(bad))
    assert receipt.status == "refused"
    assert said in receipt.errors[0]["what"]
    assert receipt.errors[0]["where"].startswith("events[0]")
    assert "secret" not in str(receipt.errors)
    assert ledger.head_seq() == 0


@pytest.mark.parametrize("part", ["id", "author", "message"])
def test_a_nul_in_a_group_is_refused_by_every_ledger(ledger: Ledger, part: str) -> None:
    members: dict[str, Any] = {"id": "g", part: "a\0b"}
    receipt = one(ledger, edit(note(ORDERS, "a"), **members))
    assert (receipt.status, receipt.errors[0]["where"]) == ("refused", part)


def test_an_unknown_source_is_refused_and_a_known_one_keeps_its_order_mode(ledger: Ledger) -> None:
    assert "unknown source" in one(ledger, edit(note(ORDERS, "a"), source="nobody")).errors[0]["what"]
    ledger.register(Source("pg", "crawl"))
    with pytest.raises(Conflict):
        ledger.register(Source("pg", "time"))
    assert "ordered by crawl" in one(ledger, edit(note(ORDERS, "a"), source="pg")).errors[0]["what"]


def test_a_crawl_retracts_what_lies_in_its_scope_and_was_not_named(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "orders"), note(ITEMS, "items"))
    closed = crawler.crawl(note(ORDERS, "orders"))
    assert (closed.status, closed.retracted) == ("closed", 1)
    assert (text_of(ledger, ORDERS), text_of(ledger, ITEMS)) == ({"pg": "orders"}, {})
    assert text_of(ledger, ITEMS, as_of=2) == {"pg": "items"}


def test_a_second_crawl_of_the_same_writes_no_fact_and_no_commit(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "orders"), note(ITEMS, "items"))
    before = ledger.stats()["facts"], ledger.head_seq()
    assert crawler.crawl(note(ORDERS, "orders"), note(ITEMS, "items")).seq is None
    assert (ledger.stats()["facts"], ledger.head_seq()) == before


def test_a_close_whose_count_does_not_match_retracts_nothing_and_is_parked(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "orders"), note(ITEMS, "items"))
    crawler.open()
    crawler.send(note(ORDERS, "orders"))
    closed = crawler.close(events=2)
    assert (closed.status, text_of(ledger, ITEMS)) == ("parked", {"pg": "items"})
    assert len(ledger.parked()) == 1


def test_the_stale_guard_parks_a_close_that_would_retract_too_much_and_replay_closes_it(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    many = [note(f"urn:clew:dataset:({NS},shop.public.t{n})", "x") for n in range(30)]
    crawler.crawl(*many)
    closed = crawler.crawl(*many[:10])
    assert (closed.status, closed.errors[0]["where"]) == ("parked", "guard")
    assert ledger.stats()["claims"] == 30
    replayed = ledger.replay(ledger.parked()[0].id)
    assert (replayed.status, replayed.retracted, ledger.stats()["claims"]) == ("closed", 20, 10)
    assert ledger.parked() == []


def test_a_killed_crawl_and_the_next_one_end_as_one_clean_crawl(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "1"), note(ITEMS, "1"))
    crawler.open()
    crawler.send(note(ORDERS, "2"))
    stale = crawler.number
    crawler.crawl(note(ORDERS, "3"))
    assert (text_of(ledger, ORDERS), text_of(ledger, ITEMS)) == ({"pg": "3"}, {})
    late = crawler.send(note(ORDERS, "2 again"), number=stale, sequence=5)
    assert (late.late, text_of(ledger, ORDERS)) == (1, {"pg": "3"})


def test_a_crawl_is_numbered_above_the_last_and_opens_before_its_groups(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    assert crawler.send(note(ORDERS, "a"), number=CLOCK + 5).status == "parked"
    assert crawler.open(CLOCK + 10).status == "opened"
    assert crawler.open(CLOCK + 10).repeated
    assert crawler.open(CLOCK + 9).status == "refused"


def test_a_bad_group_of_a_crawl_is_parked_counted_and_what_it_names_is_spared(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "orders"), note(ITEMS, "items"))
    crawler.open()
    crawler.send(note(ORDERS, "orders"))
    parked = crawler.send(event(ITEMS, "documentation", {"txt": "bad"}))
    assert parked.status == "parked"
    assert crawler.close().status == "closed"
    assert text_of(ledger, ITEMS) == {"pg": "items"}
    assert [each.urns for each in ledger.parked()] == [(ITEMS,)]


def test_a_replayed_group_does_not_come_back_over_a_newer_crawl(ledger: Ledger, make_ledger: MakeLedger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "1"))
    crawler.open()
    crawler.send(note(ORDERS, "2"), event(ITEMS, "horoscope", {}))
    crawler.close()
    crawler.crawl(note(ORDERS, "1"))
    (parked,) = ledger.parked()
    assert ledger.replay(parked.id).status == "refused"
    assert len(ledger.parked()) == 1
    assert text_of(ledger, ORDERS) == {"pg": "1"}


def test_redelivery_after_an_unchanged_event_does_not_move_the_head_back(ledger: Ledger) -> None:
    ledger.register(Source("client", "time"))
    noon = datetime(2023, 11, 1, 12, tzinfo=UTC)
    one(ledger, edit(note(ORDERS, "a", observed=noon), source="client"))
    one(ledger, edit(note(ORDERS, "a", observed=noon + timedelta(hours=2)), source="client"))
    late = one(ledger, edit(note(ORDERS, "b", observed=noon + timedelta(hours=1)), source="client"))
    assert (late.late, text_of(ledger, ORDERS)) == (1, {"client": "a"})


def test_a_point_measured_again_is_read_fresh_in_the_later_commit_only(ledger: Ledger) -> None:
    ledger.register(Source("client", "time"))
    time = datetime(2023, 11, 1, tzinfo=UTC)
    for reads in (5, 50):
        measured = event(ORDERS, "usage", {"reads": reads}, time=time)
        assert one(ledger, edit(measured, source="client")).status == "accepted"
        ledger.tail(0)
    said = [[point.payload for point in commit.points] for commit in ledger.tail(0, fresh=True)]
    assert said == [[], [{"reads": 50}]]


def test_points_of_a_series_are_rows_of_the_commit_and_no_claims(ledger: Ledger) -> None:
    ledger.register(Source("tests", "time"))
    urn = "urn:clew:assertion:(dbt://shop,unique_orders)"
    time = datetime(2023, 11, 1, tzinfo=UTC)
    point = event(urn, "quality_result", {"status": "pass"}, time=time)
    assert one(ledger, edit(point, source="tests")).status == "accepted"
    assert one(ledger, edit(point, source="tests")).status == "unchanged"
    (number,) = ledger.ids([urn])
    assert [each.payload for each in ledger.points(number, "quality_result")] == [{"status": "pass"}]
    assert [each.payload for commit in ledger.tail(0) for each in commit.points] == [{"status": "pass"}]
    assert ledger.claims([number])[number] == {}
    assert "needs" not in str(
        one(ledger, edit(event(urn, "quality_result", {"status": "pass"}), source="tests")).errors[0]["code"]
    )


def test_the_newest_point_of_a_series_is_by_time_then_step_then_source(ledger: Ledger) -> None:
    for source in ("b-tests", "tests", "a-tests"):
        ledger.register(Source(source, "time"))
    one_urn, other_urn, bare = (f"urn:clew:dataset:(dbt://shop,t{number})" for number in range(3))

    def say(urn: str, hour: int, source: str = "tests", step: int = 0, **payload: int) -> int:
        time = datetime(2023, 11, 1, hour, tzinfo=UTC)
        receipt = one(ledger, edit(event(urn, "profile", payload, time=time, step=step), source=source))
        assert receipt.seq
        return receipt.seq

    first = say(one_urn, 5, rows=5)
    say(one_urn, 4, rows=4)
    say(one_urn, 5, "b-tests", rows=50)
    say(one_urn, 5, "a-tests", rows=500)
    stepped = say(one_urn, 5, "a-tests", step=1, rows=1)
    say(other_urn, 2, rows=2)
    one_id, other_id = ledger.ids([one_urn, other_urn])
    one(ledger, edit(note(bare, "x"), source="tests"))
    (bare_id,) = ledger.ids([bare])
    asked = [other_id, one_id, bare_id, one_id, 10_000]

    def rows(as_of: int | None = None) -> dict[int, Any]:
        found = ledger.newest_points(asked, ("profile", "usage"), as_of)
        return {entity: each["profile"].payload["rows"] for entity, each in found.items()}

    assert rows() == {one_id: 1, other_id: 2}
    assert rows(stepped - 1) == {one_id: 5}, "tests stands after b-tests"
    assert rows(first - 1) == {}
    assert ledger.newest_points([one_id], ()) == ledger.newest_points([], ("profile",)) == {}
    (point,) = ledger.newest_points([one_id], ("profile",)).values()
    assert point["profile"] == ledger.points(one_id, "profile")[0]


def test_the_tail_tells_each_change_with_all_live_claims_as_of_its_commit(ledger: Ledger) -> None:
    Crawler(ledger).crawl(note(ORDERS, "db"))
    one(ledger, edit(note(ORDERS, "one")))
    one(ledger, edit(note(ORDERS, "two")))
    told = [
        sorted((claim.source, claim.says["text"]) for claim in change.claims if claim.says)
        for commit in ledger.tail(0)
        for change in commit.changes
    ]
    assert told == [[("pg", "db")], [("pg", "db"), ("steward", "one")], [("pg", "db"), ("steward", "two")]]
    assert [commit.seq for commit in ledger.tail(1, limit=1)] == [2]


def test_the_tail_without_claims_tells_the_same_changes(ledger: Ledger) -> None:
    def told(*, claims: bool) -> list[tuple[int, str, str, tuple[str, ...], int]]:
        return [
            (commit.seq, change.urn, change.aspect, change.sources, len(commit.points))
            for commit in ledger.tail(0, claims=claims)
            for change in commit.changes
        ]

    Crawler(ledger).crawl(note(ORDERS, "db"), note(ITEMS, "b"))
    one(ledger, edit(note(ORDERS, "one")))
    without = told(claims=False)
    assert len(without) == 3
    assert without == told(claims=True)
    one(ledger, edit(note(ORDERS, "two")))
    assert told(claims=False) == told(claims=True) != without
    assert [len(change.claims) for change in ledger.tail(0, claims=True)[-1].changes] == [2]


def test_retiring_a_source_withdraws_all_it_claims_and_it_may_claim_nothing_more(ledger: Ledger) -> None:
    crawler = Crawler(ledger)
    crawler.crawl(note(ORDERS, "a"), note(ITEMS, "b"))
    receipt = ledger.retire("pg", "ada")
    assert (receipt.retracted, ledger.stats()["claims"]) == (2, 0)
    assert crawler.open().status == "refused"


def test_passwords_are_blanked_before_anything_is_stored(ledger: Ledger) -> None:
    one(ledger, edit(note(ORDERS, "see postgres://ada:hunter2@db/shop?password=hunter2")))
    one(ledger, edit(event(ORDERS, "properties", {"custom": {"db_password": "hunter2"}})))
    (number,) = ledger.ids([ORDERS])
    assert "hunter2" not in str(ledger.claims([number]))
    assert "postgres://ada:***@db/shop?password=***" in str(ledger.claims([number]))


def test_names_are_found_by_their_ends_and_columns_are_numbered_with_their_dataset(ledger: Ledger) -> None:
    one(ledger, edit(event(ORDERS, "schema", {"columns": [{"name": "Id"}, {"name": "a%2Eb"}]})))
    assert [each.urn for each in ledger.find("orders.id")] == [f"urn:clew:column:({NS},shop.public.orders,Id)"]
    assert [each.kind for each in ledger.find("shop.public.orders")] == ["dataset"], "any and rows are derived"
    assert ledger.find("ers.id") == ledger.find("") == ledger.find("(any") == []
    ids = ledger.ids([ORDERS, f"urn:clew:any:({NS},shop.public.orders)", "urn:clew:dataset:(x,never)"])
    assert all(ids[:2])
    assert ids[2] == 0
    parents = {entity.kind: entity.parent for entity in ledger.entities(ids[:2]) if entity}
    assert parents == {"dataset": 0, "any": ids[0]}


def test_equal_truth_has_an_equal_digest_whatever_the_order_of_sources(make_ledger: MakeLedger, clock: Clock) -> None:
    def fill(ledger: Ledger, first: str) -> str:
        acts: dict[str, Callable[[], object]] = {
            "crawl": lambda: Crawler(ledger).crawl(note(ORDERS, "db"), note(ITEMS, "items")),
            "edit": lambda: one(ledger, edit(note(ORDERS, "mine"))),
        }
        acts.pop(first)()
        for act in acts.values():
            act()
        return ledger.heads_digest()

    one_way, other_way = make_ledger(clock), make_ledger(clock)
    digest = fill(one_way, "crawl")
    assert digest == fill(other_way, "edit")
    one(one_way, edit(note(ITEMS, "more")))
    assert one_way.heads_digest() != digest
