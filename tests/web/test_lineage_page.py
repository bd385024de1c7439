"""The lineage page over the demo: by mouse, by keyboard alone, as a list with the rows of `/v1`, under axe."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from web.conftest import Open, Served, Tab, violations
from web.looks import every_look

FLIGHTS = "urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)"
STAGED = "urn:clew:dataset:(duckdb://nyc,nyc.main_staging.stg_flights)"
DELAYS = "urn:clew:dataset:(dbt://nyc_flights,model.nyc_flights.int_flight_delays)"
FEATURES = "urn:clew:dataset:(duckdb://nyc,nyc.main_features.delay_features)"
DEP_DELAY = "urn:clew:column:(duckdb://nyc,nyc.raw.flights,dep_delay)"
BOARD = "urn:clew:dashboard:(dbt://nyc_flights,exposure.nyc_flights.operations_board)"
WITHIN = ("MEMBER", "NAMED")
"""Edges between the parts of one card: the graph draws none, lineage tells them."""


FROM_THE_MIDDLE = """(card) => {
  const [at, frame] = [card, document.querySelector(".react-flow")].map((each) => each.getBoundingClientRect());
  return at.x + at.width / 2 - frame.x - frame.width / 2;
}"""
"""How far a card is to the right of the middle of the graph, in pixels."""


def lineage(urn: str, rest: str = "") -> str:
    return f"/lineage/{quote(urn, safe='')}{rest}"


def drawn(tab: Tab, path: str) -> Page:
    """Open a lineage and wait for its graph."""
    page = tab.visit(path)
    page.wait_for_selector(".graph[data-ready=true]")
    return page


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def titles(page: Page) -> set[str]:
    return set(page.locator(".card-title").evaluate_all("all => all.map((each) => each.getAttribute('aria-label'))"))


def focus(page: Page) -> None:
    """Go to the graph as who has no mouse does: from the tools by Tab, one stop."""
    page.locator("summary", has_text="Export").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".react-flow")).to_be_focused()


def active(page: Page) -> str:
    """Return the text of what the keyboard is on."""
    name: str = page.evaluate(
        "() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText ?? ''"
    )
    return name.split("\n")[0].strip()


def listed(page: Page) -> list[dict[str, str]]:
    """Return the rows of the list as its file has them."""
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Edges (CSV)").click()
    page.locator("summary", has_text="Export").click()
    return list(csv.DictReader(io.StringIO(saved.value.path().read_text())))


def edges(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the edges of a lineage between cards, as rows."""
    urns, said = answer["nodes"]["urn"], answer["edges"]
    return [
        (urns[src], urns[dst], kind, *rest)
        for src, dst, kind, *rest in zip(
            said["src"],
            said["dst"],
            said["type"],
            said["subtype"],
            said["confidence"],
            said["carrier"],
            said["source"],
            strict=True,
        )
        if kind not in WITHIN
    ]


def rows(page: Page) -> list[tuple[Any, ...]]:
    members = ("from", "to", "type", "subtype", "confidence", "carrier", "source")
    return [tuple(float(row[name]) if name == "confidence" else row[name] for name in members) for row in listed(page)]


