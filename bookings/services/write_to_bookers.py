"""Send the organizer's message to everybody with a confirmed booking of an event, through the notifications.

A message can be previewed as often as one likes; sent, it reaches each person once, and an event has a few a day.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from audit.services.record_entry import record_entry
from bookings.domain_events import BookerWrittenTo
from bookings.models import EventMessage
from bookings.models.event_message import MOST_A_DAY
from bookings.models.lifecycle import SOLD
from bookings.selectors import list_bookings_of_event
from bus.services.record_fact import record_facts
from common.problems import Problem
from common.transactions import requires_transaction, violations
from events.models import Event


class TooManyMessages(Problem):
    """So many were sent today: `most`."""

    code = "too_many_messages"
    status = 429
    title = "This event has had its messages for today."


class MessageInProgress(Problem):
    """A colleague is sending one in this moment."""

    code = "message_in_progress"
    title = "Another message of this event is being sent right now."


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be sent, and to how many."""

    subject: str
    text: str
    recipients: int


def preview_message(*, manager_id: uuid.UUID, event_id: uuid.UUID, subject: str, text: str) -> Preview:
    """Return what would be sent, without sending it.

    Raises:
        NotFound: the event isn't theirs.
    """
    bookings = list_bookings_of_event(manager_id=manager_id, event_id=event_id)
    return Preview(subject=subject, text=text, recipients=bookings.filter(status__in=SOLD).count())


@requires_transaction
def write_to_bookers(
    *, manager_id: uuid.UUID, event_id: uuid.UUID, subject: str, text: str, now: datetime
) -> EventMessage:
    """Return the message; it is on its way to everybody who has a confirmed booking now.

    Raises:
        NotFound: the event isn't theirs.
        TooManyMessages, MessageInProgress
    """
    bookings = list_bookings_of_event(manager_id=manager_id, event_id=event_id)
    event = Event.objects.select_related("organizer").get(id=event_id)
    today = now.astimezone(UTC).date()
    number = EventMessage.objects.filter(event=event, sent_on=today).count() + 1
    if number > MOST_A_DAY:
        raise TooManyMessages(most=MOST_A_DAY, headers={"Retry-After": str(_seconds_left(now))})
    people = list(bookings.filter(status__in=SOLD).order_by("id").values_list("id", "user_id"))
    # Two senders at once: the second one meets the first one's number.
    with violations({"bookings_event_message_one_by_one": MessageInProgress}):
        message = EventMessage.objects.create(
            event=event,
            sender_id=manager_id,
            subject=subject,
            text=text,
            recipients=len(people),
            sent_at=now,
            sent_on=today,
            number=number,
        )
    record_facts(
        [
            BookerWrittenTo(
                message_id=message.id,
                booking_id=booking_id,
                user_id=user_id,
                event_id=event.id,
                event_title=event.title,
                organizer_name=event.organizer.name,
                subject=subject,
                text=text,
            )
            for booking_id, user_id in people
        ]
    )
    record_entry(
        actor_id=manager_id,
        action="bookings.write_to_bookers",
        target_type="events.event",
        target_id=str(event_id),
        changes={"recipients": [0, len(people)], "subject": ["", subject]},
    )
    return message


def _seconds_left(now: datetime) -> int:
    """Return how long the day (UTC) still is."""
    of_day = now.astimezone(UTC)
    return 86_400 - (of_day.hour * 3600 + of_day.minute * 60 + of_day.second)
