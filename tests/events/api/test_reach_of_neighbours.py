"""Who gets what from endpoints that other apps have below events and reviews; and that no operation is left out."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from bookings.models import Booking, Ticket, WaitingEntry, WaitingItem
from common.transactions import use_case
from events.models.lifecycle import Status
from reviews.models import Review
from reviews.services.claim_review import claim_review
from reviews.services.reply_to_review import reply_to_review
from reviews.services.report_review import report_review
from tests.events.api import test_reach
from tests.events.api.reach import Row, World, answers, told_by
from tests.factories.accounts import make_user
from tests.factories.bookings import hold
from tests.factories.reviews import make_attendee

__all__ = ["answers"]

pytestmark = pytest.mark.django_db

SEAT = {"items": [{"ticket_type": "{type}", "quantity": 1}]}
LETTER = {"subject": "Where we meet", "text": "At the pier, at six."}
GIFT = {
    "origin": "complimentary",
    "items": [{"ticket_type": "{type}", "quantity": 1}],
    "name": "Anna",
    "reason": "Press",
}
SCANS = {"scans": [{"ticket": "{ticket}", "scanned_at": timezone.now().isoformat()}]}
REVIEW = {"rating": 5, "text": "Three days on the river went by in one breath."}
REFUSAL = {"reason_code": "off_topic"}


def attended(world: World, caller: User) -> None:
    """The caller was at the past event, and not by an account made today."""
    event = world.past
    attendee = make_attendee(event)
    Booking.objects.filter(user=attendee, event=event).update(user=caller)


def wrote_the_review(world: World, caller: User) -> None:
    Review.objects.filter(pk=world.review).update(author=caller)


def wrote_the_waiting_review(world: World, caller: User) -> None:
    Review.objects.filter(pk=world.waiting_review).update(author=caller)


def was_answered(world: World, caller: User) -> None:
    with use_case():
        owner = world.subject.organizer.members.filter(role="owner").earliest("created_at").user
        reply_to_review(review_id=world.review, member_id=owner.pk, text="Thank you!", now=timezone.now())


def was_reported(world: World, caller: User) -> None:
    with use_case():
        reporter = make_user()
        report_review(review_id=world.review, reporter_id=reporter.pk, reason_code="untrue", now=timezone.now())


def claimed(world: World, caller: User) -> None:
    with use_case():
        claim_review(review_id=world.waiting_review, moderator_id=caller.pk, now=timezone.now())


def sold_out(world: World, caller: User) -> None:
    hold(ticket_type=world.ticket_type, event=world.subject, seats=10)


def waits(world: World, caller: User) -> None:
    entry = WaitingEntry.objects.create(user=caller, event=world.subject, seats=1, joined_at=timezone.now())
    WaitingItem.objects.create(entry=entry, ticket_type=world.ticket_type, quantity=1)


def checked_in(world: World, caller: User) -> None:
    Ticket.objects.filter(pk=world.ticket).update(checked_in_at=timezone.now(), checked_in_by=caller)


EVENT = "events/{event}/"
PAST = "events/{past_event}/"
KEY = {"Idempotency-Key": "one"}
VERSION = {"If-Match": '"v1"'}
# guest, user, door, owner, foreign owner, administrator
OPEN = (200, 200, 200, 200, 200, 200)
COUNTED = (204, 204, 204, 204, 204, 204)
# Administrators have bookings in the admin, where each step asks for its reason: not here.
AT_THE_DOOR = (401, 404, 200, 200, 404, 404)
MANAGED = (401, 404, 404, 200, 404, 404)
OWN = (401, 404, 404, 404, 404, 404)
STAFF = (401, 403, 403, 403, 403, 200)
TABLE = [
    Row("get", EVENT + "bookings/", MANAGED),
    Row("get", EVENT + "bookings.csv", MANAGED),
    Row("get", EVENT + "bookings.xlsx", MANAGED),
    Row("post", EVENT + "bookings/issued/", (401, 404, 404, 201, 404, 404), GIFT, headers=KEY),
    Row("get", EVENT + "door-list/", AT_THE_DOOR),
    Row("get", EVENT + "door-search/?q=Anna", AT_THE_DOOR),
    Row("post", EVENT + "check-ins/", (401, 404, 201, 201, 404, 404), {"ticket": "{ticket}"}),
    Row("post", EVENT + "check-ins/uploaded/", AT_THE_DOOR, SCANS),
    Row("delete", EVENT + "check-ins/{ticket}/", (401, 404, 204, 204, 404, 404), before=checked_in),
    Row("post", EVENT + "messages/", (401, 404, 404, 201, 404, 404), LETTER, headers=KEY),
    Row("post", EVENT + "messages/preview/", MANAGED, LETTER),
    Row("get", EVENT + "waitlist/", (401, 404, 404, 404, 404, 404)),
    Row("get", EVENT + "waitlist/", (401, 200, 200, 200, 200, 200), before=waits),
    Row("post", EVENT + "waitlist/", (401, 409, 409, 409, 409, 409), SEAT, headers=KEY),
    Row(
        "post",
        EVENT + "waitlist/",
        (401, 201, 201, 201, 201, 201),
        SEAT,
        headers=KEY,
        before=sold_out,
    ),
    Row("delete", EVENT + "waitlist/", (401, 204, 204, 204, 204, 204), before=waits),
    Row("post", EVENT + "views/", COUNTED),
    Row("post", EVENT + "views/", (404,) * 6, status=Status.DRAFT),
    Row("get", EVENT + "analytics/", (401, 404, 404, 200, 404, 200)),
    Row("get", EVENT + "rating/", OPEN),
    Row("get", EVENT + "rating/", (404,) * 6, status=Status.DRAFT),
    Row("get", EVENT + "reviews/", OPEN),
    Row("get", EVENT + "reviews/", (404,) * 6, status=Status.SUSPENDED),
    Row("post", EVENT + "reviews/", (401, 409, 409, 409, 409, 409), REVIEW),
    Row("post", PAST + "reviews/", (401, 403, 403, 403, 403, 403), REVIEW),
    Row("post", PAST + "reviews/", (401, 201, 201, 201, 201, 201), REVIEW, before=attended),
    Row("get", "organizers/{organizer}/rating/", OPEN),
    Row("get", "me/reviews/", (401, 200, 200, 200, 200, 200)),
    Row("get", "reviews/{review}/", OPEN),
    Row("get", "reviews/{waiting_review}/", (404,) * 6),
    Row("get", "reviews/{waiting_review}/", (404, 200, 200, 200, 200, 200), before=wrote_the_waiting_review),
    Row("patch", "reviews/{review}/", OWN, {"rating": 4}, headers=VERSION),
    Row(
        "patch",
        "reviews/{review}/",
        (401, 200, 200, 200, 200, 200),
        {"rating": 4},
        headers=VERSION,
        before=wrote_the_review,
    ),
    Row("delete", "reviews/{review}/", OWN),
    Row("delete", "reviews/{review}/", (401, 204, 204, 204, 204, 204), before=wrote_the_review),
    Row("post", "reviews/{review}/appeal/", (401, 404, 404, 404, 404, 404), {"text": "I named nobody."}),
    Row(
        "post",
        "reviews/{review}/appeal/",
        (401, 409, 409, 409, 409, 409),
        {"text": "I named nobody."},
        before=wrote_the_review,
    ),
    Row("post", "reviews/{review}/reply/", (401, 403, 403, 201, 403, 403), {"text": "Thank you!"}),
    Row("put", "reviews/{review}/reply/", (401, 403, 403, 200, 403, 403), {"text": "Thanks!"}, before=was_answered),
    Row("put", "reviews/{review}/reply/", (401, 403, 403, 404, 403, 403), {"text": "Thanks!"}),
    Row("post", "reviews/{review}/report/", (401, 204, 204, 204, 204, 204), {"reason_code": "off_topic"}),
    Row("post", "reviews/{waiting_review}/report/", (401, 404, 404, 404, 404, 404), {"reason_code": "off_topic"}),
    Row("post", "reviews/{review}/helpful/", (401, 200, 200, 200, 200, 200)),
    Row("post", "reviews/{review}/helpful/", (401, 403, 403, 403, 403, 403), before=wrote_the_review),
    Row("delete", "reviews/{review}/helpful/", (401, 200, 200, 200, 200, 200)),
    Row("get", "moderation/reviews/", STAFF),
    Row("get", "moderation/reviews/{waiting_review}/", STAFF),
    Row("post", "moderation/reviews/{waiting_review}/claim/", STAFF),
    Row("post", "moderation/reviews/{waiting_review}/publish/", (401, 403, 403, 403, 403, 409)),
    Row("post", "moderation/reviews/{waiting_review}/publish/", STAFF, before=claimed),
    Row("post", "moderation/reviews/{waiting_review}/reject/", STAFF, REFUSAL, before=claimed),
    Row("post", "moderation/reviews/{review}/hide/", STAFF, REFUSAL),
    Row("post", "moderation/reviews/{review}/dismiss-reports/", STAFF, before=was_reported),
    Row("post", "moderation/reviews/{review}/dismiss-reports/", (401, 403, 403, 403, 403, 409)),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_each_caller_gets_what_the_table_says(answers: Callable[..., dict[str, Any]], row: Row) -> None:
    assert told_by(answers(row)) == row.expected


ROOTS = ("events/", "categories/", "tags/", "reviews/", "moderation/reviews/")
ROOTS += ("me/favorites/", "me/calendar/", "me/reviews/", "organizers/{}/rating/")


def test_the_tables_leave_no_operation_out() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    there = {
        (method, plain)
        for path, operations in document["paths"].items()
        for method in operations.keys() & {"get", "post", "put", "patch", "delete"}
        if (plain := unnamed(path.removeprefix("/api/v1/"))).startswith(ROOTS)
    }

    told = {(row.method, unnamed(row.path.partition("?")[0])) for row in [*test_reach.TABLE, *TABLE]}

    assert there == told


def unnamed(path: str) -> str:
    """Return a path whose parameters have no names: `events/{}/`."""
    return re.sub(r"\{\w+\}", "{}", path)
