"""At the door: the crew's page in a browser, where codes are typed in and people let in."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.journeys.test_booking import event_with_seats, wish
from tests.journeys.test_chat import PATIENCE, sign_in

Clients = Callable[..., httpx.Client]


def code_of_ticket(stack: dict[str, Any], client: Clients, event: dict[str, Any]) -> str:
    """Give the demo user a seat, and read off their ticket what its QR code says."""
    issued = client("organizer").post(
        f"/api/v1/events/{event['id']}/bookings/issued/",
        json={
            "origin": "complimentary",
            "items": wish(event, 1)["items"],
            "name": "Nadia",
            "email": stack["accounts"]["user"]["email"],
            "reason": "She helps",
        },
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert issued.status_code == 201, issued.text
    [ticket] = client("user").get(f"/api/v1/bookings/{issued.json()['id']}/tickets/").json()
    code: str = ticket["code"]
    return code


@pytest.mark.browser
def test_a_code_typed_by_hand_opens_the_door_once(stack: dict[str, Any], client: Clients, browser: Any) -> None:
    event = event_with_seats(client("organizer"), seats=3)
    from playwright.sync_api import expect

    code = code_of_ticket(stack, client, event)
    context = browser.new_context(locale="en")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, stack, "organizer")
    page.goto(f"{stack['web']}/events/{event['id']}/door/")

    def check(typed: str) -> str:
        page.fill("#door-code", typed)
        with page.expect_response(lambda answer: answer.url.endswith("/check-ins/")):
            page.press("#door-code", "Enter")
        expect(page.locator("#door-code")).to_have_value("", timeout=PATIENCE)
        page.wait_for_selector("[data-verdict]:not(:empty)", timeout=PATIENCE)
        return str(page.inner_text("[data-verdict]"))

    page.fill("#door-gate", "West")
    assert check(code) == "Come in: Nadia Seat"
    page.wait_for_selector("[data-used]:text-is('1')", timeout=PATIENCE)
    page.wait_for_selector(".door__verdict--yes", timeout=PATIENCE)

    check(code)
    page.wait_for_selector(".door__verdict--no:has-text('West')", timeout=PATIENCE)
    check("nothing of ours")
    page.wait_for_selector(".door__verdict--no:not(:has-text('West'))", timeout=PATIENCE)
    assert page.inner_text("[data-used]") == "1"

    context.close()
    assert errors == []
