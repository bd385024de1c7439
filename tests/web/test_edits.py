"""Edits on the page of a thing: by mouse and by keyboard, with conflicts, undo, and an API that fails."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from web.conftest import Tab, entity, violations
from web.editing import asked, dataset, dialog, edited, focused, part, stands, steward, table
from web.hostile import MARKDOWN, SCRIPT
from web.looks import every_look
from web.test_pages import overflows

PARTS = ("Description", "Owners", "Tags", "Terms", "Certification", "Deprecation", "Lineage")


def opened(tab: Tab, name: str) -> tuple[Page, str]:
    """Open the page of a new table as somebody who may edit it; return the page and the table's URN."""
    of = table(tab, name)
    page = steward(tab).visit(entity(of))
    tab.api()
    return page, of


def landed(page: Page) -> str:
    """Return what the page says of the newest edit."""
    line = page.locator(".landed-text").last
    line.wait_for()
    return line.inner_text()


class TestDescription:
    def test_it_is_written_previewed_saved_and_taken_back_by_mouse(self, tab: Tab) -> None:
        page, of = opened(tab, "by_mouse")
        page.get_by_role("button", name="Say it").click()
        box = dialog(page)
        box.get_by_label("What it is for").fill("All **orders**, `paid` or not")
        expect(box.get_by_role("region", name="As it will be read").locator("strong")).to_have_text("orders")
        tab.api()
        box.get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".purpose strong")).to_have_text("orders")
        assert len(asked(tab)) == 1
        assert landed(page) == "Description changed"
        assert stands(tab, of, "documentation")["text"] == "All **orders**, `paid` or not"
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".purpose")).to_contain_text("Nobody has said what this is for")
        assert len(asked(tab)) == 1
        assert stands(tab, of, "documentation") is None
        page.get_by_role("button", name="Do it again").click()
        expect(page.locator(".purpose strong")).to_have_text("orders")

    def test_the_same_by_keyboard_and_the_focus_returns(self, tab: Tab) -> None:
        page, of = opened(tab, "by_keyboard")
        page.get_by_role("button", name="Edit", exact=True).focus()
        page.keyboard.press("e")
        dialog(page)
        page.wait_for_function("() => document.activeElement.tagName === 'TEXTAREA'")
        page.keyboard.type("Typed, then *saved*")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".purpose em")).to_have_text("saved")
        assert focused(page).strip() == "Edit"
        landed(page)
        page.keyboard.press("Control+z")
        expect(page.locator(".purpose")).to_contain_text("Nobody has said")
        assert stands(tab, of, "documentation") is None

    def test_html_in_it_is_text_in_the_preview_and_on_the_page(self, tab: Tab) -> None:
        page, _ = opened(tab, "html")
        page.keyboard.press("e")
        box = dialog(page)
        box.get_by_label("What it is for").fill(MARKDOWN)
        expect(box.locator(".preview")).to_contain_text(SCRIPT)
        box.get_by_role("button", name="Save").click()
        expect(page.locator(".purpose")).to_contain_text(SCRIPT)
        assert page.evaluate("() => window.hacked") is None
        assert page.locator("main img, main script, dialog img, dialog script").count() == 0
        assert page.locator('a[href^="javascript"]').count() == 0

    def test_who_says_what_tells_of_the_edit(self, tab: Tab) -> None:
        page, _ = opened(tab, "said")
        page.keyboard.press("e")
        dialog(page).get_by_label("What it is for").fill("Said by a steward")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.get_by_role("link", name="Who says what").click()
        expect(page.get_by_role("region", name="Documentation")).to_contain_text("steward")


