"""A person books two seats, pays, and gets tickets; another comes too late."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx

Clients = Callable[..., httpx.Client]


def event_with_seats(organizer: httpx.Client, *, seats: int, **fields: Any) -> dict[str, Any]:
    """Publish an event of the demo organizer with one ticket type; `fields` take the place of what it says."""
    category = organizer.get("/api/v1/categories/").raise_for_status().json()
    category = category if isinstance(category, list) else category["results"]
    starts_at = datetime.now(UTC) + timedelta(days=20)
    draft = organizer.post(
        "/api/v1/events/",
        json={
            "title": f"Last seats {uuid4().hex[:6]}",
            "category": category[0]["slug"],
            "summary": "A day on the water",
            "description": "Paddles, vests and tea are with us.",
            "city": "Петрозаводск",
            "venue": "Набережная",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=4)).isoformat(),
            "time_zone": "Europe/Moscow",
            "refund_policy": {"bands": [{"hours_before": 24, "percent": 100}]},
            "ticket_types": [{"name": "Seat", "price": {"amount": "1500.00", "currency": "RUB"}, "capacity": seats}],
            **fields,
        },
    )
    assert draft.status_code == 201, draft.text
    event = draft.json()
    published = organizer.post(f"/api/v1/events/{event['id']}/publish/")
    assert published.status_code == 200, published.text
    return event


def wish(event: dict[str, Any], quantity: int) -> dict[str, Any]:
    return {
        "event": event["id"],
        "items": [{"ticket_type": event["ticket_types"][0]["id"], "quantity": quantity}],
    }


def signed_in(browser: httpx.Client, stack: dict[str, Any], account: str) -> httpx.Client:
    """Sign in on the pages, as a browser does."""
    browser.follow_redirects = True
    page = browser.get("/accounts/login/")
    credentials = stack["accounts"][account]
    form = {"login": credentials["email"], "password": credentials["password"], "csrfmiddlewaretoken": token_of(page)}
    answer = browser.post("/accounts/login/", data=form, headers={"Referer": stack["web"]})
    assert answer.status_code == 200, answer.text
    return browser


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


def words_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body else ""


def test_a_person_books_pays_and_gets_tickets(
    stack: dict[str, Any],
    client: Clients,
    idempotency_key: Callable[[], dict[str, str]],
    eventually: Callable[..., Any],
    mails_to: Callable[[str], list[EmailMessage]],
) -> None:
    event = event_with_seats(client("organizer"), seats=5)
    api, browser = client("user"), signed_in(client(), stack, "user")
    key = idempotency_key()

    held = api.post("/api/v1/bookings/", json=wish(event, 2), headers=key)
    again = api.post("/api/v1/bookings/", json=wish(event, 2), headers=key)
    assert (held.status_code, held.json()["status"]) == (201, "held")
    assert again.content == held.content
    assert again.headers["Idempotency-Replayed"] == "true"
    booking_id = held.json()["id"]

    page = browser.get(f"/bookings/{booking_id}/")
    to_pay = browser.post(
        f"/bookings/{booking_id}/pay/",
        data={"csrfmiddlewaretoken": token_of(page)},
        headers={"Referer": str(page.url)},
    )
    assert "/sandbox/pay/" in str(to_pay.url)
    browser.post(
        str(to_pay.url),
        data={"csrfmiddlewaretoken": token_of(to_pay), "ending": "succeed"},
        headers={"Referer": str(to_pay.url)},
    )

    eventually(
        lambda: api.get(f"/api/v1/bookings/{booking_id}/").json()["status"] == "confirmed",
        what="the booking is confirmed",
    )
    tickets = api.get(f"/api/v1/bookings/{booking_id}/tickets/").json()
    page = browser.get(f"/bookings/{booking_id}/")
    assert len(tickets) == page.text.count('src="data:image/svg+xml') == 2
    eventually(
        lambda: [one for one in mails_to(stack["accounts"]["user"]["email"]) if booking_id in words_of(one)],
        what="the confirmation mail arrives",
    )


def test_the_last_seats_go_to_one_of_two(client: Clients, idempotency_key: Callable[[], dict[str, str]]) -> None:
    event = event_with_seats(client("organizer"), seats=2)

    def book(account: str) -> httpx.Response:
        return client(account).post("/api/v1/bookings/", json=wish(event, 2), headers=idempotency_key())

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(book, ["user", "user2"]))

    assert sorted(one.status_code for one in answers) == [201, 409]
    [refused] = [one.json() for one in answers if one.status_code == 409]
    assert refused["code"] == "sold_out"
    assert list(refused["left"].values()) == [0]
