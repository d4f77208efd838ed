"""Callers that behave as real ones do: when nobody answers they come again with the same identity."""

import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

PATIENCE_SECONDS = 60.0


def insistently(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send until something but silence or a 5xx or 429 comes back; `send` repeats the same request."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = send()
            if answer.status_code < 500 and answer.status_code not in (409, 429):
                return answer
            if answer.status_code == 409 and answer.json().get("code") != "request_in_progress":
                return answer
            reason = f"{answer.status_code} {answer.text[:200]}"
        except httpx.TransportError as error:
            reason = repr(error)
        if time.monotonic() > deadline:
            raise AssertionError(f"no answer within {PATIENCE_SECONDS:.0f} s: {reason}")
        time.sleep(0.2)


def tilda_order(order_id: str, email: str) -> dict[str, Any]:
    return {"Name": "Анна", "Email": email, "payment": {"orderid": order_id, "amount": "1000"}, "formname": "Cart"}


def registration(user_id: uuid.UUID) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "user_registered",
        "source": "auth_service",
        "occurred_at": datetime.now(UTC).isoformat(),
        "payload": {"user_id": str(user_id), "registration_channel": "web", "locale": "ru", "user_agent": "Journey"},
    }


def event_with_seats(organizer_id: str, category: str, seats: int) -> dict[str, Any]:
    starts_at = datetime.now(UTC) + timedelta(days=20)
    return {
        "organizer": organizer_id,
        "category": category,
        "title": f"Сплав {uuid.uuid4().hex[:8]}",
        "summary": "Один день на реке",
        "description": "Спокойная вода, костёр и чай.",
        "city": "Москва",
        "venue": "Лодочная станция",
        "address": "Набережная, 1",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=5)).isoformat(),
        "refund_policy": {"bands": [{"hours_before": 24, "percent": 100}]},
        "ticket_types": [{"name": "Место", "price": {"amount": "1000.00", "currency": "RUB"}, "capacity": seats}],
    }


def pay_on_the_sandbox_page(page: str) -> None:
    """Open the provider's page and press "Pay"; pressing again changes nothing."""

    def press() -> httpx.Response:
        with httpx.Client(timeout=20) as browser:
            form = browser.get(page)
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
            if form.status_code != 200 or token is None:
                return form
            body = {"csrfmiddlewaretoken": token[1], "ending": "succeed"}
            return browser.post(page, data=body, headers={"Referer": page})

    answer = insistently(press)
    assert answer.status_code in (200, 302), answer.text
