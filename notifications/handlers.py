"""What the notifications react to: facts of the other apps, their own jobs back from Kafka, events from outside."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.subscriptions import Message, UnreadableMessage, consumes, handles
from common.problems import Problem
from notifications.envelope import decode, read_event
from notifications.event_types.registry import OneUser
from notifications.services.accept_events import accept_events
from notifications.services.announce_fact import announce_fact
from notifications.services.queue_jobs import queue_jobs
from notifications.services.save_recipient import RecipientDetails, save_recipient

MAIL_AND_INBOX = ("email", "in_app")
INBOX = ("in_app",)
# Who cancelled a booking when its event was cancelled.
BY_EVENT = "event"


class PersonSeen(msgspec.Struct, kw_only=True):
    """What is read of a user's facts; what they don't tell stays as it was."""

    user_id: UUID
    email: str | None = None
    display_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    birth_on: date | None = None


class ItemSeen(msgspec.Struct, kw_only=True):
    name: str
    quantity: int


class BookingSeen(msgspec.Struct, kw_only=True):
    """What is read of a booking's facts."""

    booking_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    starts_at: datetime
    time_zone: str = "UTC"
    city: str = ""
    venue: str = ""
    seats: int
    amount: str
    currency: str
    items: list[ItemSeen] = []
    cancelled_by: str = ""
    refund: str = "0"


class ReviewSeen(msgspec.Struct, kw_only=True):
    """What is read of a review's facts."""

    review_id: UUID
    event_id: UUID
    event_title: str
    author_id: UUID
    rating: int
    reason: str = ""


class PlannedSeen(msgspec.Struct, kw_only=True):
    """What is read of a planned job's copy."""

    job_id: UUID


class PlannedCopy(msgspec.Struct, kw_only=True):
    data: PlannedSeen


@handles("accounts.user.registered.v1", schema=PersonSeen)
def on_user_registered(fact: ReceivedFact) -> None:
    _know(fact.data)


@handles("accounts.user.changed.v1", schema=PersonSeen)
def on_user_changed(fact: ReceivedFact) -> None:
    _know(fact.data)


@handles("bookings.booking.held.v1", schema=BookingSeen)
def on_booking_held(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "booking_held", INBOX)


@handles("bookings.booking.confirmed.v1", schema=BookingSeen)
def on_booking_confirmed(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "booking_confirmed", MAIL_AND_INBOX)


@handles("bookings.booking.cancelled.v1", schema=BookingSeen)
def on_booking_cancelled(fact: ReceivedFact) -> None:
    template = "event_cancelled" if fact.data.cancelled_by == BY_EVENT else "booking_cancelled"
    _tell_of_booking(fact, template, MAIL_AND_INBOX)


@handles("reviews.review.published.v1", schema=ReviewSeen)
def on_review_published(fact: ReceivedFact) -> None:
    _tell_of_review(fact, "review_published")


@handles("reviews.review.rejected.v1", schema=ReviewSeen)
def on_review_rejected(fact: ReceivedFact) -> None:
    _tell_of_review(fact, "review_rejected")


@handles("reviews.review.replied.v1", schema=ReviewSeen)
def on_review_replied(fact: ReceivedFact) -> None:
    _tell_of_review(fact, "review_replied")


@consumes("external-events")
def consume_external_events(messages: Sequence[Message]) -> None:
    """Take the envelope of the HTTP intake from Kafka; who may write to the topic is decided by its access rules."""
    try:
        events = [read_event(decode(message.value)) for message in messages]
    except Problem as problem:
        raise UnreadableMessage(_reasons(problem)) from problem
    sources = {event.source for event in events}
    for result in accept_events(events=events, allowed_sources=sources, now=timezone.now()):
        if isinstance(result, Problem):
            raise UnreadableMessage(_reasons(result))


@consumes("notification.jobs")
def consume_planned_jobs(messages: Sequence[Message]) -> None:
    """Put planned jobs into the workers' queue."""
    try:
        job_ids = [msgspec.json.decode(one.value, type=PlannedCopy).data.job_id for one in messages]
    except msgspec.DecodeError as error:
        raise UnreadableMessage(str(error)) from error
    queue_jobs(job_ids=job_ids, now=timezone.now())


def _reasons(problem: Problem) -> str:
    named = "; ".join(f"{one.pointer or '/'} {one.code}: {one.detail}" for one in problem.errors)
    return f"{problem.code}: {named or problem}"


def _know(person: PersonSeen) -> None:
    save_recipient(
        user_id=person.user_id,
        details=RecipientDetails(
            display_name=person.display_name,
            locale=person.locale,
            time_zone=person.time_zone,
            birth_on=person.birth_on,
            email=person.email,
        ),
        now=timezone.now(),
    )


def _tell_of_booking(fact: ReceivedFact, template_code: str, channels: tuple[str, ...]) -> None:
    booking: BookingSeen = fact.data
    _tell(fact, booking.user_id, template_code, channels, _context_of(booking))


def _tell_of_review(fact: ReceivedFact, template_code: str) -> None:
    review: ReviewSeen = fact.data
    _tell(fact, review.author_id, template_code, MAIL_AND_INBOX, _context_of(review))


def _tell(
    fact: ReceivedFact, user_id: UUID, template_code: str, channels: tuple[str, ...], context: dict[str, Any]
) -> None:
    announce_fact(
        fact_id=UUID(fact.id),
        fact_type=fact.type,
        occurred_at=fact.occurred_at,
        to=OneUser(user_id=user_id),
        template_code=template_code,
        channels=channels,
        context=context,
        now=timezone.now(),
    )


def _context_of(seen: msgspec.Struct) -> dict[str, Any]:
    """Return a template's variables, as they are stored with the job."""
    context: dict[str, Any] = msgspec.to_builtins(seen)
    context.pop("user_id", None)
    context.pop("author_id", None)
    return context
