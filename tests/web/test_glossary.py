"""The trees of terms, domains and tags: read, walked by keyboard, grown, moved, renamed, felled, and taken back."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from web.conftest import Tab, violations
from web.editing import asked, dialog, edited, focused, house, steward, table
from web.hostile import LONG, MARKDOWN, NASTY
from web.looks import every_look
from web.test_pages import overflows

TERMS = "/glossary"


def grown(tab: Tab, tree: str, **said: Any) -> str:
    """Make a term, domain or tag behind the page's back, and wait until it is listed; return its URN."""
    with house(tab) as client:
        done = client.post(f"/v1/{tree}", json={"create": True, **said})
        if done.status_code != 409:
            token = done.raise_for_status().json()["token"]
            client.get(f"/v1/{tree}", params={"atLeast": token}).raise_for_status()
    kind = {"glossary": "glossary_term", "domains": "domain", "tags": "tag"}[tree]
    return f"urn:clew:{kind}:(clew,{said['name']})"


def line(page: Page, name: str) -> Locator:
    """Return the line of a tree by its name."""
    return page.get_by_role("treeitem").filter(has=page.locator(".name").get_by_text(name, exact=True))


class TestReading:
    def test_a_term_tells_what_it_means_and_what_uses_it(self, tab: Tab) -> None:
        of = table(tab, "of_term")
        urn = grown(tab, "glossary", name="Turnover", definition="What **customers** paid")
        edited(tab, of, op="add_term", term="Turnover")
        page = tab.visit(TERMS)
        line(page, "Turnover").click()
        tab.settle()
        leaf = page.get_by_role("article", name="Turnover")
        expect(leaf.locator("strong")).to_have_text("customers")
        expect(leaf.get_by_role("region", name="Stands for")).to_contain_text("1 thing")
        leaf.get_by_role("link", name="of_term").click()
        tab.settle()
        assert unquote(page.url).endswith(of)
        page = tab.visit(f"{TERMS}?at={urn}")
        expect(page.get_by_role("article", name="Turnover")).to_be_visible()
        expect(line(page, "Turnover")).to_have_attribute("aria-selected", "true")

    def test_a_tag_that_nobody_ever_described_is_listed_with_its_uses(self, tab: Tab) -> None:
        page = tab.visit("/glossary?of=tags")
        assert page.locator('.tab[aria-current="page"]').all_inner_texts() == ["Tags"]
        line(page, "hacked=1</script>").click()
        tab.settle()
        expect(page.get_by_role("article")).to_contain_text("Nobody has said yet what it means")
        carriers = page.get_by_role("region", name="Carries it")
        for name in NASTY:
            expect(carriers.get_by_role("link").filter(has_text=name)).to_be_visible()
        assert page.evaluate("() => window.hacked") is None

    def test_a_link_to_what_is_gone_says_so_and_the_past_is_said_to_be_unknown(self, tab: Tab) -> None:
        grown(tab, "glossary", name="Staying")
        page = tab.visit(f"{TERMS}?at=urn:clew:glossary_term:(clew,Nowhere)")
        expect(page.locator("main")).to_contain_text("There is no such term any more")
        page = steward(tab).visit(f"{TERMS}?asOf=2h")
        expect(page.locator("main")).to_contain_text("those of now")
        assert page.get_by_role("button", name="Make a term").count() == 0

    def test_who_may_not_write_sees_no_control(self, tab: Tab) -> None:
        urn = grown(tab, "glossary", name="Seen by all")
        page = tab.visit(f"{TERMS}?at={urn}")
        for name in ("Make a term", "Explain", "Rename", "Move", "Delete"):
            assert page.get_by_role("button", name=name).count() == 0
        line(page, "Seen by all").focus()
        page.keyboard.press("n")
        assert page.get_by_role("dialog").count() == 0

    def test_words_find_a_line_and_the_way_to_it(self, tab: Tab) -> None:
        grown(tab, "domains", name="Finding")
        grown(tab, "domains", name="Needle", parent="Finding")
        page = tab.visit("/glossary?of=domains")
        page.get_by_label("Find in this tree").fill("needle")
        expect(page.get_by_role("treeitem")).to_have_count(2)
        page.get_by_label("Find in this tree").fill("zzzz")
        expect(page.locator("main")).to_contain_text("Nothing in this tree holds these words")

    @pytest.mark.parametrize("of", ["terms", "domains", "tags"])
    def test_the_page_asks_no_more_than_three_times(self, tab: Tab, of: str) -> None:
        tab.visit(f"/glossary?of={of}")
        assert len(asked(tab)) <= 3


