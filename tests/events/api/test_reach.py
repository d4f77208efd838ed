"""Who gets what from every endpoint of an event: a table of callers and answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from events.api.examples import EVENT_INPUT
from events.api.urls import urlpatterns
from events.models import BulkOperation, Event, Question
from events.models.lifecycle import Status
from tests.factories.events import make_event, make_promo_code, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]
CALLERS = ("guest", "user", "door", "owner", "foreign_owner", "administrator")
REASON = {"reason": "A storm"}
RULE = {"rule": "FREQ=DAILY;COUNT=2"}
TICKET = {"name": "VIP", "price": {"amount": "9.00", "currency": "RUB"}, "capacity": 5}
QUESTION = {"kind": "text", "prompt": "Height?"}
PROMO = {"code": "EARLY", "kind": "percent", "value": "10"}
BATCH = {"prefix": "VIP-", "kind": "percent", "value": "10", "count": 2}
CREW = {"roles": [{"role": "captain", "wanted": 1}]}
CHANGE_PRICES = {"action": "change_prices", "percent": 5}


@dataclass(frozen=True)
class Row:
    """A request, the status that the event has before it, and each caller's answer."""

    method: str
    path: str
    answers: tuple[int, ...]
    body: dict[str, Any] | None = None
    status: Status = Status.PUBLISHED
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


EVENT = "events/{event}/"
VERSION = {"If-Match": '"v1"'}
KEY = {"Idempotency-Key": "one"}
# guest, user, door, owner, foreign owner, administrator
OPEN = (200, 200, 200, 200, 200, 200)
INSIDE = (404, 404, 200, 200, 404, 200)
MANAGED = (401, 404, 403, 200, 404, 200)
CREATED = (401, 404, 403, 201, 404, 201)
EMPTIED = (401, 404, 403, 204, 404, 204)
STAFF = (401, 403, 403, 403, 403, 200)
TABLE = [
    Row("get", EVENT, OPEN),
    Row("get", EVENT, INSIDE, status=Status.DRAFT),
    Row("get", EVENT, INSIDE, status=Status.SUSPENDED),
    Row("get", EVENT, OPEN, status=Status.CANCELLED),
    Row("patch", EVENT, MANAGED, {"title": "New"}, headers=VERSION),
    Row("delete", EVENT, EMPTIED, status=Status.DRAFT),
    Row("get", "events/{event}.ics", OPEN),
    Row("get", EVENT + "availability/", OPEN),
    Row("get", EVENT + "availability/", INSIDE, status=Status.DRAFT),
    Row("put", EVENT + "favorite/", (401, 204, 204, 204, 204, 204)),
    Row("delete", EVENT + "favorite/", (401, 204, 204, 204, 204, 204)),
    Row("post", EVENT + "publish/", MANAGED, status=Status.DRAFT),
    Row("post", EVENT + "cancel/", MANAGED, REASON),
    Row("post", EVENT + "reschedule/", MANAGED, REASON | {"venue": "Elsewhere"}),
    Row("post", EVENT + "archive/", MANAGED, status=Status.FINISHED),
    Row("post", EVENT + "suspend/", STAFF, REASON),
    Row("post", EVENT + "restore/", STAFF, status=Status.SUSPENDED),
    Row("get", EVENT + "ticket-types/", OPEN),
    Row("get", EVENT + "ticket-types/", INSIDE, status=Status.DRAFT),
    Row("post", EVENT + "ticket-types/", CREATED, TICKET),
    Row("patch", EVENT + "ticket-types/{type}/", MANAGED, {"capacity": 30}),
    Row("get", EVENT + "questions/", OPEN),
    Row("get", EVENT + "questions/", INSIDE, status=Status.SUSPENDED),
    Row("post", EVENT + "questions/", CREATED, QUESTION),
    Row("patch", EVENT + "questions/{question}/", MANAGED, {"prompt": "Weight?"}),
    Row("delete", EVENT + "questions/{question}/", EMPTIED),
    Row("get", EVENT + "answers/", MANAGED),
    Row("post", EVENT + "report/", (401, 204, 204, 204, 204, 204), {"reason": "spam"}),
    Row("post", EVENT + "report/", (401, 404, 204, 204, 404, 204), {"reason": "spam"}, Status.DRAFT),
    # Nothing to be seen or kept: those who manage the event hear what is missing.
    Row("put", EVENT + "cover/", (401, 404, 403, 415, 404, 415), {}),
    Row("delete", EVENT + "cover/", EMPTIED),
    Row("get", EVENT + "cancellation/", (401, 404, 403, 404, 404, 404)),
    Row("post", EVENT + "duplicate/", CREATED, {}),
    Row("post", EVENT + "recurrence/", CREATED, RULE),
    Row("post", EVENT + "recurrence/preview/", MANAGED, RULE),
    Row("post", EVENT + "following/", (401, 404, 403, 202, 404, 202), CHANGE_PRICES, headers=KEY),
    Row("post", "events/bulk/", MANAGED, CHANGE_PRICES | {"events": ["{event}"]}, headers=KEY),
    Row("get", "events/bulk/{operation}/", (401, 404, 404, 404, 404, 200)),
    Row("post", "events/bulk/{operation}/stop/", (401, 404, 404, 404, 404, 200)),
    Row("post", "events/bulk/{operation}/resume/", (401, 404, 404, 404, 404, 409)),
    Row("get", EVENT + "promo-codes/", MANAGED),
    Row("post", EVENT + "promo-codes/", CREATED, PROMO),
    Row("post", EVENT + "promo-codes/batch/", CREATED, BATCH),
    Row("get", EVENT + "promo-codes/{promo}/", MANAGED),
    Row("patch", EVENT + "promo-codes/{promo}/", MANAGED, {"is_active": False}),
    Row("get", EVENT + "crew/", (401, 404, 200, 200, 404, 200)),
    Row("post", EVENT + "crew/", MANAGED, CREW),
    Row("get", "me/favorites/", (401, 200, 200, 200, 200, 200)),
    Row("get", "categories/", OPEN),
    Row("get", "events/", OPEN),
    # Only who manages an organizer begins an event, an administrator too.
    Row("post", "events/", (401, 403, 403, 201, 201, 403), EVENT_INPUT),
    Row("get", "me/calendar/", (401, 200, 200, 200, 200, 200)),
    Row("post", "me/calendar/", (401, 200, 200, 200, 200, 200)),
]


