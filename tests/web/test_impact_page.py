"""The impact page over the demo: the sentence, who is hit and why, by mouse, by keyboard, under axe."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect

from web.conftest import Served, Tab, violations
from web.looks import every_look

DEP_DELAY = "urn:clew:column:(duckdb://nyc,nyc.raw.flights,dep_delay)"
BOARD = "urn:clew:dashboard:(dbt://nyc_flights,exposure.nyc_flights.operations_board)"


def impact(urn: str, rest: str = "") -> str:
    return f"/impact/{quote(urn, safe='')}{rest}"


def answer(served: Served, change: str) -> dict[str, Any]:
    said: dict[str, Any] = httpx.get(f"{served.open}/v1/impact", params={"of": DEP_DELAY, "change": change}).json()
    return said


def test_the_sentence_is_counted_from_the_answer(tab: Tab, served: Served) -> None:
    said = answer(served, "drop")
    breaks = Counter(each["kind"] for each in said["assets"] if each["verdict"] == "breaks")
    head = tab.visit(impact(DEP_DELAY)).locator("h1")
    expect(head).to_contain_text("Dropping")
    expect(head).to_contain_text(f"breaks {breaks['model']} models, {breaks['model_version']} model versions")
    named = sum(breaks[kind] for kind in ("model", "model_version", "deployment"))
    expect(head).to_contain_text(f"and {breaks.total() - named} others")
    expect(head).to_contain_text(f"{said['byVerdict']['may_break']} uncertain")


def test_every_affected_asset_is_listed_under_its_verdict(tab: Tab, served: Served) -> None:
    said = answer(served, "drop")
    page = tab.visit(impact(DEP_DELAY))
    page.set_viewport_size({"width": 1440, "height": 6000})
    expect(page.locator(".affected")).to_have_count(said["total"])
    for verdict, count in said["byVerdict"].items():
        expect(page.locator(f".verdict.{verdict}")).to_contain_text(str(count))


def test_another_change_is_chosen_by_keyboard_and_stands_in_the_address(tab: Tab, served: Served) -> None:
    page = tab.visit(impact(DEP_DELAY))
    page.get_by_role("radio", name="Drop").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("h1")).to_contain_text("Retyping")
    expect(page.locator("h1")).to_contain_text("breaks nothing for certain")
    assert "change=retype" in page.url
    assert answer(served, "retype")["byVerdict"].get("breaks") is None


def test_each_asset_shows_the_path_that_proves_it(tab: Tab, served: Served) -> None:
    board = next(each for each in answer(served, "drop")["assets"] if each["urn"] == BOARD)
    page = tab.visit(impact(DEP_DELAY, "?kind=dashboard"))
    button = page.get_by_role("button", name="Show the path to operations_board")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".proof li")).to_have_count(len(board["path"]))
    expect(page.locator(".proof")).to_contain_text("stg_flights")
    page.keyboard.press("Enter")
    expect(page.locator(".proof")).to_have_count(0)


def test_a_path_leads_into_the_graph(tab: Tab) -> None:
    page = tab.visit(impact(DEP_DELAY, "?kind=dashboard"))
    page.get_by_role("button", name="Show the path to operations_board").click()
    page.get_by_role("link", name="This path in the graph").click()
    page.wait_for_selector(".graph[data-ready=true]")
    tab.settle()
    page.get_by_role("button", name="Show all (f)").click()
    expect(page.locator(".lineage-counts")).to_contain_text("tracing dep_delay")
    expect(page.get_by_role("button", name="Stop tracing dep_delay")).to_contain_text("operations_board")
    page.get_by_role("button", name="List").click()
    expect(page.locator(".edge", has_text="operations_board").first).to_be_visible()
    expect(page.locator(".edge", has_text="prev_dep_delay")).to_have_count(0)


def test_assets_are_narrowed_to_a_kind(tab: Tab) -> None:
    page = tab.visit(impact(DEP_DELAY))
    page.get_by_label("Kinds to show").select_option("notebook")
    expect(page.locator(".affected")).to_have_count(1)
    expect(page.locator(".affected")).to_contain_text("Summer delays 2013")


def test_the_command_gives_the_same_question(tab: Tab) -> None:
    page = tab.visit(impact(DEP_DELAY, "?change=rename"))
    expect(page.locator(".impact-command code").first).to_have_text(f"clew impact '{DEP_DELAY}' --change rename")


def test_what_nothing_uses_is_said_so_plainly(tab: Tab) -> None:
    page = tab.visit(impact(BOARD))
    expect(page.locator("h1")).to_contain_text("affects nothing")


def test_a_thing_that_nobody_named_is_said_so(tab: Tab) -> None:
    tab.expect("404")
    page = tab.visit(impact("urn:clew:column:(duckdb://nyc,nobody,x)"))
    expect(page.get_by_role("alert")).to_contain_text("nobody ever named")


@pytest.mark.parametrize("rest", ["", "?change=retype", "?asOf=1"])
def test_axe_finds_nothing_in_any_look_with_a_path_open(tab: Tab, axe: str, rest: str) -> None:
    page = tab.visit(impact(DEP_DELAY, rest))
    for each in page.locator(".affected .icon-button").all()[:2]:
        each.click()
    for shown in every_look(page):
        tab.settle()
        assert violations(page, axe) == [], f"{rest} at {shown}"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"wider than {shown}"