class TestKeys:
    def test_the_tree_is_one_stop_and_walked_by_arrows(self, tab: Tab) -> None:
        grown(tab, "domains", name="Aa keys")
        grown(tab, "domains", name="Inner", parent="Aa keys")
        grown(tab, "domains", name="Innermost", parent="Inner")
        grown(tab, "domains", name="Zz keys")
        page = tab.visit("/glossary?of=domains")
        assert page.locator('[role=treeitem][tabindex="0"]').count() == 1
        line(page, "Aa keys").click()
        tab.settle()
        for key, name in [
            ("ArrowDown", "Inner"),
            ("ArrowRight", "Innermost"),
            ("ArrowLeft", "Inner"),
            ("End", "Zz keys"),
            ("Home", page.get_by_role("treeitem").first.locator(".name").inner_text()),
        ]:
            page.keyboard.press(key)
            page.wait_for_function("name => document.activeElement.innerText.includes(name)", arg=name)
        line(page, "Inner").click()
        page.keyboard.press("ArrowLeft")
        expect(line(page, "Inner")).to_have_attribute("aria-expanded", "false")
        expect(line(page, "Innermost")).to_have_count(0)
        page.keyboard.press("ArrowRight")
        expect(line(page, "Innermost")).to_have_attribute("aria-level", "3")
        assert page.locator('[role=treeitem][tabindex="0"]').count() == 1

    def test_g_and_t_lead_here(self, tab: Tab) -> None:
        page = tab.visit("/")
        page.keyboard.press("g")
        page.keyboard.press("t")
        tab.settle()
        expect(page.get_by_role("heading", level=1)).to_have_text("Glossary")


