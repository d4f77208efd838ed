"""kill -9 of the worker that cancels a whole series: another one goes on, and each event is cancelled once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from tests.faults.conftest import FULL
from tests.faults.crowd import Eventually
from tests.faults.test_comes_back import processes_of
from tests.journeys.shoppers import event_with_seats

# A series has 200 dates at most.
EVENTS = 200 if FULL else 40
Key = Callable[[], dict[str, str]]


def publish_series(organizer: httpx.Client, organizer_id: str) -> list[str]:
    categories = organizer.get("/api/v1/categories/").json()
    slug = (categories["results"] if isinstance(categories, dict) else categories)[0]["slug"]
    # Dates of a rule have no fractions of a second.
    starts_at = (datetime.now(UTC) + timedelta(days=20)).replace(microsecond=0)
    times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=5)).isoformat()}
    created = organizer.post("/api/v1/events/", json=event_with_seats(organizer_id, slug, 5) | times)
    assert created.status_code == 201, created.text
    first = created.json()["id"]
    rule = {"rule": f"FREQ=DAILY;COUNT={EVENTS}"}
    made = organizer.post(f"/api/v1/events/{first}/recurrence/", json=rule)
    assert made.status_code == 201, made.text
    return [first, *(one["id"] for one in made.json()["events"] if one["id"] != first)]


def order(organizer: httpx.Client, event_id: str, key: dict[str, str], **step: Any) -> str:
    """Return where to look how far the order is."""
    answer = organizer.post(f"/api/v1/events/{event_id}/following/", json=step, headers=key)
    assert answer.status_code == 202, answer.text
    return f"/api/v1/events/bulk/{answer.json()['id']}/"


def cancelled_facts(database: psycopg.Connection, events: list[str]) -> Counter[str]:
    sql = "SELECT key FROM bus_outboxrow WHERE wire_type = 'events.event.cancelled.v1' AND key = ANY(%s)"
    return Counter(key for (key,) in database.execute(sql, [events]))


def test_a_killed_worker_cancels_each_event_once(
    stack: dict[str, Any],
    client: Callable[..., httpx.Client],
    killing: Callable[[str], None],
    database: psycopg.Connection,
    eventually: Eventually,
    idempotency_key: Key,
) -> None:
    organizer = client("organizer")
    events = publish_series(organizer, stack["demo_organizer_id"])

    def progress(path: str) -> dict[str, int]:
        return dict(organizer.get(path).json()["progress"])

    published = order(organizer, events[0], idempotency_key(), action="publish")
    eventually(lambda: progress(published)["done"] == EVENTS, what="the series is published")
    versions = dict(database.execute("SELECT id::text, version FROM events_event WHERE id = ANY(%s::uuid[])", [events]))

    with psycopg.connect(stack["database"]) as holding:
        # The worker stops at this event, whatever the machine's speed, and dies there.
        holding.execute("SELECT FROM events_event WHERE id = %s FOR NO KEY UPDATE", [events[EVENTS // 2]])
        path = order(organizer, events[0], idempotency_key(), action="cancel", reason="A storm")
        eventually(lambda: progress(path)["done"] == EVENTS // 2, what="half of the series is cancelled")
        dying = processes_of("worker-bulk")
        assert dying
        killing("worker-bulk")
        eventually(lambda: not set(dying) & set(processes_of("worker-bulk")), what="the worker is dead")
        assert sum(cancelled_facts(database, events).values()) == progress(path)["done"] == EVENTS // 2
        holding.rollback()
    # The dead worker's silence, without waiting for it.
    database.execute("UPDATE events_bulkoperation SET lease_expires_at = now() WHERE id = %s", [path.split("/")[-2]])

    eventually(lambda: organizer.get(path).json()["status"] == "finished", what="another worker goes on")
    assert progress(path) == {"total": EVENTS, "pending": 0, "done": EVENTS, "refused": 0, "failed": 0}
    assert cancelled_facts(database, events) == Counter(events)
    now = dict(database.execute("SELECT id::text, version FROM events_event WHERE id = ANY(%s::uuid[])", [events]))
    assert now == {event: version + 1 for event, version in versions.items()}
