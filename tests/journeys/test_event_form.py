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


@pytest.fixture
def draft(client: Clients) -> Iterator[dict[str, Any]]:
    """A draft of the demo organizer's, deleted afterwards."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=60)
    organizer = client("organizer")
    body = {
        "title": f"Tabs {uuid4().hex[:8]}",
        "category": "rafting",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=6)).isoformat(),
        "time_zone": "Asia/Barnaul",
        "ticket_types": [{"name": "Adult", "price": {"amount": "4500.00", "currency": "RUB"}, "capacity": 20}],
    }
    made = organizer.post("/api/v1/events/", json=body)
    assert made.status_code == 201, made.text
    yield made.json()
    organizer.delete(f"/api/v1/events/{made.json()['id']}/")


def test_an_organizer_does_the_rest_behind_the_tabs(stack: dict[str, Any], page: Any, draft: dict[str, Any]) -> None:
    from playwright.sync_api import expect

    found = {}
    sign_in(page, stack, "organizer")
    page.goto(f"{stack['web']}/events/{draft['id']}/edit/")

    page.get_by_role("link", name="Promo codes").press("Enter")
    page.get_by_label("Code", exact=True).fill("early-bird")
    page.get_by_label("How much").first.fill("10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The code EARLY-BIRD is made.")).to_be_visible()
    page.get_by_role("button", name="Switch off EARLY-BIRD").press("Enter")
    expect(page.get_by_text("switched off")).to_be_visible()
    found["promo codes"] = offences(page)

    page.get_by_role("link", name="Questions").press("Enter")
    page.get_by_label("The question", exact=True).fill("Your height")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your height")).to_be_visible()
    found["questions"] = offences(page)

    page.get_by_role("link", name="Crew").press("Enter")
    page.get_by_label("Role").first.fill("captain")
    page.get_by_label("How many").first.fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ask again for who is missing")).to_be_visible()
    found["crew"] = offences(page)

    page.get_by_role("link", name="Series").press("Enter")
    page.get_by_label("How many events, with this one").fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Make the drafts")).to_be_visible()
    found["series"] = offences(page)

    page.goto(f"{stack['web']}/events/mine/bulk/?action=change_prices&event={draft['id']}")
    page.get_by_label("By how many percent").fill("10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("4,950\N{NO-BREAK SPACE}₽")).to_be_visible()
    found["prices"] = offences(page)
    page.get_by_role("button", name="Change prices").press("Enter")
    expect(page.get_by_text("1 of 1 done")).to_be_visible()
    found["result"] = offences(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
