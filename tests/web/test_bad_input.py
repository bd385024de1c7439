"""Links to nothing, addresses edited by hand, hostile names, and an API that is down, slow or forbids."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from web.conftest import START, Open, Tab, entity, violations
from web.hostile import LONG, NASTY, RIGHT_TO_LEFT, SCRIPT
from web.test_pages import overflows

REFUSED = ("400", "404", "409")


@pytest.mark.parametrize("urn", NASTY.values(), ids=["script", "emoji", "right-to-left", "long"])
@pytest.mark.parametrize("part", ["", "?tab=said", "?tab=history", "?tab=compare"])
def test_a_hostile_name_is_shown_and_runs_nothing(tab: Tab, axe: str, urn: str, part: str) -> None:
    page = tab.visit(entity(urn, part))
    assert page.evaluate("() => window.hacked") is None
    assert page.locator("main img, main iframe, main script").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert not overflows(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not overflows(page)
    assert violations(page, axe) == []


def test_hostile_names_are_hits_like_others(tab: Tab) -> None:
    page = tab.visit(f"/search?namespace={quote('hostile://house')}&kind=dataset")
    shown = page.locator(".hits").inner_text()
    assert SCRIPT in shown
    assert LONG[-16:] in shown
    assert RIGHT_TO_LEFT[1:] in shown
    assert page.evaluate("() => window.hacked") is None
    assert not overflows(page)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (entity("urn:clew:dataset:(duckdb://nyc,nobody)"), "nobody ever named"),
        ("/entity/nothing_like_that", "What to do"),
        ("/entity/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "What to do"),
        ("/entity/urn%3Aclew%3A", "What to do"),
        ("/search?where=nonsense", "What to do"),
        ("/search?downstreamOf=nobody_at_all", "What to do"),
        (entity("urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)", "?asOf=2999-01-01"), "What to do"),
        (entity("urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)", "?asOf=rubbish"), "What to do"),
        (entity("urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)", "?tab=compare&with=nobody_at_all"), "What to do"),
    ],
)
def test_a_bad_address_is_explained(tab: Tab, axe: str, path: str, said: str) -> None:
    tab.expect(*REFUSED)
    page = tab.visit(path)
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert violations(page, axe) == []


@pytest.mark.parametrize(
    "path", ["/search?kind=no_such_kind&colour=red&limit=-1", "/?asOf=", entity("nyc.raw.flights", "?tab=%00&x=1")]
)
def test_words_that_mean_nothing_do_no_harm(tab: Tab, path: str) -> None:
    page = tab.visit(path)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_ambiguous_name_offers_what_it_could_mean(tab: Tab) -> None:
    tab.expect("409")
    page = tab.visit("/entity/flight_key")
    choices = page.get_by_role("alert").get_by_role("link")
    assert choices.count() > 1
    choices.first.click()
    tab.settle()
    expect(page.get_by_role("heading", level=1)).to_have_text("flight_key")


def test_an_api_that_is_down_is_said_what_was_seen_stays_and_trying_again_helps(tab: Tab) -> None:
    tab.expect("ERR_FAILED")
    page = tab.visit("/search?q=delay")
    page.route("**/graphql", lambda route: route.abort())
    page.get_by_label("Words").fill("weather")
    expect(page.get_by_role("alert").first).to_contain_text("Clew does not answer")
    expect(page.get_by_role("alert").first).to_contain_text("clew up")
    assert "q=weather" in page.url
    page.unroute("**/graphql")
    page.get_by_role("button", name="Try again").first.click()
    tab.settle()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".hit").first).to_be_visible()


def test_an_answer_that_is_none_of_clews_is_said(tab: Tab) -> None:
    tab.page.route("**/v1/**", lambda route: route.fulfill(status=502, body="<html>Bad gateway</html>"))
    tab.expect("502")
    page = tab.visit(entity("nyc.raw.flights"))
    expect(page.get_by_role("alert").first).to_contain_text("no answer of Clew's")


def test_a_slow_answer_is_announced_and_old_data_stays_meanwhile(tab: Tab) -> None:
    page = tab.visit("/search?q=delay")
    held: list[Route] = []
    page.route("**/graphql", lambda route: held.append(route))
    page.get_by_label("Words").fill("weather")
    page.wait_for_selector(".refreshing.on", state="attached")
    expect(page.locator(".hit").first).to_be_visible()
    for each in held:
        each.continue_()
    page.unroute("**/graphql")
    tab.settle()
    expect(page.locator(".page-head")).to_contain_text("weather")


def test_a_first_answer_that_is_slow_is_announced(tab: Tab) -> None:
    held: list[Route] = []
    tab.page.route("**/v1/entities/**", lambda route: held.append(route))
    tab.page.goto(tab.base + entity("urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)"))
    expect(tab.page.locator(".loading")).to_contain_text("Loading")
    for each in held:
        each.continue_()
    tab.page.unroute("**/v1/entities/**")
    tab.settle()
    expect(tab.page.locator(".loading")).to_have_count(0)


def test_a_house_that_asks_for_a_token_gets_one_and_keeps_it_in_the_tab(open_tab: Open, axe: str) -> None:
    tab = open_tab(closed=True)
    tab.expect("401")
    page = tab.visit("/search?q=delay")
    form = page.get_by_role("dialog", name="Sign in")
    expect(form).to_contain_text("asks for a token")
    assert violations(page, axe) == []
    form.get_by_label("Token").fill("clew_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Sign in")).to_contain_text("does not know that token")
    page.get_by_role("dialog").get_by_label("Token").fill(START)
    page.keyboard.press("Enter")
    tab.settle()
    expect(page.locator(".hit").first).to_be_visible()
    assert page.evaluate("() => Object.keys(localStorage)") == []
    page.get_by_role("button", name="Signed in with a token").click()
    page.get_by_role("button", name="Forget the token").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_contain_text("asks for a token")


def test_what_is_not_known_is_listed_with_its_reason(tab: Tab) -> None:
    page = tab.visit(entity("urn:clew:model:(mlflow://nyc,flight_delay)", "?asOf=1"))
    notes = page.locator("details.notice.warn").first
    notes.locator("summary").click()
    expect(notes.locator(".gaps")).to_contain_text("not_said")
    expect(notes.locator(".gaps")).to_contain_text("nothing was said of it up to seq 1")
