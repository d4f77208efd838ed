"""kill -9 of web and worker while people pay: every payment ends consistent, none lost, none doubled."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from bench.system import System
from tests.faults.conftest import FULL
from tests.journeys.shoppers import event_with_seats, insistently, pay_on_the_sandbox_page

PAYERS = 500 if FULL else 12
AT_ONCE = 12 if FULL else 6
# What is killed again and again comes back more and more slowly.
KILLS = 1_000 if FULL else 2
KILLED = ("web", "worker-critical")
Client = Callable[..., httpx.Client]

# What a payment and its booking are worth together; each must be 0.
UNSOUND = {
    "paid and not confirmed": """
        SELECT count(*) FROM bookings_booking AS booking WHERE event_id = %s AND status <> 'confirmed'""",
    "confirmed without exactly one payment": """
        SELECT count(*) FROM bookings_booking AS booking WHERE event_id = %s AND status = 'confirmed' AND 1 <> (
            SELECT count(*) FROM bookings_payment WHERE booking_id = booking.id AND status = 'succeeded')""",
    "paid twice at the provider": """
        SELECT count(*) FROM bookings_payment AS payment JOIN bookings_booking AS booking ON booking.id = booking_id
        WHERE event_id = %s AND 1 <> (
            SELECT count(*) FROM bookings_sandboxpayment WHERE idempotency_key = payment.id::text)""",
    "tickets other than seats": """
        SELECT count(*) FROM bookings_booking AS booking WHERE event_id = %s AND seats <> (
            SELECT count(*) FROM bookings_ticket WHERE booking_id = booking.id AND voided_at IS NULL)""",
    "money given back": """
        SELECT count(*) FROM bookings_refund JOIN bookings_payment AS payment ON payment.id = payment_id
        JOIN bookings_booking AS booking ON booking.id = payment.booking_id WHERE event_id = %s""",
    "facts other than one": """
        SELECT count(*) FROM bookings_booking AS booking WHERE event_id = %s AND 1 <> (
            SELECT count(*) FROM bus_outboxrow
            WHERE key = booking.id::text AND wire_type = 'bookings.booking.confirmed.v1')""",
}


def test_kills_during_payments_lose_and_double_nothing(
    stack: dict[str, Any],
    client: Client,
    killing: Callable[[str], int],
    eventually: Callable[..., Any],
) -> None:
    event = publish(stack, client("organizer"))
    payers = [client(token=user.token) for user in System(demo=stack).make_users(PAYERS)]
    is_over = threading.Event()

    def kill_now_and_then() -> None:
        for number in range(KILLS):
            if is_over.wait(5 if FULL else 1):
                return
            with contextlib.suppress(pytest.skip.Exception):
                # Not up again yet after the last time.
                killing(KILLED[number % len(KILLED)])

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            booked = list(pool.map(lambda payer: book_and_pay(payer, event), payers))
    finally:
        is_over.set()
        killer.join()

    def confirmed() -> bool:
        return count(stack, UNSOUND["paid and not confirmed"], event["id"]) == 0

    eventually(confirmed, what="every paid booking is confirmed", seconds=120)
    assert len(set(booked)) == PAYERS
    assert {what: count(stack, query, event["id"]) for what, query in UNSOUND.items()} == dict.fromkeys(UNSOUND, 0)


def publish(stack: dict[str, Any], organizer: httpx.Client) -> dict[str, Any]:
    category = organizer.get("/api/v1/categories/").json()
    slug = (category["results"] if isinstance(category, dict) else category)[0]["slug"]
    created = organizer.post("/api/v1/events/", json=event_with_seats(stack["demo_organizer_id"], slug, PAYERS))
    assert created.status_code == 201, created.text
    event: dict[str, Any] = created.json()
    assert organizer.post(f"/api/v1/events/{event['id']}/publish/").status_code == 200
    return event


def book_and_pay(payer: httpx.Client, event: dict[str, Any]) -> str:
    order = {"event": event["id"], "items": [{"ticket_type": event["ticket_types"][0]["id"], "quantity": 1}]}
    token = payer.headers["Authorization"][-12:]
    booking = insistently(
        lambda: payer.post("/api/v1/bookings/", json=order, headers={"Idempotency-Key": f"book-{token}"})
    )
    assert booking.status_code == 201, booking.text
    path = f"/api/v1/bookings/{booking.json()['id']}/pay/"
    payment = insistently(lambda: payer.post(path, headers={"Idempotency-Key": f"pay-{token}"}))
    while payment.status_code == 409 and payment.json()["code"] == "payment_in_progress":
        # The request that had the provider's answer in hand was killed: its lease must end first.
        time.sleep(1)
        payment = insistently(lambda: payer.post(path, headers={"Idempotency-Key": f"pay-{token}"}))
    assert payment.status_code == 200, payment.text
    pay_on_the_sandbox_page(payment.json()["confirmation_url"])
    return str(booking.json()["id"])


def count(stack: dict[str, Any], query: str, event_id: str) -> int:
    with psycopg.connect(stack["database"]) as database:
        row = database.execute(query, [event_id]).fetchone()
    assert row is not None
    return int(row[0])
