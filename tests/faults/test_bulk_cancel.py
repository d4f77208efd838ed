"""kill -9 of the worker that cancels what an administrator has chosen: another one goes on, each event is cancelled once."""

import re
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from tests.faults.conftest import FULL
from tests.faults.crowd import Eventually
from tests.faults.generations import processes_of
from tests.journeys.shoppers import event_with_seats
from tests.journeys.signing_in import Person

# A series has 200 dates at most, and a page of the administrator's list 50 events.
SERIES = 2
EVENTS = 300 if FULL else 60
Key = Callable[[], dict[str, str]]


def make_series(organizer: httpx.Client, organizer_id: str, *, title: str) -> str:
    """Return the first of the series' events."""
    categories = organizer.get("/api/v1/categories/").json()
    slug = (categories["results"] if isinstance(categories, dict) else categories)[0]["slug"]
    starts_at = datetime.now(UTC) + timedelta(days=20)
    times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=5)).isoformat()}
    body = event_with_seats(organizer_id, slug, 5) | times | {"title": title}
    created = organizer.post("/api/v1/events/", json=body)
    assert created.status_code == 201, created.text
    first = created.json()["id"]
    rule = {"rule": f"FREQ=DAILY;COUNT={EVENTS // SERIES}"}
    made = organizer.post(f"/api/v1/events/{first}/recurrence/", json=rule)
    assert made.status_code == 201, made.text
    return str(first)


def publish_series(organizer: httpx.Client, first: str, key: dict[str, str], eventually: Eventually) -> None:
    answer = organizer.post(f"/api/v1/events/{first}/following/", json={"action": "publish"}, headers=key)
    assert answer.status_code == 202, answer.text
    path = f"/api/v1/events/bulk/{answer.json()['id']}/"
    wanted = EVENTS // SERIES
    eventually(lambda: organizer.get(path).json()["progress"]["done"] == wanted, what="the series is published")


def choose_all(administrator: Person, secret: str, *, title: str) -> httpx.Response:
    """Find the events in the administrator's list, choose all of them, and return the page of what hangs on it."""
    found = f"/admin/events/event/?q={title}"
    page = administrator.opens_as_staff(found, secret)
    [one, *_] = re.findall(r'name="_selected_action"[^>]*value="([^"]+)"', page.text) or re.findall(
        r'value="([^"]+)"[^>]*name="_selected_action"', page.text
    )
    plan = administrator.sends(found, action="cancel", select_across="1", index="0", _selected_action=one)
    return administrator.opens_as_staff(plan.url.path, secret) if "/plan/" in plan.url.path else plan


def shown(administrator: Person, order: str) -> dict[str, int]:
    """Return the figures that the order's page shows."""
    page = administrator.opens(f"/admin/events/bulkoperation/{order}/change/").text
    return {name: int(re.findall(rf"{name}: (\d+)", page)[0]) for name in ("done", "refused", "failed", "waiting")}


def cancelled_facts(database: psycopg.Connection, events: list[str]) -> Counter[str]:
    sql = "SELECT key FROM bus_outboxrow WHERE wire_type = 'events.event.cancelled.v1' AND key = ANY(%s)"
    return Counter(key for (key,) in database.execute(sql, [events]))


def versions_of(database: psycopg.Connection, events: list[str]) -> dict[str, int]:
    return dict(
        database.execute("SELECT id::text, version FROM events_event WHERE id = ANY(%s::uuid[])", [events]).fetchall()
    )


def test_a_killed_worker_cancels_each_event_once(
    stack: dict[str, Any],
    client: Callable[..., httpx.Client],
    administrator: Person,
    killing: Callable[[str], int],
    database: psycopg.Connection,
    eventually: Eventually,
    idempotency_key: Key,
) -> None:
    organizer, title = client("organizer"), f"Bulk{uuid.uuid4().hex[:10]}"
    for _ in range(SERIES):
        publish_series(
            organizer, make_series(organizer, stack["demo_organizer_id"], title=title), idempotency_key(), eventually
        )

    plan = choose_all(administrator, stack["admin_totp_secret"], title=title)
    assert f"{EVENTS} events" in plan.text
    order = plan.url.path.split("/")[-3]
    chosen = "SELECT event_id::text FROM events_bulkitem WHERE operation_id = %s ORDER BY position"
    events = [event for (event,) in database.execute(chosen, [order])]
    versions = versions_of(database, events)
    assert (len(events), cancelled_facts(database, events)) == (EVENTS, Counter())

    with psycopg.connect(stack["database"]) as holding:
        # The worker stops at this event, whatever the machine's speed, and dies there.
        holding.execute("SELECT FROM events_event WHERE id = %s FOR NO KEY UPDATE", [events[EVENTS // 2]])
        administrator.sends(plan.url.path, reason="A storm")
        eventually(
            lambda: cancelled_facts(database, events).total() == EVENTS // 2, what="half of the events are cancelled"
        )
        dying = processes_of("worker-bulk")
        assert dying
        killing("worker-bulk")
        eventually(lambda: not set(dying) & set(processes_of("worker-bulk")), what="the worker is dead")
        assert shown(administrator, order) == {
            "done": EVENTS // 2,
            "refused": 0,
            "failed": 0,
            "waiting": EVENTS - EVENTS // 2,
        }
        holding.rollback()
    # The dead worker's silence, without waiting for it.
    database.execute("UPDATE events_bulkoperation SET lease_expires_at = now() WHERE id = %s", [order])

    status = "SELECT status = 'finished' FROM events_bulkoperation WHERE id = %s"
    eventually(
        lambda: database.execute(status, [order]).fetchone() == (True,), what="another worker goes on", seconds=120
    )
    assert shown(administrator, order) == {"done": EVENTS, "refused": 0, "failed": 0, "waiting": 0}
    assert cancelled_facts(database, events) == Counter(events)
    assert versions_of(database, events) == {event: version + 1 for event, version in versions.items()}
