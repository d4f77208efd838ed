"""What bookings does when an event ends, one way or the other."""

import uuid

import msgspec
from django.utils import timezone

from bookings.services.attend_event import order_attendance
from bookings.services.cancel_event_bookings import order_event_cancellation
from bookings.services.leave_waiting_list import close_waiting_list
from bookings.services.suspend_bookings import suspend_bookings
from bus.facts import ReceivedFact
from bus.subscriptions import handles


class EventEnded(msgspec.Struct):
    event_id: uuid.UUID
    reason: str = ""


class EventFinished(EventEnded):
    took_place: bool = True


@handles("events.event.cancelled.v1", schema=EventEnded)
def on_event_cancelled(fact: ReceivedFact) -> None:
    order_event_cancellation(event_id=fact.data.event_id, reason=fact.data.reason, now=timezone.now())


@handles("events.event.suspended.v1", schema=EventEnded)
def on_event_suspended(fact: ReceivedFact) -> None:
    suspend_bookings(event_id=fact.data.event_id, now=timezone.now())


@handles("events.event.finished.v1", schema=EventFinished)
def on_event_finished(fact: ReceivedFact) -> None:
    close_waiting_list(event_id=fact.data.event_id, now=timezone.now())
    if fact.data.took_place:
        order_attendance(event_id=fact.data.event_id, now=timezone.now())
