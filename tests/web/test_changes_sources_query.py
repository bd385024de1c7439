"""Changes, sources and queries, and news that arrive while somebody looks: by mouse, by keyboard, in every look."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from web.conftest import START, Open, Served, Tab, entity, violations
from web.hostile import NASTY, RIGHT_TO_LEFT, SCRIPT
from web.looks import every_look
from web.test_pages import overflows

DATASET = "urn:clew:dataset:(duckdb://nyc,nyc.main_marts.fct_flights)"
OTHER = "urn:clew:dataset:(duckdb://nyc,nyc.raw.airlines)"
OF = quote(DATASET, safe="")
PAGES = {
    "changes": "/changes",
    "changes-of": f"/changes?of={OF}&since=0",
    "changes-narrowed": "/changes?since=0&kind=model_version&aspect=properties",
    "changes-none": "/changes?since=0&source=nobody",
    "changes-of-hostile": "/changes?since=0&source=hostile",
    "diff": f"/changes?of={OF}&since=0&view=diff",
    "diff-of-nothing": "/changes?view=diff",
    "sources": "/sources",
    "sources-none": "/sources?q=zzzz",
    "sql": "/query",
    "graphql": "/query?lang=graphql",
}
CRAWL = 1_700_000_000_000_000


@pytest.fixture(scope="module", autouse=True)
def parked(served: Served) -> list[int]:
    """Two groups of one crawl are kept aside; their numbers."""
    scope = {"prefixes": ["urn:clew:"], "aspects": ["documentation"]}
    with steward(served) as client:
        opened = {"type": "crawl.open", "source": "crawler", "number": CRAWL, "scope": scope}
        client.post("/v1/crawls", json=opened).raise_for_status()
        for at, text in enumerate(("one", SCRIPT)):
            event = {"urn": DATASET, "aspect": "documentation", "payload": {"txt": text}}
            crawl = {"number": CRAWL, "sequence": at}
            bad = {"source": "crawler", "id": f"bad-{at}-{text}", "crawl": crawl, "events": [event]}
            (receipt,) = client.post("/v1/groups", json=bad).raise_for_status().json()["receipts"]
            assert receipt["status"] == "parked", receipt
        return [each["id"] for each in client.get("/v1/parked").raise_for_status().json()["parked"]]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_fit_to_read_in_every_look(tab: Tab, axe: str, name: str) -> None:
    page = tab.visit(PAGES[name])
    assert len(tab.api()) <= 3
    assert page.title().endswith("Clew")
    assert page.get_by_role("alert").count() == 0
    for shown in every_look(page):
        assert violations(page, axe) == [], f"{name} at {shown}"
        assert not overflows(page), f"{name} at {shown} is wider than the window"


@pytest.mark.parametrize(("key", "heading"), [("c", "Changes"), ("o", "Sources"), ("q", "Query")])
def test_a_page_is_reached_by_keys_and_from_the_rail(tab: Tab, key: str, heading: str) -> None:
    page = tab.visit("/")
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Home").click()
    page.get_by_role("navigation", name="Places").get_by_role("link", name=heading).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text(f"Go to {heading}")


def test_changes_are_those_of_the_ledger_newest_first(tab: Tab) -> None:
    page = tab.visit(f"/changes?of={OF}&since=0")
    query = (
        "SELECT DISTINCT k.seq FROM commits k JOIN changes h ON h.seq = k.seq WHERE h.urn = :urn OR h.urn IN"
        " (SELECT urn FROM columns WHERE dataset = :urn) ORDER BY k.seq DESC"
    )
    asked = {"query": query, "parameters": {"urn": DATASET}}
    rows = httpx.post(tab.base + "/v1/sql", json=asked, timeout=60).raise_for_status().json()["rows"]
    shown = page.locator(".change .icon-button").evaluate_all(
        "all => all.map((each) => Number(each.getAttribute('aria-label').match(/\\d+/)[0]))"
    )
    assert shown == [seq for (seq,) in rows][:100]
    assert shown


def test_a_commit_opens_by_keyboard_and_the_address_keeps_it(tab: Tab) -> None:
    page = tab.visit(f"/changes?of={OF}&since=0")
    first = page.locator(".change .icon-button").first
    first.focus()
    page.keyboard.press("Enter")
    tab.settle()
    expect(page.locator(".change-list").first).to_contain_text("before and after")
    assert "open=" in page.url
    page.reload()
    tab.settle()
    page.locator(".change-list").first.get_by_role("link", name="before and after").first.click()
    tab.settle()
    assert "view=diff" in page.url
    assert page.locator(".band").count() == 1
    expect(page.locator(".changes-sum")).to_contain_text("(seq ")


def test_changes_are_narrowed_by_source_and_kind(tab: Tab) -> None:
    page = tab.visit("/changes?since=0")
    page.get_by_label("Source", exact=True).select_option("hostile")
    tab.settle()
    page.get_by_label("Kind", exact=True).select_option("sensor")
    tab.settle()
    assert "source=hostile" in page.url
    assert "kind=sensor" in page.url
    expect(page.locator(".change")).to_have_count(1)
    page.get_by_role("button", name="Clear all").click()
    tab.settle()
    assert page.locator(".change").count() > 1


def test_what_changed_of_a_thing_is_told_field_by_field_with_who_said_so(tab: Tab) -> None:
    page = tab.visit("/changes?of=fct_flights&since=0")
    page.get_by_role("navigation", name="Ways to look at changes").get_by_role("link", name="Before and after").click()
    tab.settle()
    expect(page.get_by_role("region", name="schema")).to_contain_text("Said by")
    expect(page.get_by_role("region", name="Lineage upstream")).to_contain_text("→")
    expect(page.get_by_role("region", name="Lineage upstream").get_by_role("link", name="In the graph")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/changes?since=rubbish", None, "no moment"),
        ("/changes?asOf=rubbish", None, "no moment"),
        ("/changes?of=nobody_at_all", None, "nobody_at_all"),
        ("/changes?of=nobody_at_all&view=diff", "404", "What to do"),
        (f"/changes?of={OF}&since=rubbish&view=diff", "400", "What to do"),
        (f"/changes?of={OF}&since=2999-01-01&view=diff", "400", "What to do"),
    ],
)
def test_a_bad_address_is_explained(tab: Tab, axe: str, path: str, status: str | None, said: str) -> None:
    tab.expect(status or "404")
    page = tab.visit(path)
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert violations(page, axe) == []


def test_hostile_names_and_messages_stay_text(tab: Tab, axe: str) -> None:
    for path in (
        "/changes?since=0&source=hostile",
        *(f"/changes?since=0&view=diff&of={quote(each)}" for each in NASTY.values()),
    ):
        page = tab.visit(path)
        assert page.evaluate("() => window.hacked") is None
        assert page.locator("main img, main iframe, main script").count() == 0
        assert not overflows(page)
        assert violations(page, axe) == []


def test_sources_are_those_of_the_api_with_rank_crawl_and_what_is_parked(tab: Tab) -> None:
    page = tab.visit("/sources")
    known = httpx.get(tab.base + "/v1/sources", timeout=60).raise_for_status().json()["sources"]
    rows = page.locator("table.sources tbody tr")
    assert rows.count() == len(known)
    for each in known:
        row = rows.filter(has=page.get_by_text(each["name"], exact=True))
        expect(row.locator("td.number")).to_have_text(str(each["rank"]))
    expect(rows.first).to_contain_text("2 parked")
    expect(rows.first).to_contain_text("crawl open")
    expect(page.get_by_role("region", name="Views")).to_contain_text("up to date")


def test_who_may_not_is_shown_reasons_and_no_control(tab: Tab) -> None:
    page = tab.visit("/sources")
    kept = page.get_by_role("region", name="Parked")
    expect(kept).to_contain_text("payload.text")
    expect(kept).to_contain_text("clew token create me --scope admin")
    assert kept.get_by_role("button").count() == 0
    assert page.evaluate("() => window.hacked") is None


def test_who_may_replays_and_drops_by_keyboard(open_tab: Open, axe: str, parked: list[int]) -> None:
    tab = open_tab()
    page = tab.visit("/sources")
    sign_in(tab)
    kept = page.get_by_role("region", name="Parked")
    kept.get_by_role("button", name=f"Replay number {parked[0]}").focus()
    page.keyboard.press("Enter")
    expect(kept.get_by_role("status")).to_contain_text(f"Number {parked[0]} was refused again")
    tab.settle()
    drop = kept.get_by_role("button", name="Drop").last
    drop.focus()
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog", name="Drop for good?")
    assert violations(page, axe) == []
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    assert kept.locator(".parked-one").count() == 2
    drop.click()
    page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
    expect(kept.get_by_role("status")).to_contain_text("was dropped")
    tab.settle()
    expect(kept.locator(".parked-one")).to_have_count(1)


def test_a_query_in_sql_answers_in_a_virtual_table_and_is_saved_as_csv(tab: Tab, tmp_path: Path) -> None:
    page = tab.visit("/query?limit=10000")
    write(
        page,
        "SQL",
        "SELECT c.urn, c.position, c.name FROM columns c WHERE c.dataset LIKE '%,main.wide)' ORDER BY c.position",
    )
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("table")).to_have_attribute("aria-rowcount", "10001")
    expect(page.get_by_role("region", name="Result")).to_contain_text("there are more")
    assert page.locator(".result-row").count() < 60
    page.get_by_role("table").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("cell", name="c09999", exact=True)).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    saved.value.save_as(tmp_path / "rows.csv")
    rows = list(csv.reader((tmp_path / "rows.csv").read_text().splitlines()))
    assert rows[0] == ["urn", "position", "name"]
    assert len(rows) == 10_001
    assert rows[-1][1:] == ["10000", "c09999"]


def test_a_mistake_in_sql_is_told_with_its_place_and_a_way_there(tab: Tab, axe: str) -> None:
    tab.expect("400")
    page = tab.visit("/query")
    write(page, "SQL", "SELECT urn\nFROM entities\nWHERE kind = = 'dataset'")
    page.get_by_role("button", name="Run", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("line 3")
    assert violations(page, axe) == []
    alert.get_by_role("button", name="Go to line 3").click()
    field = page.get_by_label("SQL", exact=True)
    expect(field).to_be_focused()
    assert field.evaluate("field => field.value.slice(0, field.selectionStart).split('\\n').length") == 3
    write(page, "SQL", "DELETE FROM entities")
    page.keyboard.press("Control+Enter")
    expect(alert).to_contain_text("read-only")


def test_parameters_are_read_as_json_or_their_mistake_is_told(tab: Tab) -> None:
    page = tab.visit("/query")
    write(page, "SQL", "SELECT name FROM entities WHERE urn = :urn")
    page.get_by_text("Parameters, for :name").click()
    write(page, "Parameters", "{")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("no JSON")
    write(page, "Parameters", json.dumps({"urn": DATASET}))
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("cell")).to_have_text("nyc.main_marts.fct_flights")


def test_rows_of_hostile_names_run_nothing(tab: Tab, axe: str) -> None:
    page = tab.visit("/query")
    write(page, "SQL", "SELECT urn, title, description FROM entities WHERE namespace = 'hostile://house'")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("table")).to_contain_text(RIGHT_TO_LEFT[1:])
    assert page.evaluate("() => window.hacked") is None
    assert page.locator("main img, main script").count() == 0
    assert not overflows(page)
    assert violations(page, axe) == []


def test_a_link_fills_the_field_and_runs_nothing(tab: Tab) -> None:
    text = "mutation { proposeGroups(groups: {}) { status } }"
    page = tab.visit(f"/query?lang=graphql&text={quote(text)}")
    assert page.get_by_label("GraphQL", exact=True).input_value() == text
    expect(page.get_by_text("This changes what is catalogued")).to_be_visible()
    assert tab.api() == []


def test_graphql_answers_as_json_and_errors_have_their_place(tab: Tab, axe: str) -> None:
    page = tab.visit("/query?lang=graphql")
    write(page, "GraphQL", "{ health }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("group", name="Answer as JSON")).to_contain_text('"head"')
    assert violations(page, axe) == []
    write(page, "GraphQL", "{\n  helth\n}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("helth")
    page.get_by_role("button", name="Where: line 2, column 3").click()
    expect(page.get_by_label("GraphQL", exact=True)).to_be_focused()


def test_what_can_be_asked_is_listed_as_the_api_says_it(tab: Tab, axe: str) -> None:
    page = tab.visit("/query?lang=graphql")
    page.get_by_role("button", name="Schema").click()
    tab.settle()
    listed = page.get_by_role("complementary", name="What can be asked")
    expect(listed).to_contain_text("whatTrained(of: String!")
    listed.get_by_role("textbox").fill("SourceStanding")
    expect(listed).to_contain_text("parked: Int!")
    assert violations(page, axe) == []
    page = tab.visit("/query")
    page.get_by_role("button", name="Relations").click()
    tab.settle()
    expect(page.get_by_role("complementary", name="What can be asked")).to_contain_text("claim_count")


def test_the_address_holds_what_was_typed(tab: Tab) -> None:
    page = tab.visit("/query")
    write(page, "SQL", "SELECT 1 AS one")
    page.wait_for_function("() => location.search.includes('SELECT')")
    page.reload()
    tab.settle()
    assert page.get_by_label("SQL", exact=True).input_value() == "SELECT 1 AS one"


@pytest.mark.parametrize("path", ["/", "/changes", entity(DATASET)])
def test_news_are_told_quietly_and_shown_when_asked_for(tab: Tab, axe: str, served: Served, path: str) -> None:
    page = tab.visit(path)
    before = page.locator("main h1").bounding_box(), page.evaluate("() => document.body.scrollHeight")
    say(served, DATASET, path)
    notice = page.locator(".news")
    expect(notice).to_contain_text("new change")
    assert (page.locator("main h1").bounding_box(), page.evaluate("() => document.body.scrollHeight")) == before
    assert violations(page, axe) == []
    notice.get_by_role("button", name="Show").click()
    expect(notice).to_have_text("")
    tab.settle()
    expect(page.locator("main")).to_contain_text(f"News of {path}" if path.startswith("/entity") else "fct_flights")


def test_news_of_other_things_do_not_disturb_the_page_of_a_thing(tab: Tab, served: Served) -> None:
    page = tab.visit(entity(DATASET))
    say(served, OTHER, "other")
    say(served, DATASET, "own")
    expect(page.locator(".news")).to_contain_text("1 new change")


def test_a_page_of_the_past_hears_no_news(tab: Tab, served: Served) -> None:
    tab.visit(entity(DATASET, "?asOf=3"))
    assert not [each for each in tab.asked if "/v1/changes" in each]


def steward(served: Served) -> httpx.Client:
    """Return a client that may do everything."""
    return httpx.Client(base_url=served.open, headers={"Authorization": f"Bearer {START}"}, timeout=60)


def say(served: Served, urn: str, about: str) -> None:
    """Say something new of a thing."""
    event: dict[str, Any] = {"urn": urn, "aspect": "documentation", "payload": {"text": f"News of {about}"}}
    with steward(served) as client:
        at = client.get("/v1/health").raise_for_status().json()["head"]
        group = {"source": "newsman", "id": f"news-{at}", "message": "what is new", "events": [event]}
        (receipt,) = client.post("/v1/groups", json=group).raise_for_status().json()["receipts"]
        assert receipt["status"] == "accepted", receipt


def sign_in(tab: Tab) -> None:
    """Sign in as who may do everything."""
    tab.page.get_by_role("button", name="Sign in").click()
    tab.page.get_by_label("Token").fill(START)
    tab.page.keyboard.press("Enter")
    tab.settle()


def write(page: Page, label: str, text: str) -> None:
    """Write into a field, and stay in it."""
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.focus()
