"""At the door: the crew's page in a browser, where codes are typed in and people let in."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.journeys.test_booking import event_with_seats, wish
from tests.journeys.test_chat import PATIENCE, sign_in

Clients = Callable[..., httpx.Client]


def code_of_ticket(stack: dict[str, Any], client: Clients, event: dict[str, Any], account: str = "user") -> str:
    """Give a demo account a seat, and read off its ticket what the QR code says."""
    issued = client("organizer").post(
        f"/api/v1/events/{event['id']}/bookings/issued/",
        json={
            "origin": "complimentary",
            "items": wish(event, 1)["items"],
            "name": "Nadia",
            "email": stack["accounts"][account]["email"],
            "reason": "She helps",
        },
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert issued.status_code == 201, issued.text
    [ticket] = client(account).get(f"/api/v1/bookings/{issued.json()['id']}/tickets/").json()
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

    def check(typed: str) -> None:
        page.fill("#door-code", typed)
        page.press("#door-code", "Enter")
        expect(page.locator("#door-code")).to_have_value("", timeout=PATIENCE)

    page.fill("#door-gate", "West")
    check(code)
    expect(page.locator("[data-verdict]")).to_have_text("Come in: Nadia Seat", timeout=PATIENCE)
    page.wait_for_selector("[data-used]:text-is('1')", timeout=PATIENCE)
    page.wait_for_selector(".door__verdict--yes", timeout=PATIENCE)

    check(code)
    page.wait_for_selector(".door__verdict--no:has-text('West')", timeout=PATIENCE)
    check("nothing of ours")
    page.wait_for_selector(".door__verdict--no:not(:has-text('West'))", timeout=PATIENCE)
    assert page.inner_text("[data-used]") == "1"

    context.close()
    assert errors == []


@pytest.mark.browser
def test_the_door_goes_on_without_a_network_and_catches_up(
    stack: dict[str, Any], client: Clients, browser: Any
) -> None:
    event = event_with_seats(client("organizer"), seats=3)
    from playwright.sync_api import expect

    first, second = (code_of_ticket(stack, client, event, account) for account in ("user", "user2"))
    context = browser.new_context(locale="en")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, stack, "organizer")
    page.goto(f"{stack['web']}/events/{event['id']}/door/")
    patience = {"timeout": PATIENCE}
    link, verdict = page.locator("[data-link]"), page.locator("[data-verdict]")

    def check(code: str) -> None:
        page.fill("#door-gate", "West")
        page.fill("#door-code", code)
        page.press("#door-code", "Enter")

    expect(page.locator("[data-kept=true]")).to_be_visible(**patience)
    expect(link).to_contain_text("Connected", **patience)
    context.set_offline(True)
    check(first)
    expect(verdict).to_have_text("Come in: Nadia Seat", **patience)
    expect(link).to_contain_text("to be sent: 1", **patience)

    page.reload()
    expect(link).to_contain_text("to be sent: 1", **patience)
    check(first)
    expect(verdict).to_contain_text("already been used", **patience)
    check("nothing of ours")
    expect(verdict).to_contain_text("Not on the list", **patience)

    # Another door, with a network, is faster with this one.
    path = f"/api/v1/events/{event['id']}/"
    elsewhere = client("organizer").post(f"{path}check-ins/", json={"code": second, "gate": "East"})
    assert elsewhere.status_code == 201, elsewhere.text
    check(second)
    expect(verdict).to_have_text("Come in: Nadia Seat", **patience)

    context.set_offline(False)
    expect(page.locator("[data-conflicts] li")).to_contain_text("East", **patience)
    expect(link).not_to_contain_text("to be sent", **patience)
    expect(page.locator("[data-used]")).to_have_text("2", **patience)
    listed = client("organizer").get(f"{path}door-list/").json()
    assert sorted(one["gate"] for one in listed["results"]) == ["East", "West"]

    context.close()
    assert errors == []
