"""What the notifications react to: facts of the other apps, their own jobs back from Kafka, events from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.subscriptions import Message, UnreadableMessage, consumes, handles
from common.problems import Problem
from notifications.envelope import decode, read_event
from notifications.event_types.registry import Audience, OneUser, Someone
from notifications.facts_seen import (
    BookingSeen,
    CrewSeen,
    EventSeen,
    LetterSeen,
    MovedSeen,
    OwnEventSeen,
    PersonSeen,
    PlannedCopy,
    PointsSeen,
    ReviewSeen,
    UnreadSeen,
    UserSeen,
)
from notifications.segment_language import Conditions
from notifications.selectors.catalogue import find_end_of_event
from notifications.selectors.intake import list_granted_sources
from notifications.services.accept_events import accept_events
from notifications.services.announce_fact import announce_fact
from notifications.services.forget_recipient import forget_recipient
from notifications.services.note_about_recipient import note_about_recipient
from notifications.services.queue_jobs import queue_jobs
from notifications.services.save_recipient import RecipientDetails, save_recipient

MAIL_AND_INBOX = ("email", "in_app")
INBOX = ("in_app",)
# Who cancelled a booking: its event was cancelled; its last ticket was handed over, of which the transfer itself tells.
BY_EVENT, BY_TRANSFER = "event", "transfer"


@handles("accounts.user.registered.v1", schema=PersonSeen)
def on_user_registered(fact: ReceivedFact) -> None:
    _know(fact.data, registered_at=fact.occurred_at)


@handles("accounts.user.changed.v1", schema=PersonSeen)
def on_user_changed(fact: ReceivedFact) -> None:
    _know(fact.data)


@handles("accounts.second_factor.enabled.v1", schema=UserSeen)
def on_second_factor_enabled(fact: ReceivedFact) -> None:
    _tell_of_sign_in(fact, "second_factor_on")


@handles("accounts.second_factor.removed.v1", schema=UserSeen)
def on_second_factor_removed(fact: ReceivedFact) -> None:
    _tell_of_sign_in(fact, "second_factor_off")


@handles("accounts.user.erased.v1", schema=UserSeen)
def on_user_erased(fact: ReceivedFact) -> None:
    forget_recipient(user_id=fact.data.user_id, now=timezone.now())


@handles("bookings.booking.held.v1", schema=BookingSeen)
def on_booking_held(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "booking_held", INBOX)


@handles("bookings.booking.confirmed.v1", schema=BookingSeen)
def on_booking_confirmed(fact: ReceivedFact) -> None:
    note_about_recipient(person=OneUser(user_id=fact.data.user_id), last_booked_at=fact.occurred_at, now=timezone.now())
    _tell_of_booking(fact, "booking_confirmed", MAIL_AND_INBOX)


@handles("bookings.booking.cancelled.v1", schema=BookingSeen)
def on_booking_cancelled(fact: ReceivedFact) -> None:
    if fact.data.cancelled_by != BY_TRANSFER:
        template = "event_cancelled" if fact.data.cancelled_by == BY_EVENT else "booking_cancelled"
        _tell_of_booking(fact, template, MAIL_AND_INBOX)


@handles("bookings.booking.refunded.v1", schema=BookingSeen)
def on_booking_refunded(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "booking_refunded", MAIL_AND_INBOX)


@handles("bookings.booking.changed.v1", schema=BookingSeen)
def on_booking_changed(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "booking_changed", MAIL_AND_INBOX)


@handles("bookings.booking.moved.v1", schema=MovedSeen)
def on_booking_moved(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "booking_moved", MAIL_AND_INBOX)


@handles("bookings.booking.written_to.v1", schema=LetterSeen)
def on_booker_written_to(fact: ReceivedFact) -> None:
    letter: LetterSeen = fact.data
    _tell(fact, OneUser(user_id=letter.user_id), "organizer_letter", MAIL_AND_INBOX, _context_of(letter))


@handles("bookings.booking.offered.v1", schema=BookingSeen)
def on_seats_offered(fact: ReceivedFact) -> None:
    _tell_of_booking(fact, "waiting_list_offer", MAIL_AND_INBOX)


@handles("bookings.booking.transferred.v1", schema=BookingSeen)
def on_ticket_transferred(fact: ReceivedFact) -> None:
    """Tell both: who had the ticket, and who has it now with a booking of their own."""
    booking: BookingSeen = fact.data
    _tell_of_booking(fact, "ticket_handed_over", MAIL_AND_INBOX)
    if booking.receiver_id and booking.receiver_booking_id:
        context = _context_of(booking) | {"booking_id": str(booking.receiver_booking_id)}
        once = uuid5(UUID(fact.id), "receiver")
        _tell(fact, OneUser(user_id=booking.receiver_id), "ticket_received", MAIL_AND_INBOX, context, event_id=once)


@handles("bookings.booking.attended.v1", schema=BookingSeen)
def on_booking_attended(fact: ReceivedFact) -> None:
    """Ask for a review once the event is over, once per person and event however many scans there were."""
    booking: BookingSeen = fact.data
    once = uuid5(booking.event_id, f"review request {booking.user_id}")
    to = OneUser(user_id=booking.user_id)
    not_before = find_end_of_event(event_id=booking.event_id)
    _tell(fact, to, "review_request", MAIL_AND_INBOX, _context_of(booking), event_id=once, not_before=not_before)


@handles("events.event.rescheduled.v1", schema=EventSeen)
def on_event_rescheduled(fact: ReceivedFact) -> None:
    event: EventSeen = fact.data
    to = Audience(conditions=Conditions(booked_event=event.event_id))
    _tell(fact, to, "event_rescheduled", MAIL_AND_INBOX, _context_of(event))


@handles("events.crew.unfilled.v1", schema=CrewSeen)
def on_crew_unfilled(fact: ReceivedFact) -> None:
    _tell_organizer(fact, "crew_unfilled")


@handles("events.event.suspended.v1", schema=OwnEventSeen)
def on_event_suspended(fact: ReceivedFact) -> None:
    _tell_organizer(fact, "event_suspended")


@handles("events.event.restored.v1", schema=OwnEventSeen)
def on_event_restored(fact: ReceivedFact) -> None:
    _tell_organizer(fact, "event_restored")


@handles("reviews.review.published.v1", schema=ReviewSeen)
def on_review_published(fact: ReceivedFact) -> None:
    _tell_of_review(fact, "review_published")


@handles("reviews.review.rejected.v1", schema=ReviewSeen)
def on_review_rejected(fact: ReceivedFact) -> None:
    _tell_of_review(fact, "review_rejected")


@handles("reviews.review.replied.v1", schema=ReviewSeen)
def on_review_replied(fact: ReceivedFact) -> None:
    _tell_of_review(fact, "review_replied")


@handles("loyalty.bonus.awarded.v1", schema=PointsSeen)
def on_bonus_awarded(fact: ReceivedFact) -> None:
    _tell_of_points(fact, "bonus_awarded")


@handles("loyalty.bonus.expiring.v1", schema=PointsSeen)
def on_bonus_expiring(fact: ReceivedFact) -> None:
    _tell_of_points(fact, "bonus_expiring", in_good_time=True)


@handles("loyalty.customer.level_changed.v1", schema=PointsSeen)
def on_level_changed(fact: ReceivedFact) -> None:
    """Tell of a level that was reached; losing one is only noted, for segments."""
    points: PointsSeen = fact.data
    note_about_recipient(person=points.whom, loyalty_level=points.level, now=timezone.now())
    if points.level:
        context = {"level": points.level, "percent": points.amount}
        _tell(fact, points.whom, "level_up", INBOX if points.user_id else (), context)


@handles("messaging.messages.unread.v1", schema=UnreadSeen)
def on_messages_unread(fact: ReceivedFact) -> None:
    """Tell of the mention where there is one: the rest of what was written goes with it."""
    seen: UnreadSeen = fact.data
    template = "chat_mention" if seen.is_mentioned else "chat_missed"
    _tell(fact, OneUser(user_id=seen.user_id), template, INBOX, _context_of(seen))


@consumes("external-events", knows_repetitions=True)
def consume_external_events(messages: Sequence[Message]) -> None:
    """Take the envelope of the HTTP intake from Kafka, from every source that some service was granted.

    Which service writes is decided by the topic's access rules.
    """
    now = timezone.now()
    try:
        events = [read_event(decode(message.value), now=now) for message in messages]
    except Problem as problem:
        raise UnreadableMessage(_reasons(problem)) from problem
    for result in accept_events(events=events, allowed_sources=list_granted_sources(), now=now):
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


def _know(person: PersonSeen, registered_at: datetime | None = None) -> None:
    save_recipient(
        user_id=person.user_id,
        details=RecipientDetails(
            display_name=person.display_name,
            locale=person.locale,
            time_zone=person.time_zone,
            birth_on=person.birth_on,
            email=person.email,
            registered_at=registered_at,
        ),
        now=timezone.now(),
    )


def _tell_of_sign_in(fact: ReceivedFact, template_code: str) -> None:
    _tell(fact, OneUser(user_id=fact.data.user_id), template_code, MAIL_AND_INBOX, {"at": fact.occurred_at.isoformat()})


def _tell_of_booking(fact: ReceivedFact, template_code: str, channels: tuple[str, ...]) -> None:
    booking: BookingSeen = fact.data
    _tell(fact, OneUser(user_id=booking.user_id), template_code, channels, _context_of(booking))


def _tell_organizer(fact: ReceivedFact, template_code: str) -> None:
    """Tell each of the organizer's people whom the fact names, once."""
    event: OwnEventSeen = fact.data
    for member_id in event.member_ids:
        once, to = uuid5(UUID(fact.id), str(member_id)), OneUser(user_id=member_id)
        _tell(fact, to, template_code, MAIL_AND_INBOX, _context_of(event), event_id=once)


