"""Every page as it is opened by its address: light and dark, wide and narrow, with axe; what it asks, and how much."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from web.conftest import Open, Tab, entity, violations
from web.hostile import SENSOR
from web.looks import every_look

DATASET = "urn:clew:dataset:(duckdb://nyc,nyc.main_marts.fct_flights)"
VERSION = "urn:clew:model_version:(mlflow://nyc,flight_delay.2)"
PAGES = {
    "home": "/",
    "search": "/search",
    "hits": "/search?q=delay&kind=dataset",
    "no-hits": "/search?q=zzzzzzzzzz",
    "dataset": entity(DATASET),
    "who-says-what": entity(DATASET, "?tab=said"),
    "history": entity(DATASET, "?tab=history"),
    "compare": entity(VERSION, "?tab=compare&with=flight_delay.1"),
    "compare-nothing": entity(VERSION, "?tab=compare"),
    "as-of": entity(DATASET, "?asOf=2h"),
    "column": entity("urn:clew:column:(duckdb://nyc,nyc.raw.flights,dep_delay)"),
    "feature": entity("urn:clew:feature:(mlflow://nyc,flight_delay.2.prev_dep_delay)"),
    "model": entity("urn:clew:model:(mlflow://nyc,flight_delay)"),
    "model-version": entity(VERSION),
    "pipeline": entity("urn:clew:pipeline:(dbt://nyc_flights,nyc_flights)"),
    "job": entity("urn:clew:job:(dbt://nyc_flights,model.nyc_flights.fct_flights)"),
    "dashboard": entity("urn:clew:dashboard:(dbt://nyc_flights,exposure.nyc_flights.operations_board)"),
    "endpoint": entity("urn:clew:endpoint:(mlflow://nyc,delay-api)"),
    "person": entity("urn:clew:person:(people,Ada Marsh)"),
    "custom-kind": entity(SENSOR),
    "nothing": entity("urn:clew:dataset:(duckdb://nyc,nobody)"),
    "lineage": f"/lineage/{quote(DATASET, safe='')}",
    "lineage-list": f"/lineage/{quote(DATASET, safe='')}?view=list",
    "impact": f"/impact/{quote(DATASET, safe='')}",
    "glossary": "/glossary",
    "domains": "/glossary?of=domains",
    "tags": "/glossary?of=tags",
    "tag": f"/glossary?of=tags&at={quote('urn:clew:tag:(clew,core)', safe='')}",
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_asks_three_times_at_most_and_is_fit_to_read_in_every_look(tab: Tab, axe: str, name: str) -> None:
    page = opened(tab, name)
    asked = tab.api()
    assert len(asked) <= 3, asked
    assert page.title().endswith("Clew")
    assert page.locator("main h1").inner_text()
    for shown in every_look(page):
        assert violations(page, axe) == [], f"{name} at {shown}"
        assert not overflows(page), f"{name} at {shown} is wider than the window"


@pytest.mark.parametrize("name", ["person", "pipeline"])
def test_what_no_data_flows_through_says_nothing_of_flow(tab: Tab, name: str) -> None:
    page = opened(tab, name)
    assert page.get_by_role("region", name="Used by").count() == 0
    assert page.get_by_role("region", name="Comes from").count() == 0
    assert page.get_by_role("link", name="Lineage").count() == (0 if name == "person" else 1)


def test_the_first_load_stays_within_its_budget(open_tab: Open) -> None:
    tab = open_tab(new=True)
    sizes: dict[str, int] = {}
    tab.page.on("response", lambda said: sizes.update({said.url: int(said.headers.get("content-length", 0))}))
    tab.visit("/")
    assert len(tab.asked) <= 30, tab.asked
    script = sum(size for url, size in sizes.items() if url.endswith(".js"))
    assert 50_000 < script <= 180_000, sizes


@pytest.mark.parametrize("address", ["https://example.org/x.png", "http://192.0.2.1/x.png", "ws://example.org/x"])
def test_what_is_asked_for_off_this_machine_is_seen_and_goes_nowhere(tab: Tab, address: str) -> None:
    tab.expect("ERR_NAME_NOT_RESOLVED")
    with tab.page.expect_event("console"):
        tab.page.evaluate(
            "of => { of.startsWith('ws') ? new WebSocket(of) : (new Image().src = of) }",
            address,
        )
    assert tab.abroad == [address]
    assert tab.complaints
    with pytest.raises(AssertionError):
        tab.check()
    tab.abroad.clear()


def test_an_address_that_is_no_page_is_said_by_the_page_itself(tab: Tab) -> None:
    tab.visit("/search")
    tab.page.evaluate(
        "() => { history.pushState({}, '', '/no/such/page'); dispatchEvent(new PopStateEvent('popstate')) }"
    )
    tab.page.get_by_role("heading", name="There is no such page").wait_for()


def test_the_colours_chosen_hold_against_the_system_and_after_a_reload(open_tab: Open) -> None:
    tab = open_tab(scheme="light")
    page = tab.visit("/")
    switch = page.get_by_role("button", name="Colours:")
    switch.click()
    switch.click()
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 21, 26)"
    page.reload()
    tab.settle()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_everything_that_a_kind_is_asked_first_stands_on_its_page(tab: Tab) -> None:
    page = tab.visit(PAGES["model-version"])
    trained = page.get_by_role("region", name="What trained it")
    trained.get_by_role("link", name="prev_dep_delay").first.wait_for()
    assert "RandomForestRegressor" in page.locator(".facts").inner_text()
    page = tab.visit(PAGES["dataset"])
    facts = page.locator(".facts").inner_text()
    assert "Columns" in facts
    assert "Rows" in facts
    assert page.get_by_role("region", name="Used by").get_by_role("link", name="carrier_delays").is_visible()
    page = tab.visit(PAGES["job"])
    assert page.get_by_role("region", name="Newest runs").is_visible()


def test_what_is_asked_of_the_past_is_told_of_the_past(tab: Tab) -> None:
    now = tab.visit(entity("urn:clew:model:(mlflow://nyc,flight_delay)"))
    assert now.locator(".band").count() == 0
    then = tab.visit(entity("urn:clew:model:(mlflow://nyc,flight_delay)", f"?asOf={quote('1')}"))
    assert "seq 1" in then.locator(".band").inner_text()
    assert "nothing was said of it up to seq 1" in (then.locator("main").text_content() or "")
    then.get_by_role("link", name="Search").first.click()
    tab.settle()
    assert "asOf=1" in then.url
    then.get_by_role("button", name="Back to now").click()
    tab.settle()
    assert "asOf" not in then.url


def opened(tab: Tab, name: str) -> Page:
    """Open a page; only that of nothing may say that something failed."""
    if name == "nothing":
        tab.expect("404")
    page = tab.visit(PAGES[name])
    assert page.get_by_role("alert").count() == (1 if name == "nothing" else 0)
    return page


def overflows(page: Page) -> bool:
    """Say whether a page is wider than its window."""
    wider: bool = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return wider