class TestRows:
    @pytest.mark.parametrize("indirect", [False, True])
    def test_a_traced_column_has_the_rows_of_lineage_both_ways(self, tab: Tab, served: Served, indirect: bool) -> None:
        column = DEP_DELAY.replace("nyc.raw.flights", "nyc.main_staging.stg_flights")
        page = tab.visit(lineage(column, f"?view=list&tests=1&most=500{'&indirect=1' if indirect else ''}"))
        wanted: set[tuple[Any, ...]] = set()
        for direction in ("up", "down"):
            query = {"of": column, "direction": direction, "indirect": str(indirect).lower(), "grain": "column"}
            wanted |= set(edges(httpx.get(f"{served.open}/v1/lineage", params=query).json()))
        assert wanted
        assert set(rows(page)) == wanted
        assert page.locator("[role=table]").get_attribute("aria-rowcount") == str(len(rows(page)) + 1)

    def test_a_dataset_has_the_rows_of_its_neighbours_at_dataset_grain(self, tab: Tab, served: Served) -> None:
        page = tab.visit(lineage(FEATURES, "?view=list&up=1&down=1"))
        wanted: set[tuple[Any, ...]] = set()
        for direction in ("up", "down"):
            query: dict[str, Any] = {"of": FEATURES, "direction": direction, "grain": "dataset", "depth": 1}
            wanted |= set(edges(httpx.get(f"{served.open}/v1/lineage", params=query).json()))
        touching = {each for each in rows(page) if each[2] == "DATASET_FLOW" and FEATURES in (each[0], each[1])}
        assert wanted and touching == wanted

    def test_the_list_draws_the_rows_it_counts(self, tab: Tab) -> None:
        page = tab.visit(lineage(DEP_DELAY, "?view=list"))
        said = rows(page)
        page.locator(".lineage-list").evaluate("each => each.scrollTo(0, each.scrollHeight)")
        last = page.locator(f"[aria-rowindex='{len(said) + 1}']")
        expect(last).to_be_visible()
        assert said[-1][0].rsplit(",", 1)[-1].rstrip(")") in last.inner_text()

    def test_what_does_not_show_is_counted(self, tab: Tab, served: Served) -> None:
        page = drawn(tab, lineage(STAGED, "?up=0&down=0"))
        below = httpx.get(f"{served.open}/v1/neighbours", params={"of": STAGED}).json()["total"]
        above = httpx.get(f"{served.open}/v1/neighbours", params={"of": STAGED, "direction": "up"}).json()["total"]
        assert (below, above) == (4, 1)
        expect(page.locator(".card-more.down")).to_have_text(f"+{below}")
        expect(page.locator(".card-more.up")).to_have_text(f"+{above}")


