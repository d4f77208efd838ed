"""Seats taken through the API: spread over many events, all of one event, and more people than seats.

Each booking is `POST /api/v1/bookings/` with a token and a key of its own: authentication, the idempotency record, the
booking with its items, the fact in the outbox and the guarded seats, in one transaction.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import httpx

from bench import http_load, yardsticks
from bench.figures import Figure, Yardstick
from bench.processor import metered
from bench.system import LoadUser, System

CONNECTIONS = 16
# Nobody may book an event twice, so these are also the most bookings of the hot event.
USERS = 8_000
SPREAD_EVENTS = 200
PLENTY = 1_000_000
SCARCE = 500

# Counters as they are stored, and as the bookings that hold seats say.
DRIFT = """
    SELECT count(*) FROM events_tickettype AS kind
    WHERE kind.event_id = ANY(%s) AND (
        kind.held + kind.sold > kind.capacity
        OR kind.held + kind.sold <> (
            SELECT coalesce(sum(item.quantity), 0) FROM bookings_bookingitem AS item
            JOIN bookings_booking AS booking ON booking.id = item.booking_id
            WHERE item.ticket_type_id = kind.id AND booking.status IN ('held', 'confirmed', 'attended')
        )
    )
"""
BOOKED = "SELECT count(*) FROM bookings_booking WHERE event_id = ANY(%s) AND status = 'held'"


def run(system: System, *, seconds: int) -> Iterator[Figure]:
    """Book on many events, then on one, then on one with fewer seats than people."""
    users = system.make_users(USERS)
    spread = [add_event(system, seats=PLENTY) for _ in range(SPREAD_EVENTS)]
    # Consecutive requests are other people's, for other events.
    pairs = (
        (user, spread[(number + turn) % SPREAD_EVENTS])
        for turn in range(SPREAD_EVENTS)
        for number, user in enumerate(users)
    )
    yield _measure(
        system, "booking, spread over events", spread, pairs, seconds, yardstick=yardsticks.take_seat_spread(system)
    )
    hot = [add_event(system, seats=PLENTY)]
    pairs = ((user, hot[0]) for user in users)
    yield _measure(system, "booking, one hot event", hot, pairs, seconds, yardstick=yardsticks.take_seat_hot(system))
    scarce = [add_event(system, seats=SCARCE)]
    pairs = ((user, scarce[0]) for user in users[: 6 * SCARCE])
    yield _measure(system, "booking, six times as many people as seats", scarce, pairs, seconds, yardstick=None)


def add_event(system: System, *, seats: int) -> dict[str, str]:
    """Publish an event with one paid ticket type; return the ids of both."""
    starts_at = datetime.now(UTC) + timedelta(days=40)
    with httpx.Client(
        base_url=system.web,
        headers={"Authorization": f"Bearer {system.demo['accounts']['organizer']['token']}"},
        timeout=20,
    ) as organizer:
        categories = organizer.get("/api/v1/categories/").json()
        body = {
            "organizer": system.demo["demo_organizer_id"],
            "category": (categories["results"] if isinstance(categories, dict) else categories)[0]["slug"],
            "title": f"Bench {uuid.uuid4().hex[:12]}",
            "summary": "Measured",
            "description": "An event for the bench.",
            "city": "Москва",
            "venue": "Зал",
            "address": "Набережная, 1",
            "starts_at": starts_at.isoformat(),
            "refund_policy": {"bands": [{"hours_before": 24, "percent": 100}]},
            "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
            "ticket_types": [{"name": "Seat", "price": {"amount": "1000.00", "currency": "RUB"}, "capacity": seats}],
        }
        event = organizer.post("/api/v1/events/", json=body).raise_for_status().json()
        organizer.post(f"/api/v1/events/{event['id']}/publish/").raise_for_status()
    return {"event": event["id"], "ticket_type": event["ticket_types"][0]["id"]}


def _measure(
    system: System,
    name: str,
    events: list[dict[str, str]],
    pairs: Iterable[tuple[LoadUser, dict[str, str]]],
    seconds: int,
    *,
    yardstick: Yardstick | None,
) -> Figure:
    codes: Counter[str] = Counter()

    def note(_: http_load.Request, answer: http_load.Answer) -> None:
        if answer.status != 201:
            codes[json.loads(answer.body).get("code", "?") if answer.body else "?"] += 1

    requests = (_order(user, event) for user, event in pairs)
    with metered() as meter:
        outcome = http_load.closed_loop(system.web, requests, connections=CONNECTIONS, seconds=seconds, on_answer=note)
    ids = [event["event"] for event in events]
    booked = system.count(BOOKED, [ids])
    drift = system.count(DRIFT, [ids])
    refused_otherwise = codes.keys() - {"sold_out"}
    return Figure(
        name=name,
        figure=outcome.per_second,
        unit="req/s",
        p99_ms=outcome.p99_ms,
        yardstick=yardstick,
        verified=booked == outcome.statuses[201] and not drift and not refused_otherwise and not outcome.broken,
        detail={
            "connections": CONNECTIONS,
            "events": len(events),
            "users": USERS,
            "booked": booked,
            "refused": dict(codes),
            "oversold or drifted types": drift,
            "cpu_ms": meter.per_unit_ms(outcome.answered),
        },
    )


def _order(user: LoadUser, event: dict[str, str]) -> http_load.Request:
    body = {"event": event["event"], "items": [{"ticket_type": event["ticket_type"], "quantity": 1}]}
    return http_load.Request(
        method="POST",
        path="/api/v1/bookings/",
        headers={
            "Authorization": f"Bearer {user.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
        body=json.dumps(body).encode(),
    )
