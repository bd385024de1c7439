"""What tests of edits share: things of their own to edit, a steward's tab, and an edit made behind the page's back."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from clew_schemas import urn
from web.conftest import START, Tab

SPACE = "edits://house"
_SIGNED_IN = f"sessionStorage.setItem('clew.token', '{START}')"


def dataset(name: str) -> str:
    """Return the URN of a table for tests of edits."""
    return urn.of_segments("dataset", SPACE, "main", name)


def steward(tab: Tab) -> Tab:
    """Have the visitor of a tab be signed in as somebody who may edit."""
    tab.page.add_init_script(_SIGNED_IN)
    return tab


def house(tab: Tab) -> httpx.Client:
    """Return a client of the same house, signed in as the steward."""
    return httpx.Client(base_url=tab.base, headers={"Authorization": f"Bearer {START}"}, timeout=60)


def table(tab: Tab, name: str, *events: dict[str, Any]) -> str:
    """Have a source tell of a table with two columns, and wait until it can be found; return its URN."""
    of = dataset(name)
    schema = {"urn": of, "aspect": "schema", "payload": {"columns": [{"name": "id"}, {"name": "amount"}]}}
    group = {"source": "edits", "id": f"edits-{name}", "events": [schema, *({"urn": of, **each} for each in events)]}
    with house(tab) as client:
        (receipt,) = client.post("/v1/groups", json=[group]).raise_for_status().json()["receipts"]
        assert receipt["status"] in ("accepted", "unchanged"), receipt
        client.get("/v1/search", params={"atLeast": receipt["token"], "q": "x"}).raise_for_status()
    return of


def edited(tab: Tab, of: str, **edit: Any) -> dict[str, Any]:
    """Edit behind the page's back; return what came of it."""
    with house(tab) as client:
        said: dict[str, Any] = client.post("/v1/edits", json={"of": of, "edit": edit}).raise_for_status().json()
        client.get("/v1/search", params={"atLeast": said["token"], "q": "x"}).raise_for_status()
        return said


def stands(tab: Tab, of: str, aspect: str) -> Any:
    """Return what stands of an aspect, by the API itself."""
    with house(tab) as client:
        said: dict[str, Any] = client.get(f"/v1/entities/{httpx.URL(path=of).raw_path.decode()}").json()
    return said["aspects"].get(aspect)


def dialog(page: Page) -> Locator:
    """Return the open dialog."""
    found = page.get_by_role("dialog")
    expect(found).to_be_visible()
    return found


def part(page: Page, name: str) -> Locator:
    """Choose a part of the dialog for edits; return the dialog."""
    found = dialog(page)
    found.get_by_role("group", name="What to edit").get_by_role("button", name=name).click()
    return found


def asked(tab: Tab) -> list[str]:
    """Return what was asked of the API so far, and forget it; listening to changes is no question."""
    return [each for each in tab.api() if "/v1/changes" not in each]


def focused(page: Page) -> str:
    """Return the text, or else the label, of what has the focus."""
    said: str = page.evaluate("() => document.activeElement.innerText || document.activeElement.ariaLabel || ''")
    return said