class TestByMouse:
    def test_a_card_opens_and_a_column_is_traced_to_the_dashboard_and_back(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS, "?down=1"))
        assert "Operations board" not in titles(page)
        page.get_by_role("button", name="flights", exact=True).click()
        page.get_by_role("button", name="dep_delay INTEGER").first.click()
        expect(page.locator(".lineage-counts")).to_contain_text("tracing dep_delay through")
        page.get_by_role("button", name="Show all (f)").click()
        assert asked(page)["trace"] == [DEP_DELAY]
        page.get_by_role("button", name="Only this path").click()
        expect(page.locator(".card.dim")).to_have_count(0)
        page.get_by_role("button", name="Stop tracing dep_delay").click()
        expect(page.locator(".lineage-counts")).not_to_contain_text("tracing")
        page.go_back()
        expect(page.locator(".lineage-counts")).to_contain_text("tracing dep_delay")

    def test_a_card_expands_and_stays_where_it_was(self, tab: Tab) -> None:
        page = drawn(tab, lineage(STAGED, "?up=1&down=0"))
        card = page.locator(".card.start")
        before, count = card.bounding_box(), page.locator(".card").count()
        page.locator(".card-more.down").first.click()
        expect(page.locator(".card")).to_have_count(count + 4)
        assert card.bounding_box() == before

    def test_neighbours_can_be_looked_through_and_shown_one_by_one(self, tab: Tab) -> None:
        page = drawn(tab, lineage(STAGED, "?up=0&down=0"))
        focus(page)
        page.keyboard.press("m")
        dialog = page.get_by_role("dialog", name="Downstream of")
        expect(dialog).to_contain_text("4 in all")
        dialog.get_by_label("Find among them").fill("ROTATION")
        expect(dialog).to_contain_text("1 of 4 fit")
        dialog.get_by_role("button", name="Show nyc.main_features.aircraft_rotation").click()
        expect(dialog).to_contain_text("shown")
        page.keyboard.press("Escape")
        expect(page.locator(".react-flow")).to_be_focused()
        expect(page.locator(".lineage-counts")).to_contain_text("2 cards")

    def test_groups_close_and_open(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FEATURES, "?up=3&down=0"))
        count = page.locator(".card").count()
        page.get_by_label("Group").select_option("schema")
        expect(page.locator(".card.group")).not_to_have_count(0)
        assert page.locator(".card").count() < count
        page.get_by_role("button", name="Show all (f)").click()
        page.get_by_role("button", name="nyc.raw", exact=True).click()
        page.get_by_role("button", name="Show all (f)").click()
        expect(page.get_by_role("button", name="weather", exact=True)).to_be_visible()

    def test_what_is_found_in_the_graph_comes_into_view(self, tab: Tab) -> None:
        page = drawn(tab, lineage(DEP_DELAY))
        page.get_by_role("combobox", name="Find in this graph").fill("operations")
        page.get_by_role("option", name="Operations board").click()
        expect(page.locator(".card.active")).to_contain_text("Operations board")
        expect(page.locator(".card.active")).to_be_in_viewport()

    def test_from_far_cards_are_tiles_and_a_click_leads_back(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS, "?up=0&down=1"))
        for _ in range(6):
            page.get_by_role("button", name="Further").click()
        expect(page.locator(".graph")).to_have_attribute("data-detail", "tiles")
        expect(page.locator(".card")).to_have_count(0)
        page.locator(".graph-zoom .fit").click()
        expect(page.locator(".graph")).to_have_attribute("data-detail", "cards")

    def test_a_window_of_another_width_shows_the_start_or_what_the_reader_had_in_the_middle(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS))
        start = page.locator(".card.start")
        page.set_viewport_size({"width": 390, "height": 844})
        expect(start).to_be_in_viewport(ratio=1)
        page.locator(".react-flow").hover(position={"x": 40, "y": 40})
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(300)
        middle = start.evaluate(FROM_THE_MIDDLE)
        page.set_viewport_size({"width": 700, "height": 844})
        page.wait_for_function(
            f"(was) => Math.abs(({FROM_THE_MIDDLE})(document.querySelector('.card.start')) - was) < 2", arg=middle
        )

    def test_a_line_tells_what_runs_along_it(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS, "?up=0&down=1"))
        box = page.locator(".card.start").bounding_box()
        assert box is not None
        scale = box["width"] / 248
        page.mouse.move(box["x"] + box["width"] + 40 * scale, box["y"] + 27 * scale)
        expect(page.locator(".note")).to_contain_text("nyc.main_staging.stg_flights")
        expect(page.locator(".note")).to_contain_text("says derived.sql")

    def test_the_graph_is_saved_as_picture_and_as_answer(self, tab: Tab) -> None:
        page = drawn(tab, lineage(DEP_DELAY))
        page.locator("summary", has_text="Export").click()
        with page.expect_download() as picture:
            page.get_by_role("button", name="Picture (PNG)").click()
        assert picture.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        with page.expect_download() as answer:
            page.get_by_role("button", name="Answer (JSON)").click()
        assert json.loads(answer.value.path().read_text())["start"] == DEP_DELAY


class TestByKeyboard:
    def test_the_graph_is_one_stop_of_tab(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS))
        focus(page)
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Closer")).to_be_focused()

    def test_arrows_walk_the_cards_and_their_columns(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS))
        focus(page)
        assert active(page) == "flights"
        page.keyboard.press("ArrowRight")
        assert active(page) == "stg_flights"
        page.keyboard.press("Enter")
        expect(page.locator(".card.active .card-row")).to_have_count(15)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert active(page) == "flight_date"
        expect(page.locator(".card-row.active")).to_have_css("outline-style", "solid")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
        assert active(page) == "flights"

    def test_a_column_is_traced_narrowed_listed_and_left_again(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS, f"?open={quote(FLIGHTS)}"))
        focus(page)
        for _ in range(6):
            page.keyboard.press("ArrowDown")
        assert active(page) == "dep_delay"
        page.keyboard.press(" ")
        expect(page.locator(".lineage-counts")).to_contain_text("tracing dep_delay")
        page.keyboard.press("o")
        expect(page.get_by_role("button", name="Only this path")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("t")
        expect(page.locator(".lineage-list")).to_be_focused()
        page.keyboard.press("t")
        expect(page.locator(".react-flow")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Only this path")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("Escape")
        expect(page.locator(".lineage-counts")).not_to_contain_text("tracing")
        expect(page.locator(".react-flow")).to_be_focused()

    def test_cards_expand_down_and_up(self, tab: Tab) -> None:
        page = drawn(tab, lineage(STAGED, "?up=0&down=0"))
        focus(page)
        page.keyboard.press("e")
        expect(page.locator(".lineage-counts")).to_contain_text("5 cards")
        page.keyboard.press("E")
        expect(page.locator(".lineage-counts")).to_contain_text("6 cards")
        assert asked(page)["more"] == [f"down:{STAGED}", f"up:{STAGED}"]

    def test_the_active_card_is_told_and_kept_from_afar(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS))
        focus(page)
        page.keyboard.press("ArrowRight")
        expect(page.locator(".graph [role=status]")).to_contain_text("dataset nyc.main_staging.stg_flights; 1 upstream")
        for _ in range(6):
            page.keyboard.press("-")
        expect(page.locator(".card")).to_have_count(0)
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".graph [role=status]")).to_contain_text("dataset nyc.raw.flights")
        expect(page.locator(".react-flow")).to_be_focused()


