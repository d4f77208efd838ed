"""Correct what an event says about itself."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import F, Max
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from audit.services.record_entry import record_entry
from common.problems import FieldProblem, InvalidInput, Problem, StaleVersion
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.content_rules import CHECKED
from events.models import Category, Event
from events.models.lifecycle import EDITABLE, Status
from events.selectors.events import get_managed_event
from events.services.check_content import check_content
from events.services.check_event import missing_in_content, start_in_the_past
from events.services.move_crew import move_crew
from events.services.ring_availability import ring_availability

ENDS_AFTER_START = "events_event_ends_after_start"
# People have planned for these: once seats are taken, they change by rescheduling, which tells everyone.
TIME_AND_PLACE = frozenset(
    {"starts_at", "ends_at", "time_zone", "city", "venue", "address", "latitude", "longitude", "online_url"}
)


class EventClosed(Problem):
    """A finished, archived or cancelled event is not changed any more."""

    code = "event_closed"
    status = 409
    title = "The event is over: it can't be changed any more."


class RescheduleRequired(Problem):
    """Seats are taken: time and place change by `reschedule`, which tells everyone who booked."""

    code = "reschedule_required"
    status = 409
    title = "Seats are taken already: reschedule the event to change its time or place."


class CapacityTaken(Problem):
    """Capacity can't go below what is held and sold."""

    code = "capacity_taken"
    status = 409
    title = "More seats than that are held or sold already."


def ends_before_start() -> Problem:
    return InvalidInput(errors=(FieldProblem("/ends_at", "invalid", _("The event must end after it starts.")),))


@requires_transaction
def update_event(
    *, actor: Actor, event_id: uuid.UUID, fields: dict[str, Any], expected_version: int, now: datetime
) -> Event:
    """Write the fields, if nobody has changed the event since the actor read it.

    Raises:
        NotFound, NotAllowed: it isn't the actor's to change.
        StaleVersion: it was changed meanwhile.
        EventClosed, RescheduleRequired, CapacityTaken: its state doesn't allow the change.
        InvalidInput: the fields contradict each other, a published event would lose what it needs, or begin in the past.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    before = {name: getattr(event, name) for name in fields}
    write_fields(event=event, fields=fields, expected_version=expected_version)
    changes = {name: [before[name], value] for name, value in fields.items() if before[name] != value}
    if "capacity" in changes:
        _check_capacity(event)
    if event.status != Status.DRAFT and TIME_AND_PLACE & changes.keys():
        if event.held + event.sold:
            raise RescheduleRequired
        if "starts_at" in changes and event.starts_at <= now:
            raise InvalidInput(errors=(start_in_the_past(),))
    if event.status != Status.DRAFT and not changes.keys().isdisjoint(CHECKED):
        check_content(event=event, now=now)
    if "capacity" in changes or (actor.administers and changes):
        record_entry(
            actor_id=actor.user_id,
            action="events.change",
            target_type="events.event",
            target_id=str(event.id),
            changes={name: [_written(old), _written(new)] for name, (old, new) in changes.items()},
        )
    return event


def write_fields(*, event: Event, fields: dict[str, Any], expected_version: int) -> None:
    """Write the fields by one conditional UPDATE and refresh the event.

    Raises:
        EventClosed, StaleVersion, CapacityTaken, InvalidInput
    """
    meaning = {ENDS_AFTER_START: ends_before_start, "events_event_within_capacity": CapacityTaken}
    with violations(meaning):
        changed = Event.objects.filter(id=event.id, version=expected_version, status__in=EDITABLE).update(
            version=F("version") + 1, **fields
        )
    # Whoever takes seats updates this row too, so the numbers stand still until the transaction ends.
    event.refresh_from_db(fields=["status", "version", "held", "sold", *fields])
    ring_availability(event_id=event.id)
    if not changed:
        if event.version != expected_version:
            raise StaleVersion
        raise EventClosed(event_status=event.status)
    missing = missing_in_content(event=event) if event.status != Status.DRAFT else ()
    if missing:
        raise InvalidInput(errors=missing)
    if {"starts_at", "ends_at"} & fields.keys():
        move_crew(event=event)


def _check_capacity(event: Event) -> None:
    largest = event.ticket_types.aggregate(seats=Max("capacity"))["seats"]
    if event.capacity is not None and largest is not None and largest > event.capacity:
        detail = format_lazy(_("One ticket type alone has {seats} seats."), seats=largest)
        raise InvalidInput(errors=(FieldProblem("/capacity", "below_ticket_type_capacity", detail),))


def _written(value: Any) -> Any:
    return value.slug if isinstance(value, Category) else value