class TestConflict:
    def conflict(self, tab: Tab, name: str) -> tuple[Page, str]:
        page, of = opened(tab, name)
        page.keyboard.press("e")
        dialog(page).get_by_label("What it is for").fill("Mine")
        edited(tab, of, op="describe", text="Theirs")
        page.keyboard.press("Control+Enter")
        clash = page.get_by_role("alert", name="Somebody was faster")
        expect(clash.get_by_role("region", name="What stands now")).to_contain_text("Theirs")
        expect(clash.get_by_role("region", name="Yours")).to_contain_text("Mine")
        assert stands(tab, of, "documentation")["text"] == "Theirs"
        return page, of

    def test_both_values_are_shown_and_mine_is_put_in_its_place_when_i_say_so(self, tab: Tab, axe: str) -> None:
        page, of = self.conflict(tab, "clash_mine")
        assert violations(page, axe) == []
        page.get_by_role("button", name="Put mine in its place").click()
        expect(page.locator(".purpose")).to_have_text("Mine")
        assert stands(tab, of, "documentation")["text"] == "Mine"

    def test_what_stands_is_kept_when_i_say_so(self, tab: Tab) -> None:
        page, of = self.conflict(tab, "clash_theirs")
        page.get_by_role("button", name="Keep what stands").click()
        expect(page.locator(".purpose")).to_have_text("Theirs")
        assert stands(tab, of, "documentation")["text"] == "Theirs"

    def test_editing_goes_on_with_nothing_lost(self, tab: Tab) -> None:
        page, of = self.conflict(tab, "clash_on")
        page.get_by_role("button", name="Go on editing mine").click()
        field = dialog(page).get_by_label("What it is for")
        expect(field).to_have_value("Mine")
        field.fill("Theirs and mine")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".purpose")).to_have_text("Theirs and mine")
        assert stands(tab, of, "documentation")["text"] == "Theirs and mine"

    def test_taking_back_what_was_edited_since_shows_both_values_and_changes_nothing(self, tab: Tab) -> None:
        page, of = opened(tab, "clash_undo")
        page.keyboard.press("e")
        dialog(page).get_by_label("What it is for").fill("Mine")
        page.keyboard.press("Control+Enter")
        landed(page)
        edited(tab, of, op="describe", text="Theirs")
        page.get_by_role("button", name="Undo").click()
        refused = page.locator(".landed-refused")
        expect(refused).to_contain_text("edited again since")
        expect(refused.get_by_role("region", name="What stands now")).to_contain_text("Theirs")
        expect(refused.get_by_role("region", name="Yours")).to_contain_text("Mine")
        assert stands(tab, of, "documentation")["text"] == "Theirs"

    def test_two_who_add_different_tags_both_succeed(self, tab: Tab) -> None:
        page, of = opened(tab, "two_tags")
        page.get_by_role("button", name="Edit tags").click()
        edited(tab, of, op="add_tag", tag="theirs")
        box = dialog(page)
        box.get_by_role("combobox", name="Add a tag").fill("mine")
        box.get_by_role("button", name="Add", exact=True).click()
        expect(box.get_by_role("list", name="tags")).to_contain_text("theirs")
        expect(box.get_by_role("list", name="tags")).to_contain_text("mine")


class TestLists:
    def test_a_tag_is_suggested_while_typing_chosen_by_arrows_and_removed_again(self, tab: Tab) -> None:
        other = table(tab, "suggesting")
        edited(tab, other, op="add_tag", tag="suggested tag")
        page, of = opened(tab, "suggested")
        page.get_by_role("button", name="Edit tags").focus()
        page.keyboard.press("Enter")
        box = dialog(page)
        page.wait_for_function("() => document.activeElement.role === 'combobox'")
        page.keyboard.type("sugg")
        box.get_by_role("option").filter(has_text="suggested tag").wait_for()
        page.keyboard.press("ArrowDown")
        tab.api()
        page.keyboard.press("Enter")
        held = box.get_by_role("list", name="tags")
        expect(held).to_contain_text("suggested tag")
        assert len(asked(tab)) == 1
        assert stands(tab, of, "tags") == {"tags": [{"tag": "urn:clew:tag:(clew,suggested tag)"}]}
        box.get_by_role("button", name="Remove suggested tag").click()
        expect(held).to_have_count(0)
        assert page.evaluate("() => document.activeElement.role") == "combobox"
        box.get_by_role("button", name="Undo").click()
        expect(held).to_contain_text("suggested tag")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert focused(page) == "Edit tags"
        expect(page.locator(".signs")).to_contain_text("suggested tag")

    def test_escape_closes_the_suggestions_before_the_dialog(self, tab: Tab) -> None:
        edited(tab, table(tab, "escaping"), op="add_tag", tag="escaped")
        page, _ = opened(tab, "escape")
        page.get_by_role("button", name="Edit tags").click()
        box = dialog(page)
        box.get_by_role("combobox").press_sequentially("escap")
        box.get_by_role("option").first.wait_for()
        page.keyboard.press("Escape")
        expect(box.get_by_role("option")).to_have_count(0)
        expect(box).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_an_owner_and_a_term_come_into_being_by_being_named(self, tab: Tab) -> None:
        page, of = opened(tab, "named")
        page.get_by_role("button", name="Edit owners").click()
        box = dialog(page)
        box.get_by_label("In the role of").fill("steward")
        box.get_by_role("combobox", name="Add an owner").fill("grace@example.com")
        page.keyboard.press("Enter")
        expect(box.get_by_role("list", name="owners")).to_contain_text("grace@example.com")
        assert stands(tab, of, "ownership")["owners"][0]["role"] == "steward"
        part(page, "Terms")
        box.get_by_role("combobox", name="Add a term").fill(SCRIPT)
        page.keyboard.press("Enter")
        expect(box.get_by_role("list", name="terms")).to_contain_text(SCRIPT)
        assert page.evaluate("() => window.hacked") is None

    def test_what_is_refused_is_explained_and_stays_typed(self, tab: Tab) -> None:
        page, _ = opened(tab, "refused")
        page.get_by_role("button", name="Edit owners").click()
        box = dialog(page)
        box.get_by_role("combobox", name="Add an owner").fill("nobody in particular")
        page.keyboard.press("Enter")
        expect(box.get_by_role("alert")).to_contain_text("neither an e-mail address nor a known name")
        expect(box.get_by_role("combobox", name="Add an owner")).to_have_value("nobody in particular")