def _tell_of_review(fact: ReceivedFact, template_code: str) -> None:
    review: ReviewSeen = fact.data
    _tell(fact, OneUser(user_id=review.author_id), template_code, MAIL_AND_INBOX, _context_of(review))


def _tell_of_points(fact: ReceivedFact, template_code: str, *, in_good_time: bool = False) -> None:
    """A user of the platform has an inbox; a shop's customer is told where the shop's bot can reach them."""
    points: PointsSeen = fact.data
    context = {"amount": points.amount, "balance": points.balance, "expires_at": points.expires_at}
    of_user = MAIL_AND_INBOX if in_good_time else INBOX
    _tell(fact, points.whom, template_code, of_user if points.user_id else (), context)


def _tell(
    fact: ReceivedFact,
    to: Someone | Audience,
    template_code: str,
    channels: tuple[str, ...],
    context: dict[str, Any],
    *,
    event_id: UUID | None = None,
    not_before: datetime | None = None,
) -> None:
    announce_fact(
        fact_id=event_id or UUID(fact.id),
        fact_type=fact.type,
        occurred_at=fact.occurred_at,
        to=to,
        template_code=template_code,
        channels=channels,
        context=context,
        not_before=not_before,
        now=timezone.now(),
    )


def _context_of(seen: msgspec.Struct) -> dict[str, Any]:
    """Return a template's variables, as they are stored with the job."""
    context: dict[str, Any] = msgspec.to_builtins(seen)
    for unsaid in ("user_id", "author_id", "receiver_id", "member_ids", "is_mentioned"):
        context.pop(unsaid, None)
    if "title" in context and "event_id" in context:
        context["event_title"] = context.pop("title")
    return context