@pytest.mark.parametrize(("of", "noun"), [("terms", "term"), ("domains", "domain"), ("tags", "tag")])
class TestGrowing:
    def test_one_is_made_explained_renamed_moved_and_deleted_by_mouse(self, tab: Tab, of: str, noun: str) -> None:
        page = steward(tab).visit(f"/glossary?of={of}")
        page.get_by_role("button", name=f"Make a {noun}").click()
        box = dialog(page)
        box.get_by_label("Name").fill(f"Upper {noun}")
        box.get_by_label("What it means").fill("*Above*")
        asked(tab)
        box.get_by_role("button", name="Make", exact=True).click()
        leaf = page.get_by_role("article", name=f"Upper {noun}")
        expect(leaf.locator("em")).to_have_text("Above")
        leaf.get_by_role("button", name="Make one below").click()
        dialog(page).get_by_label("Name").fill(f"Lower {noun}")
        dialog(page).get_by_role("button", name="Make", exact=True).click()
        expect(line(page, f"Lower {noun}")).to_have_attribute("aria-level", "2")
        leaf = page.get_by_role("article", name=f"Lower {noun}")
        leaf.get_by_role("button", name="Explain").click()
        dialog(page).get_by_label("What it means").fill("Below")
        dialog(page).get_by_role("button", name="Save").click()
        expect(leaf).to_contain_text("Below")
        leaf.get_by_role("button", name="Rename").click()
        dialog(page).get_by_label("Name").fill(f"Lowest {noun}")
        dialog(page).get_by_role("button", name="Rename", exact=True).click()
        leaf = page.get_by_role("article", name=f"Lowest {noun}")
        leaf.get_by_role("button", name="Move").click()
        dialog(page).get_by_role("button", name="To the top").click()
        expect(line(page, f"Lowest {noun}")).to_have_attribute("aria-level", "1")
        leaf.get_by_role("button", name="Delete").click()
        dialog(page).get_by_role("button", name="Delete", exact=True).click()
        expect(line(page, f"Lowest {noun}")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(line(page, f"Lowest {noun}")).to_have_count(1)

    def test_the_same_by_keyboard_with_one_request_an_edit(self, tab: Tab, of: str, noun: str) -> None:
        grown(tab, {"terms": "glossary"}.get(of, of), name=f"Keyed {noun}")
        page = steward(tab).visit(f"/glossary?of={of}")
        line(page, f"Keyed {noun}").focus()
        page.keyboard.press("Enter")
        tab.settle()
        page.keyboard.press("n")
        dialog(page)
        page.wait_for_function("() => document.activeElement.tagName === 'INPUT'")
        page.keyboard.type(f"Under {noun}")
        mutations: list[str] = []
        page.on("request", lambda each: mutations.append(each.url) if "mutation" in (each.post_data or "") else None)
        page.keyboard.press("Enter")
        expect(line(page, f"Under {noun}")).to_have_attribute("aria-level", "2")
        assert len(mutations) == 1
        line(page, f"Under {noun}").focus()
        page.keyboard.press("Delete")
        dialog(page)
        page.wait_for_function("() => document.activeElement.innerText === 'Delete'")
        page.keyboard.press("Enter")
        expect(line(page, f"Under {noun}")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(line(page, f"Under {noun}")).to_have_count(1)


class TestRefused:
    def test_what_is_needed_is_not_deleted_and_why_is_said(self, tab: Tab) -> None:
        urn = grown(tab, "glossary", name="Needed")
        grown(tab, "glossary", name="Needs it", parent="Needed")
        page = steward(tab).visit(f"{TERMS}?at={urn}")
        page.get_by_role("article").get_by_role("button", name="Delete").click()
        dialog(page).get_by_role("button", name="Delete", exact=True).click()
        expect(dialog(page).get_by_role("alert")).to_contain_text("lie below it: Needs it")

    def test_what_is_there_already_is_not_made_again(self, tab: Tab) -> None:
        grown(tab, "glossary", name="Only once")
        page = steward(tab).visit(TERMS)
        page.get_by_role("button", name="Make a term").click()
        dialog(page).get_by_label("Name").fill("Only once")
        page.keyboard.press("Enter")
        expect(dialog(page).get_by_role("alert")).to_contain_text("already")
        expect(dialog(page).get_by_label("Name")).to_have_value("Only once")

    def test_nothing_typed_is_lost_when_the_api_is_down(self, tab: Tab) -> None:
        tab.expect("ERR_FAILED")
        grown(tab, "glossary", name="Any")
        page = steward(tab).visit(TERMS)
        page.get_by_role("button", name="Make a term").click()
        dialog(page).get_by_label("Name").fill("Kept in mind")
        page.route("**/graphql", lambda route: route.abort())
        page.keyboard.press("Enter")
        expect(dialog(page).get_by_role("alert")).to_contain_text("Clew does not answer")
        page.unroute("**/graphql")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert focused(page) == "Make a term"
        page.keyboard.press("Enter")
        expect(dialog(page).get_by_label("Name")).to_have_value("Kept in mind")


def test_the_page_is_fit_to_read_in_every_look_with_hostile_names_and_a_dialog_open(tab: Tab, axe: str) -> None:
    grown(tab, "tags", name=LONG, definition=MARKDOWN)
    grown(tab, "tags", name="Below the long one", parent=LONG)
    page = steward(tab).visit("/glossary?of=tags")
    for shown in every_look(page):
        page.get_by_role("treeitem").filter(has_text=LONG).click()
        tab.settle()
        assert violations(page, axe) == [], shown
        assert not overflows(page), shown
        assert page.evaluate("() => window.hacked") is None
        assert page.locator("main img, main script").count() == 0
        for name in ("Explain", "Rename", "Move", "Make one below", "Delete"):
            page.get_by_role("article").get_by_role("button", name=name).click()
            dialog(page)
            assert violations(page, axe) == [], f"{name} at {shown}"
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
