"""What people come for: by mouse, and again by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from web.conftest import SETTLED, Open, Tab, entity, violations
from web.editing import dialog, house, stands, steward, table
from web.hostile import WIDE, WIDE_COLUMNS

FLIGHTS = "urn:clew:dataset:(duckdb://nyc,nyc.raw.flights)"
FCT = "urn:clew:dataset:(duckdb://nyc,nyc.main_marts.fct_flights)"


def focused(page: Page) -> str:
    """Return the text, or else the label, of what has the focus."""
    said: str = page.evaluate("() => document.activeElement.innerText || document.activeElement.ariaLabel || ''")
    return said


COUNTING = """
  window.effort = { clicks: 0, keys: 0 };
  addEventListener("click", (event) => { window.effort.clicks += event.detail > 0 ? 1 : 0; }, true);
  addEventListener("keydown", () => { window.effort.keys += 1; }, true);
"""


class TestEffort:
    """What five tasks cost who has never been here and uses the mouse: clicks and keystrokes from the home page on."""

    @staticmethod
    def home(tab: Tab) -> Page:
        """Open the home page with clicks and keystrokes counted from here on."""
        tab.page.add_init_script(COUNTING)
        return tab.visit("/")

    @staticmethod
    def search(page: Page, words: str, kind: str, place: str) -> None:
        """Click into the search of the bar, type, and click the hit of this kind that lies there."""
        page.get_by_role("combobox", name="Search").click()
        page.keyboard.type(words)
        page.wait_for_function(SETTLED)  # a click on what is just replaced is made twice, and counted twice
        page.get_by_role("option").filter(has_text=kind).filter(has_text=place).first.click()
        page.wait_for_function(SETTLED)

    @staticmethod
    def effort(page: Page) -> tuple[int, int]:
        """Return the clicks and the keystrokes so far."""
        clicks, keys = page.evaluate("() => [window.effort.clicks, window.effort.keys]")
        return clicks, keys

    def test_the_feature_table_for_delays_is_found(self, tab: Tab) -> None:
        page = self.home(tab)
        self.search(page, "delay features", "dataset", "nyc.main_features")
        expect(page.get_by_role("heading", level=1)).to_have_text("delay_features")
        assert self.effort(page) == (2, 14)

    def test_it_is_told_what_trained_version_2_of_the_model(self, tab: Tab) -> None:
        page = self.home(tab)
        self.search(page, "flight_delay", "model version", "flight_delay.2")
        trained = page.get_by_role("region", name="What trained it")
        expect(trained.get_by_role("link", name="2013-02")).to_be_visible()
        assert self.effort(page) == (2, 12)

    def test_it_is_seen_what_breaks_when_a_column_is_dropped(self, tab: Tab) -> None:
        page = self.home(tab)
        self.search(page, "dep_delay", "column", "nyc.raw.flights")
        page.get_by_role("link", name="What breaks").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Dropping")
        expect(page.locator("h1")).to_contain_text("breaks 2 models")
        assert self.effort(page) == (3, 9)

    def test_it_is_seen_what_changed_since_yesterday(self, tab: Tab) -> None:
        page = self.home(tab)
        page.get_by_role("link", name="Changes", exact=True).click()
        expect(page.locator("main")).to_contain_text("since 1 day ago")
        expect(page.locator(".change").first).to_be_visible()
        assert self.effort(page) == (1, 0)

    def test_a_column_is_documented(self, tab: Tab) -> None:
        of = table(tab, "takings")
        page = self.home(steward(tab))
        self.search(page, "takings", "dataset", "takings")
        page.get_by_role("link", name="amount", exact=True).click()
        page.wait_for_function(SETTLED)
        page.get_by_role("button", name="Say it").click()
        expect(dialog(page).get_by_label("What it is for")).to_be_focused()
        page.keyboard.type("Euros, gross")
        dialog(page).get_by_role("button", name="Save").click()
        expect(page.locator(".purpose")).to_have_text("Euros, gross")
        assert self.effort(page) == (5, 19)
        column = of.replace("dataset:(", "column:(").replace(")", ",amount)")
        assert stands(tab, column, "documentation")["text"] == "Euros, gross"


class TestSearchOfTheBar:
    def test_a_column_is_found_while_typing_and_opened_by_click(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.get_by_role("combobox", name="Search").fill("dep_delay")
        page.get_by_role("option", name=re.compile("^column|dep_delay")).first.wait_for()
        page.get_by_role("option").filter(has_text="nyc.raw.flights").filter(has_text="column").first.click()
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text("dep_delay")

    def test_the_same_by_keyboard(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("/")
        page.keyboard.type("dep_delay")
        page.locator('[data-of="dep_delay"]').get_by_role("option").first.wait_for()
        page.keyboard.press("ArrowDown")
        chosen = page.locator('[role=option][aria-selected="true"] .name').inner_text()
        page.keyboard.press("Enter")
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text(chosen)

    def test_an_answer_that_comes_late_puts_nothing_else_under_enter(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("/")
        with page.expect_response(lambda answer: '"delay"' in (answer.request.post_data or "")) as early:
            page.keyboard.type("delay")
        page.locator('[data-of="delay"]').wait_for()
        late = early.value.json()
        late["data"]["search"]["edges"].reverse()
        held: list[Route] = []
        page.route("**/graphql", lambda route: held.append(route))
        page.keyboard.type("s")
        page.keyboard.press("ArrowDown")
        selected = page.locator('[role=option][aria-selected="true"]')
        chosen = selected.inner_text()
        while not held:
            page.wait_for_timeout(10)
        for each in held:
            each.fulfill(json=late)
        page.unroute("**/graphql")
        page.locator('[data-of="delays"]').wait_for()
        expect(page.locator('[data-of="delays"] [role=option]').last).to_have_attribute("aria-selected", "true")
        assert selected.inner_text() == chosen
        page.keyboard.press("Enter")
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text(chosen.splitlines()[0])

    def test_enter_without_a_choice_opens_all_hits(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("Control+k")
        page.keyboard.type("delay features")
        page.keyboard.press("Enter")
        tab.settle()
        assert "/search?q=delay+features" in page.url
        expect(page.get_by_role("heading", level=1)).to_have_text("Search")

    def test_features_are_hits_of_their_own(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.get_by_role("combobox", name="Search").fill("prev_dep_delay")
        more = page.get_by_role("button", name=re.compile(r"^feature \d"))
        more.click()
        tab.settle()
        assert "kind=feature" in page.url
        expect(page.locator(".hit").first).to_contain_text("prev_dep_delay")

    def test_escape_closes_and_gives_the_keys_back(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("/")
        page.keyboard.type("delay")
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("Escape")
        expect(page.get_by_role("listbox", name="Hits")).to_have_count(0)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()

    def test_open_hits_have_no_fault_that_axe_sees(self, tab: Tab, axe: str) -> None:
        page = tab.visit("/")
        page.get_by_role("combobox", name="Search").fill("delay")
        page.get_by_role("option").first.wait_for()
        assert violations(page, axe) == []


class TestHits:
    def test_a_facet_narrows_stays_in_the_address_and_is_undone_by_going_back(self, tab: Tab) -> None:
        page = tab.visit("/search?q=delay")
        before = page.locator(".page-head [role=status]").inner_text()
        page.get_by_role("checkbox", name=re.compile("^dataset")).check()
        tab.settle()
        assert "kind=dataset" in page.url
        narrowed = page.locator(".page-head [role=status]").inner_text()
        assert narrowed != before
        page.reload()
        tab.settle()
        assert page.locator(".page-head [role=status]").inner_text() == narrowed
        expect(page.get_by_role("checkbox", name=re.compile("^dataset"))).to_be_checked()
        page.get_by_role("button", name="Remove kind: dataset").click()
        tab.settle()
        assert page.locator(".page-head [role=status]").inner_text() == before

    def test_counts_of_facets_are_those_of_the_hits(self, tab: Tab) -> None:
        page = tab.visit("/search?q=delay")
        said = page.get_by_role("group", name="Kind").locator("label").filter(has_text=re.compile("^feature")).first
        count = int(said.inner_text().split()[-1])
        page.get_by_role("checkbox", name=re.compile(r"^feature \d")).check()
        tab.settle()
        assert page.locator(".page-head [role=status]").inner_text().startswith(f"{count} hit")

    def test_a_hit_tells_the_column_that_fits_and_how_its_tests_came_out(self, tab: Tab) -> None:
        page = tab.visit("/search?q=delay_band&kind=dataset")
        hit = page.locator(".hit").filter(has_text="fct_flights").first
        expect(hit).to_contain_text("fits column")
        expect(hit).to_contain_text("tests passing")
        hit.get_by_role("link", name="delay_band").click()
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text("delay_band")

    def test_hits_are_walked_and_opened_by_keyboard(self, tab: Tab) -> None:
        page = tab.visit("/search?q=delay")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("ArrowDown")
        second = page.locator('.hit[data-index="1"] a').first
        expect(second).to_be_focused()
        name = second.inner_text()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)

    def test_only_what_is_seen_is_in_the_page_and_what_comes_later_is_fetched(self, tab: Tab) -> None:
        page = tab.visit("/search?kind=column")
        page.wait_for_selector(".hit")
        for _ in range(200):
            page.keyboard.press("j")
            if page.evaluate("() => Number(document.activeElement.closest('.hit')?.dataset.index) >= 60"):
                break
        else:
            raise AssertionError("the hits beyond the first page are not reached")
        assert page.locator(".hit").count() < 60

    def test_a_condition_is_added_and_a_bad_one_is_explained(self, tab: Tab) -> None:
        page = tab.visit("/search?kind=model_version")
        page.get_by_label("Condition on a measure").fill("rmse < 39")
        page.get_by_role("button", name="Add condition").click()
        tab.settle()
        expect(page.locator(".hit")).to_have_count(1)
        page.get_by_label("Condition on a measure").fill("rmse ~ 39")
        page.get_by_role("button", name="Add condition").click()
        expect(page.get_by_role("alert")).to_contain_text("What to do")
        page.get_by_role("button", name="Remove rmse ~ 39").click()
        tab.settle()
        expect(page.locator(".hit")).to_have_count(1)

    def test_a_view_is_kept_opened_and_forgotten(self, tab: Tab, axe: str) -> None:
        page = tab.visit("/search?q=delay&kind=dataset")
        page.get_by_role("button", name="Views").click()
        page.get_by_label("Keep this search as").fill("Late tables")
        page.get_by_role("button", name="Keep", exact=True).click()
        assert violations(page, axe) == []
        page.keyboard.press("Escape")
        page.goto(tab.base + "/search")
        tab.settle()
        page.get_by_role("button", name="Views (1)").click()
        page.get_by_role("link", name="Late tables").click()
        tab.settle()
        assert "kind=dataset" in page.url
        assert "q=delay" in page.url
        page.get_by_role("button", name="Views (1)").click()
        page.get_by_role("button", name="Forget Late tables").click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Views", exact=True)).to_be_visible()

    def test_words_typed_on_the_page_go_into_its_address(self, tab: Tab) -> None:
        page = tab.visit("/search")
        page.get_by_label("Words").fill("weather")
        page.wait_for_url("**/search?q=weather")
        tab.settle()
        expect(page.locator(".hit").first).to_contain_text("weather")


class TestThing:
    def test_its_parts_are_reached_by_mouse_and_by_brackets(self, tab: Tab) -> None:
        page = tab.visit(entity(FCT))
        page.get_by_role("link", name="History", exact=True).click()
        tab.settle()
        expect(page.locator(".commit").first).to_be_visible()
        assert "tab=history" in page.url
        page.keyboard.press("[")
        tab.settle()
        expect(page.locator(".claim").first).to_contain_text("nyc-")
        page.keyboard.press("]")
        page.keyboard.press("]")
        expect(page.get_by_role("button", name="Compare")).to_be_visible()
        assert page.locator('.tab[aria-current="page"]').all_inner_texts() == ["Compare"]

    def test_lineage_and_impact_are_one_key_away(self, tab: Tab) -> None:
        page = tab.visit(entity(FCT))
        page.keyboard.press("l")
        page.wait_for_url("**/lineage/**")
        page.go_back()
        page.get_by_role("heading", name="fct_flights").wait_for()
        page.keyboard.press("i")
        page.wait_for_url("**/impact/**")

    def test_what_a_commit_changed_is_two_clicks_away(self, tab: Tab) -> None:
        page = tab.visit(entity(FCT))
        page.get_by_role("link", name="History", exact=True).click()
        page.get_by_role("link", name="what it changed").first.click()
        tab.settle()
        expect(page.locator("main")).to_contain_text("difference")

    def test_two_versions_are_held_against_each_other(self, tab: Tab) -> None:
        page = tab.visit(entity("urn:clew:model_version:(mlflow://nyc,flight_delay.2)", "?tab=compare"))
        page.get_by_label("with").fill("flight_delay.1")
        page.get_by_role("button", name="Compare").click()
        tab.settle()
        assert "with=flight_delay.1" in page.url
        metrics = page.get_by_role("region", name="metrics")
        expect(metrics).to_contain_text("rmse")

    def test_columns_are_filtered_and_opened(self, tab: Tab) -> None:
        page = tab.visit(entity(FCT))
        page.get_by_label("Filter columns").fill("negative when early")
        expect(page.locator(".columns-body [role=row]")).to_have_count(1)
        page.get_by_role("link", name="dep_delay", exact=True).click()
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text("dep_delay")

    def test_a_table_of_20000_columns_holds_few_rows_and_scrolls_to_its_end(self, tab: Tab, axe: str) -> None:
        page = tab.visit(entity(WIDE))
        expect(page.locator(".section-head [role=status]").first).to_have_text(f"{WIDE_COLUMNS:,} columns")
        assert page.locator(".columns-body [role=row]").count() < 60
        page.locator(".columns").focus()
        page.keyboard.press("End")
        page.get_by_role("link", name=f"c{WIDE_COLUMNS - 1:05}").wait_for()
        assert page.locator(".columns-body [role=row]").count() < 60
        assert violations(page, axe) == []

    def test_what_a_person_owns_is_one_click_away(self, tab: Tab) -> None:
        page = tab.visit(entity("urn:clew:person:(people,Ada Marsh)"))
        page.get_by_role("link", name="What they own").click()
        tab.settle()
        expect(page.locator(".hit").filter(has_text="nyc.raw")).not_to_have_count(0)

    def test_a_term_begins_with_what_it_means(self, tab: Tab) -> None:
        with house(tab) as client:
            made = {"create": True, "name": "Block time", "definition": "From gate to **gate**."}
            token = client.post("/v1/glossary", json=made).raise_for_status().json()["token"]
            client.get("/v1/search", params={"atLeast": token, "q": "x"}).raise_for_status()
        page = tab.visit(entity("urn:clew:glossary_term:(clew,Block time)"))
        expect(page.locator(".purpose strong")).to_have_text("gate")
        page = tab.visit("/search?q=block+time&kind=glossary_term")
        expect(page.locator(".hit").first).to_contain_text("From gate to")


class TestFrame:
    def test_a_letter_after_g_leads_to_a_place(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("g")
        page.keyboard.press("s")
        tab.settle()
        assert "/search" in page.url
        page.keyboard.press("g")
        page.keyboard.press("h")
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text("Home")

    def test_help_takes_the_focus_and_gives_it_back(self, tab: Tab, axe: str) -> None:
        page = tab.visit("/")
        button = page.get_by_role("button", name="Keys and help")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        assert violations(page, axe) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(button).to_be_focused()

    def test_keys_rest_while_somebody_types(self, tab: Tab) -> None:
        page = tab.visit("/search")
        page.get_by_label("Words").focus()
        page.keyboard.type("g?h/")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.get_by_label("Words").input_value() == "g?h/"

    def test_a_moment_is_chosen_by_mouse_and_left_again(self, tab: Tab, axe: str) -> None:
        page = tab.visit(entity(FLIGHTS))
        tab.expect("400", "404")
        page.get_by_role("button", name="Moment: now").click()
        assert violations(page, axe) == []
        page.get_by_label("Another moment").fill("3")
        page.get_by_role("button", name="Show").click()
        tab.settle()
        assert "asOf=3" in page.url
        expect(page.locator(".band")).to_contain_text("seq 3")
        page.get_by_role("button", name="Back to now").click()
        tab.settle()
        expect(page.locator(".band")).to_have_count(0)

    def test_the_same_by_keyboard(self, tab: Tab) -> None:
        page = tab.visit("/search")
        page.keyboard.press("@")
        expect(page.get_by_role("dialog", name="Choose a moment")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        tab.settle()
        expect(page.locator(".band")).to_contain_text("1 hour ago")
        page.keyboard.press("@")
        page.keyboard.press("Escape")
        assert focused(page) == "1 hour ago"

    def test_the_first_stop_leads_past_the_bar(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("Tab")
        assert focused(page) == "To the page"
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()

    def test_on_a_narrow_window_filters_unfold(self, open_tab: Open, axe: str) -> None:
        tab = open_tab(width=390, height=844)
        page = tab.visit("/search?q=delay")
        expect(page.get_by_role("checkbox").first).to_be_hidden()
        page.get_by_role("button", name="Filters").click()
        expect(page.get_by_role("checkbox").first).to_be_visible()
        assert violations(page, axe) == []


def test_who_says_who_they_are_sees_what_of_theirs_needs_them(tab: Tab, axe: str) -> None:
    page = tab.visit("/")
    choice = page.get_by_label("I am")
    choice.select_option(value=choice.locator("option").nth(1).get_attribute("value"))
    tab.settle()
    mine = page.get_by_role("region", name="Mine, in need of action")
    expect(mine).not_to_contain_text("Say who you are")
    assert violations(page, axe) == []
    page.reload()
    tab.settle()
    expect(mine).not_to_contain_text("Say who you are")
