"""Who gets what from every endpoint of an event: a table of callers and answers."""

from collections.abc import Callable
from typing import Any

import pytest

from events.api.examples import EVENT_INPUT
from events.models.lifecycle import Status
from tests.events.api.reach import CALLERS, QUESTION, Calling, Row, answers, told_by
from tests.factories.events import make_event, make_ticket_type

__all__ = ["answers"]

pytestmark = pytest.mark.django_db

Answers = Callable[..., dict[str, Any]]
REASON = {"reason": "A storm"}
RULE = {"rule": "FREQ=DAILY;COUNT=2"}
TICKET = {"name": "VIP", "price": {"amount": "9.00", "currency": "RUB"}, "capacity": 5}
PROMO = {"code": "EARLY", "kind": "percent", "value": "10"}
BATCH = {"prefix": "VIP-", "kind": "percent", "value": "10", "count": 2}
CREW = {"roles": [{"role": "captain", "wanted": 1}]}
CHANGE_PRICES = {"action": "change_prices", "percent": 5}


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
    Row("delete", EVENT + "ticket-types/{type}/", EMPTIED, status=Status.DRAFT),
    Row("delete", EVENT + "ticket-types/{type}/", (401, 404, 403, 409, 404, 409)),
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
    # Nobody was asked for, so nobody is missing.
    Row("post", EVENT + "crew/ask-again/", (401, 404, 403, 409, 404, 409)),
    Row("get", "me/favorites/", (401, 200, 200, 200, 200, 200)),
    Row("get", "categories/", OPEN),
    Row("get", "events/", OPEN),
    # Only who manages an organizer begins an event, an administrator too.
    Row("post", "events/", (401, 403, 403, 201, 201, 403), EVENT_INPUT | {"category": "{category}"}),
    Row("get", "me/calendar/", (401, 200, 200, 200, 200, 200)),
    Row("post", "me/calendar/", (401, 200, 200, 200, 200, 200)),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_each_caller_gets_what_the_table_says(answers: Answers, row: Row) -> None:
    assert told_by(answers(row)) == row.expected


VERSIONED = [row for row in TABLE if row.method in ("patch", "delete", "post") and row.answers[3] in (200, 201, 204)]
NOT_VERSIONED = ("favorite/", "report/", "duplicate/", "preview/", "bulk/", "following/")
# Not part of what an event's version stands for.
NOT_VERSIONED += ("promo-codes/", "batch/", "{promo}/", "crew/")


@pytest.mark.parametrize(
    "row", [row for row in VERSIONED if "{event}" in row.path and not row.path.endswith(NOT_VERSIONED)], ids=str
)
def test_a_change_refuses_a_version_that_is_gone(answers: Answers, row: Row) -> None:
    response = answers(row, "administrator", headers={"If-Match": '"v7"'})["administrator"]

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


# What a moderator may do with an event: look at it, take it down, put it back. The rest stays its organizer's.
BY_MODERATORS = ("suspend/", "restore/")


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.answers[0] == 401 and row.answers[1] in (403, 404) and "report" not in row.path],
    ids=str,
)
def test_a_moderator_takes_down_and_puts_back_and_changes_nothing_else(answers: Answers, row: Row) -> None:
    answer = answers(row, "moderator")["moderator"]

    is_theirs = row.path.endswith(BY_MODERATORS) or (row.method == "get" and row.path.endswith("crew/"))
    assert answer.status_code in ((200,) if is_theirs else (403, 404))
