"""What is left changes on open pages of an event, without a reload, and never backwards."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.journeys.test_booking import event_with_seats, wish
from tests.journeys.test_chat import PATIENCE, sign_in

Clients = Callable[..., httpx.Client]
Key = Callable[[], dict[str, str]]
EXTRA = {"name": "With lunch", "price": {"amount": "1900.00", "currency": "RUB"}, "capacity": 11}


@pytest.mark.browser
def test_two_open_pages_follow_bookings_made_elsewhere(
    stack: dict[str, Any], client: Clients, browser: Any, idempotency_key: Key
) -> None:
    from playwright.sync_api import expect

    event = event_with_seats(client("organizer"), seats=11)
    guest, reader = (browser.new_context(locale="en").new_page() for _ in range(2))
    errors: list[str] = []
    for page in (guest, reader):
        page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(reader, stack, "organizer")
    for page in (guest, reader):
        page.goto(event["url"])
        expect(page.locator("[data-bookable]")).to_be_visible()

    def book(account: str, seats: int) -> str:
        answer = client(account).post("/api/v1/bookings/", json=wish(event, seats), headers=idempotency_key())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    book("user", 10)
    for page in (guest, reader):
        expect(page.locator('.offer [data-level="few"]')).to_be_visible(timeout=PATIENCE)
        expect(page.locator("[data-bookable]")).to_be_visible()

    last = book("user2", 1)
    for page in (guest, reader):
        expect(page.locator('.offer [data-level="sold_out"]')).to_be_visible(timeout=PATIENCE)
        expect(page.locator("[data-bookable]")).to_be_hidden()
        expect(page.locator(".offers__gone")).to_be_visible()
    expect(reader.locator(".offer__quantity")).to_be_disabled()

    client("user2").post(f"/api/v1/bookings/{last}/cancel/", headers=idempotency_key()).raise_for_status()
    expect(reader.locator(".offer__quantity")).to_be_enabled(timeout=PATIENCE)
    expect(guest.locator("[data-bookable]")).to_be_visible(timeout=PATIENCE)

    for page in (guest, reader):
        page.context.close()
    assert errors == []


@pytest.mark.browser
def test_an_open_page_passes_over_what_is_older_than_what_it_shows(client: Clients, browser: Any) -> None:
    from playwright.sync_api import expect

    organizer = client("organizer")
    event = event_with_seats(organizer, seats=11)
    added = organizer.post(f"/api/v1/events/{event['id']}/ticket-types/", json=EXTRA)
    assert added.status_code == 201, added.text
    first, second = event["ticket_types"][0]["id"], added.json()["id"]
    page = browser.new_context(locale="en").new_page()
    sockets: list[Any] = []

    def answer(socket: Any) -> None:
        """Stand in for the server: the test says what it says."""
        sockets.append(socket)

    page.route_web_socket(lambda url: "/ws/chat/" in url, answer)
    page.goto(event["url"])
    expect(page.locator(".offer")).to_have_count(2)

    def tell(version: int, **levels: str) -> None:
        types = [{"id": kind, "availability": level, "sale": "open"} for kind, level in levels.items()]
        data = {"availability": "available", "ticket_types": types}
        sockets[0].send(json.dumps({"type": "topic", "version": version, "data": data}))

    def word(kind: str, level: str) -> Any:
        return page.locator(f'[data-offer="{kind}"] [data-level="{level}"]')

    tell(10, **{first: "sold_out", second: "sold_out"})
    expect(word(second, "sold_out")).to_be_visible(timeout=PATIENCE)
    tell(9, **{second: "few"})
    tell(10, **{second: "few"})
    # Told in order: when this one shows, the two before it have been read.
    tell(11, **{first: "few"})
    expect(word(first, "few")).to_be_visible(timeout=PATIENCE)
    expect(word(second, "sold_out")).to_be_visible()
    expect(word(second, "few")).to_be_hidden()

    page.context.close()