class TestStanding:
    def test_a_thing_is_certified_and_the_word_withdrawn(self, tab: Tab) -> None:
        page, of = opened(tab, "certified")
        page.keyboard.press("e")
        box = part(page, "Certification")
        box.get_by_label("provisional").check()
        box.get_by_label("Until").fill("2031-06-30")
        box.get_by_label("Note").fill("looked at twice")
        tab.api()
        box.get_by_role("button", name="Save").click()
        expect(page.locator(".signs")).to_contain_text("provisional")
        assert len(asked(tab)) == 1
        said = stands(tab, of, "certification")
        assert (said["status"], said["until"][:10], said["note"]) == ("provisional", "2031-06-30", "looked at twice")
        page.keyboard.press("e")
        part(page, "Certification").get_by_role("button", name="Withdraw").click()
        expect(page.locator(".signs")).not_to_contain_text("provisional")
        assert stands(tab, of, "certification") is None

    def test_a_thing_is_deprecated_with_what_to_use_instead_and_used_again(self, tab: Tab) -> None:
        other = table(tab, "successor_table")
        page, of = opened(tab, "predecessor")
        page.keyboard.press("e")
        box = part(page, "Deprecation")
        box.get_by_label("Why it should not be used").fill("too old")
        box.get_by_role("combobox", name="What to use instead").press_sequentially("successor_table")
        box.get_by_role("option").filter(has_text="successor_table").first.click()
        box.get_by_role("button", name="Deprecate", exact=True).click()
        expect(page.locator(".signs")).to_contain_text("deprecated")
        assert stands(tab, of, "deprecation")["replacedBy"] == other
        page.keyboard.press("e")
        part(page, "Deprecation").get_by_role("button", name="It may be used again").click()
        expect(page.locator(".signs")).not_to_contain_text("deprecated")

    def test_a_flow_stated_by_hand_shows_and_goes_when_it_is_denied(self, tab: Tab) -> None:
        table(tab, "flow_source")
        page, _ = opened(tab, "flow_target")
        sources = page.get_by_role("region", name="Comes from")
        expect(sources).not_to_contain_text("flow_source")
        page.keyboard.press("e")
        box = part(page, "Lineage")
        box.get_by_role("combobox", name="From").press_sequentially("flow_source")
        box.get_by_role("option").filter(has_text="flow_source").first.click()
        box.get_by_label("Why it is believed").fill("Ada mails it")
        box.get_by_role("button", name="State it").click()
        expect(sources).to_contain_text("flow_source")
        assert landed(page) == "Stated a flow from main.flow_source"
        page.keyboard.press("e")
        box = part(page, "Lineage")
        box.get_by_label("no data flows").check()
        box.get_by_role("combobox", name="From").fill("main.flow_source")
        expect(box.get_by_role("option").first).to_be_visible()  # the list goes with the press, and moves the button
        box.get_by_role("button", name="Deny it").click()
        expect(sources).not_to_contain_text("flow_source")