@pytest.fixture
def ask(calling: Calling, tmp_path: Path, settings: Any) -> Callable[[str, Row], Any]:
    """Make the world that a row speaks of, and send its request."""
    settings.MEDIA_ROOT = tmp_path

    def send(caller: str, row: Row) -> Any:
        event = make_event(status=row.status, starts_at=datetime(2030, 6, 14, 3, tzinfo=UTC))
        ticket_type = make_ticket_type(event=event)
        operation = BulkOperation.objects.create(
            user=event.organizer.members.get().user,
            by_administrator=True,
            action="publish",
            lease_expires_at=event.starts_at,
        )
        names = {
            "event": event.id,
            "type": ticket_type.id,
            "question": Question.objects.create(event=event, **QUESTION).id,
            "operation": operation.id,
            "promo": make_promo_code(event=event).id,
        }
        body = row.body
        if body and "events" in body:
            body = body | {"events": [str(event.id)]}
        if body and "category" in body:
            body = body | {"category": event.category.slug}
        path = "/api/v1/" + row.path.format(**names)
        return getattr(calling(caller, event), row.method)(path, body, headers=row.headers)

    return send


@pytest.mark.parametrize("row", TABLE, ids=str)
@pytest.mark.parametrize("caller", CALLERS)
def test_a_caller_gets_what_the_table_says(ask: Callable[[str, Row], Any], caller: str, row: Row) -> None:
    response = ask(caller, row)

    assert response.status_code == row.answers[CALLERS.index(caller)]
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"


VERSIONED = [row for row in TABLE if row.method in ("patch", "delete", "post") and row.answers[3] in (200, 201, 204)]
NOT_VERSIONED = ("favorite/", "report/", "duplicate/", "preview/", "bulk/", "following/")
# Not part of what an event's version stands for.
NOT_VERSIONED += ("promo-codes/", "batch/", "{promo}/", "crew/")


@pytest.mark.parametrize(
    "row", [row for row in VERSIONED if "{event}" in row.path and not row.path.endswith(NOT_VERSIONED)], ids=str
)
def test_a_change_refuses_a_version_that_is_gone(ask: Callable[[str, Row], Any], row: Row) -> None:
    stale = Row(row.method, row.path, row.answers, row.body, row.status, row.headers | {"If-Match": '"v7"'})

    response = ask("administrator", stale)

    assert (response.status_code, response.json()["code"]) == (412, "stale_version")


@pytest.mark.parametrize("caller", CALLERS)
def test_only_insiders_see_what_is_closed(calling: Calling, caller: str) -> None:
    event = make_event(contact="+7 900 000-00-00", online_url="https://example.org/room", capacity=50)
    ticket_type = make_ticket_type(event=event, access_code="wave", held=2)
    path = f"/api/v1/events/{event.id}/"

    shown = calling(caller, event).get(path).json()

    inside = caller in ("door", "owner", "administrator")
    assert (shown["contact"], shown["online_url"], shown["address"]) == (
        (event.contact, event.online_url, event.address) if inside else (None, None, None)
    )
    assert shown["capacity"] == (50 if inside else None)
    assert [one["seats"]["held"] for one in shown["ticket_types"]] == ([ticket_type.held] if inside else [])


def test_the_table_leaves_no_endpoint_out() -> None:
    told = {(row.method, row.path) for row in TABLE}
    names = {"event_id": "event", "ticket_type_id": "type", "question_id": "question", "operation_id": "operation"}
    names["promo_code_id"] = "promo"
    there = set()
    for pattern in urlpatterns:
        view = pattern.callback.view_class  # type: ignore[attr-defined]
        path = str(pattern.pattern)
        for long, short in names.items():
            path = path.replace(f"<uuid:{long}>", f"{{{short}}}")
        there |= {(name, path) for name in view.http_method_names if name != "options" and hasattr(view, name)}

    assert there == told
    assert Event.objects.count() == 0
