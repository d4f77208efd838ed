"""An organizer's way without the API: a form in the browser, a publication that is refused once, a guest who finds it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journeys.test_accessible_pages import offences
from tests.journeys.test_chat import sign_in

pytestmark = pytest.mark.browser
Clients = Callable[..., httpx.Client]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A telephone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    yield context.new_page()
    context.close()


def test_an_organizer_writes_an_event_and_a_guest_finds_it(
    stack: dict[str, Any], client: Clients, page: Any, eventually: Callable[..., Any]
) -> None:
    from playwright.sync_api import expect

    title = f"Form {uuid4().hex[:8]}"
    day = datetime.now(UTC) + timedelta(days=50)
    sign_in(page, stack, "organizer")
    page.goto(f"{stack['web']}/events/mine/")
    page.get_by_role("link", name="New event").click()
    found = {"new": offences(page)}

    page.get_by_label("Title").fill(title)
    page.get_by_label("Category").select_option("rafting")
    page.get_by_label("It begins").fill(f"{day:%Y-%m-%d}T10:00")
    page.get_by_label("It ends").fill(f"{day:%Y-%m-%d}T16:00")
    page.get_by_label("City").fill("Onega")
    page.get_by_label("What the ticket is called").fill("A seat")
    page.get_by_label("Price").fill("0")
    page.get_by_label("Seats", exact=True).fill("8")
    page.get_by_label("When guests cancel").select_option("none")
    page.get_by_role("button", name="Save and publish").click()

    missing = page.get_by_role("link", name=re.compile("Place: Name the city"))
    expect(missing).to_be_visible()
    found["refused"] = offences(page)
    missing.click()
    expect(page.get_by_label("Place")).to_be_focused()
    page.keyboard.type("The pier")
    page.get_by_role("button", name="Save and publish").click()

    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="For the organizer")).to_be_visible()
    found["event"] = offences(page)
    guest = client()
    address = f"/api/v1/events/?q={title.split()[1]}"
    eventually(lambda: guest.get(address).json()["results"], what="the event in the catalogue")

    page.get_by_role("link", name="Cancel the event").click()
    page.get_by_label("Reason").fill("The journey is over")
    page.get_by_role("button", name="Cancel the event").click()
    expect(page.get_by_text("The event is cancelled.")).to_be_visible()
    page.goto(f"{stack['web']}/events/mine/?show=over")
    found["mine"] = offences(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