class TestFailing:
    def test_nothing_typed_is_lost_when_the_api_is_down_and_saving_again_succeeds(self, tab: Tab) -> None:
        tab.expect("ERR_FAILED")
        page, of = opened(tab, "down")
        page.keyboard.press("e")
        box = dialog(page)
        box.get_by_label("What it is for").fill("Not to be lost")
        page.route("**/graphql", lambda route: route.abort())
        box.get_by_role("button", name="Save").click()
        expect(box.get_by_role("alert")).to_contain_text("Clew does not answer")
        expect(box.get_by_label("What it is for")).to_have_value("Not to be lost")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.unroute("**/graphql")
        page.keyboard.press("e")
        box = dialog(page)
        expect(box.get_by_label("What it is for")).to_have_value("Not to be lost")
        box.get_by_role("button", name="Save").click()
        expect(page.locator(".purpose")).to_have_text("Not to be lost")
        assert stands(tab, of, "documentation")["text"] == "Not to be lost"


class TestWhoMay:
    def test_who_may_not_write_sees_no_control(self, tab: Tab) -> None:
        page = tab.visit(entity(table(tab, "looked_at")))
        assert page.get_by_role("button", name=re.compile("Edit|Say it")).count() == 0
        page.keyboard.press("e")
        assert page.get_by_role("dialog").count() == 0
        expect(page.locator(".purpose code")).to_contain_text("clew edit describe")

    @pytest.mark.parametrize("part", ["", "&tab=said", "&tab=history"])
    def test_the_past_has_no_control(self, tab: Tab, part: str) -> None:
        of = table(tab, "past")
        page = steward(tab).visit(entity(of, f"?asOf=0s{part}"))
        assert page.get_by_role("button", name=re.compile("^Edit|Say it")).count() == 0

    @pytest.mark.parametrize("tab_name", ["said", "history", "compare"])
    def test_every_part_of_the_page_has_the_controls_and_asks_no_more_than_three_times(
        self, tab: Tab, tab_name: str
    ) -> None:
        of = table(tab, "parts")
        page = steward(tab).visit(entity(of, f"?tab={tab_name}"))
        expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
        assert len(asked(tab)) <= 3

    def test_a_thing_that_no_data_flows_through_has_no_lineage_to_edit(self, tab: Tab) -> None:
        edited(tab, table(tab, "of_tag"), op="add_tag", tag="no flow")
        page = steward(tab).visit(entity("urn:clew:tag:(clew,no flow)"))
        page.keyboard.press("e")
        group = dialog(page).get_by_role("group", name="What to edit")
        expect(group.get_by_role("button", name="Description")).to_be_visible()
        expect(group.get_by_role("button", name="Lineage")).to_have_count(0)


@pytest.mark.parametrize(
    "urn",
    [
        "urn:clew:column:(duckdb://nyc,nyc.raw.flights,dep_delay)",
        "urn:clew:feature:(mlflow://nyc,flight_delay.2.prev_dep_delay)",
        "urn:clew:model:(mlflow://nyc,flight_delay)",
        "urn:clew:model_version:(mlflow://nyc,flight_delay.2)",
        "urn:clew:pipeline:(dbt://nyc_flights,nyc_flights)",
        "urn:clew:sensor:(hostile://house,roof.north)",
    ],
)
def test_every_kind_has_the_same_controls(tab: Tab, urn: str) -> None:
    page = steward(tab).visit(entity(urn))
    page.get_by_role("button", name="Edit", exact=True).click()
    group = dialog(page).get_by_role("group", name="What to edit")
    assert group.get_by_role("button").all_inner_texts() == list(PARTS)


def test_every_part_of_the_dialog_is_fit_to_read_in_every_look(tab: Tab, axe: str) -> None:
    of = table(tab, "looks")
    edited(tab, of, op="add_tag", tag=SCRIPT)
    page = steward(tab).visit(entity(of))
    for shown in every_look(page):
        page.get_by_role("button", name="Edit", exact=True).click()
        for name in PARTS:
            part(page, name)
            assert violations(page, axe) == [], f"{name} at {shown}"
        part(page, "Description")
        dialog(page).get_by_label("What it is for").fill(f"{MARKDOWN}\n{shown}")
        dialog(page).get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".purpose")).to_contain_text(shown)
        landed(page)
        assert violations(page, axe) == [], f"landed at {shown}"
        assert not overflows(page)


def test_the_name_in_the_dialog_is_shown_and_runs_nothing(tab: Tab) -> None:
    table(tab, SCRIPT)
    page = steward(tab).visit(entity(dataset(SCRIPT)))
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(dialog(page)).to_contain_text("<script>")
    assert page.evaluate("() => window.hacked") is None
