"""The catalogue in a browser: found from where one is, and without a mouse."""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.journeys.test_booking import event_with_seats
from tests.journeys.test_chat import PATIENCE

pytestmark = pytest.mark.browser
Clients = Callable[..., httpx.Client]
# Far from everything else that is planted: an island in the north.
ISLAND = {"latitude": 71.03, "longitude": -8.25}
MORE = "summary"


@pytest.fixture
def there(browser: Any) -> Iterator[Any]:
    """A page of somebody on the island who lets the browser say so."""
    context = browser.new_context(locale="en", geolocation=ISLAND, permissions=["geolocation"])
    yield context.new_page()
    context.close()


@pytest.fixture
def unknown(browser: Any) -> Iterator[Any]:
    """A page of somebody who doesn't."""
    context = browser.new_context(locale="en", permissions=[])
    yield context.new_page()
    context.close()


def unique(word: str) -> str:
    return f"{word} {uuid.uuid4().hex[:10]}"


def test_who_says_where_they_are_finds_what_is_near(stack: dict[str, Any], client: Clients, there: Any) -> None:
    from playwright.sync_api import expect

    near = event_with_seats(
        client("organizer"),
        seats=5,
        title=unique("Drift ice"),
        latitude=f"{ISLAND['latitude']:.6f}",
        longitude=f"{ISLAND['longitude']:.6f}",
    )
    far = event_with_seats(client("organizer"), seats=5, title=unique("Far away"))

    there.goto(stack["web"])
    there.locator(MORE).click()
    there.get_by_role("button", name="Near me").click()

    # To a kilometre at most: no address says more of a reader.
    expect(there).to_have_url(re.compile(r"near=71\.03%2C-8\.25(&|$)"), timeout=PATIENCE)
    expect(there.get_by_role("link", name=near["title"])).to_be_visible(timeout=PATIENCE)
    expect(there.get_by_role("link", name=far["title"])).to_have_count(0)
    expect(there.locator("#near-me-refused")).to_be_hidden()
    there.get_by_role("link", name="Within 50 km").click()
    expect(there).to_have_url(re.compile(r"^[^?]*$"))


def test_who_does_not_is_told_and_searches_on(stack: dict[str, Any], unknown: Any) -> None:
    from playwright.sync_api import expect

    unknown.goto(stack["web"])
    unknown.locator(MORE).click()
    unknown.get_by_role("button", name="Near me").click()

    expect(unknown.locator("#near-me-refused")).to_be_visible(timeout=PATIENCE)
    unknown.fill("#city", "Nowhere")
    expect(unknown.get_by_role("heading", name="Still water")).to_be_visible(timeout=PATIENCE)


def test_all_of_it_works_without_a_mouse(stack: dict[str, Any], client: Clients, unknown: Any) -> None:
    from playwright.sync_api import expect

    word = uuid.uuid4().hex[:10]
    event = event_with_seats(client("organizer"), seats=5, title=f"Ледоход {word}")
    keys = unknown.keyboard

    unknown.goto(stack["web"])
    unknown.focus("#q")
    keys.type(word)
    expect(unknown.get_by_role("link", name=event["title"])).to_be_visible(timeout=PATIENCE)
    # What is found comes while one types, and takes nobody out of the field.
    expect(unknown.locator("#q")).to_be_focused()

    keys.press("Tab")
    expect(unknown.get_by_role("button", name="Find")).to_be_focused()
    keys.press("Tab")
    expect(unknown.locator(MORE)).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(unknown.locator("#city")).to_be_focused()
    unknown.locator("#has_seats, [name=has_seats]").focus()
    keys.press("Space")
    expect(unknown).to_have_url(re.compile("has_seats=true"), timeout=PATIENCE)
    expect(unknown.locator("[name=has_seats]")).to_be_focused()

    # Behind the form come the chips, each of them a link.
    keys.press("Tab")
    expect(unknown.locator("#results a").first).to_be_focused()
    unknown.get_by_role("link", name=event["title"]).focus()
    keys.press("Enter")
    expect(unknown).to_have_url(event["url"], timeout=PATIENCE)