class TestAddress:
    def test_a_state_comes_back_from_its_address(self, tab: Tab, open_tab: Open) -> None:
        page = drawn(tab, lineage(STAGED, "?up=1&down=1"))
        focus(page)
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        page.keyboard.press(" ")
        expect(page.locator(".lineage-counts")).to_contain_text("tracing")
        tab.settle()
        again = drawn(open_tab(), page.url.removeprefix(tab.base))
        expect(again.locator(".lineage-counts")).to_have_text(page.locator(".lineage-counts").inner_text())
        assert again.locator(".card-row.traced").inner_text() == page.locator(".card-row.traced").inner_text()
        assert again.locator(".card.start .card-row").count() == 15

    def test_nonsense_in_the_address_is_passed_over(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS, "?up=-1&down=many&group=colour&view=%3Cscript%3E&more=sideways:x"))
        expect(page.locator(".card.start")).to_be_visible()

    def test_a_thing_that_nobody_named_is_said_so(self, tab: Tab) -> None:
        tab.expect("404")
        page = tab.visit(lineage("urn:clew:dataset:(duckdb://nyc,nobody)"))
        expect(page.get_by_role("alert")).to_contain_text("nobody ever named")

    def test_a_moment_before_everything_knows_nothing_and_says_so(self, tab: Tab) -> None:
        page = tab.visit(lineage(FLIGHTS, "?asOf=1"))
        expect(page.locator("main")).to_contain_text("Not everything is known")
        expect(page.locator("main")).to_contain_text("No lineage of nyc.raw.flights is known as of then")

    def test_two_moments_are_told_apart(self, tab: Tab) -> None:
        page = drawn(tab, lineage(FLIGHTS, "?since=1"))
        expect(page.locator(".compared-band")).to_contain_text("Since seq 1:")
        expect(page.locator(".card.added").first).to_be_visible()
        page.keyboard.press("t")
        page.get_by_role("button", name="List").click()
        expect(page.locator(".edge.added").first).to_contain_text("+ added")
        page.get_by_role("button", name="End comparison").click()
        assert "since" not in asked(page)

    def test_one_request_answers_a_view(self, tab: Tab) -> None:
        drawn(tab, lineage(DEP_DELAY, f"?open={quote(FLIGHTS)}&only=1"))
        assert len([each for each in tab.api() if "/v1/neighbourhood" in each]) == 1


@pytest.mark.parametrize(
    "rest", ["", f"?open={quote(FLIGHTS)}&open={quote(STAGED)}&trace={quote(DEP_DELAY)}", "?view=list", "?since=1"]
)
def test_axe_finds_nothing_in_any_look_after_opening_and_tracing(tab: Tab, axe: str, rest: str) -> None:
    page = tab.visit(lineage(FLIGHTS, rest))
    for shown in every_look(page):
        tab.settle()
        assert violations(page, axe) == [], f"{rest} at {shown}"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"wider than {shown}"


def test_axe_finds_nothing_with_menus_and_the_list_of_neighbours_open(tab: Tab, axe: str) -> None:
    page = drawn(tab, lineage(STAGED, "?up=0&down=0"))
    page.get_by_role("combobox", name="Find in this graph").fill("stg")
    assert violations(page, axe) == []
    page.keyboard.press("Escape")
    page.locator("summary", has_text="Compare").click()
    assert violations(page, axe) == []
    focus(page)
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_contain_text("in all")
    assert violations(page, axe) == []
