"""Move an event along its life.

Every step is one conditional UPDATE from a status that the table (models/lifecycle.py) allows, and from the version
that the caller has read, if they say which.
"""

from typing import Any

from django.db.models import F

from common.problems import Problem, StaleVersion
from common.transactions import requires_transaction
from events.models import Event
from events.models.lifecycle import Status, actions_from, sources_of
from events.services.ring_availability import ring_availability


class InvalidTransition(Problem):
    """The event's status doesn't allow this step; `event_status` is what it is, `allowed` what may be done instead."""

    code = "invalid_transition"
    status = 409
    title = "This is not possible in the event's present status."


@requires_transaction
def change_status(
    *, event: Event, action: str, target: Status, expected_version: int | None = None, **stamps: Any
) -> None:
    """Take the step and refresh the event; `stamps` are further columns of the same UPDATE.

    Raises:
        InvalidTransition: the present status doesn't allow it.
        StaleVersion: somebody changed the event since the caller read it.
    """
    rows = Event.objects.filter(id=event.id, status__in=sources_of(action, target))
    if expected_version is not None:
        rows = rows.filter(version=expected_version)
    changed = rows.update(status=target, version=F("version") + 1, **stamps)
    event.refresh_from_db(fields=["status", "version", *stamps])
    if changed:
        ring_availability(event_id=event.id)
        return
    if expected_version is not None and event.version != expected_version:
        raise StaleVersion
    raise InvalidTransition(event_status=event.status, allowed=actions_from(event.status))
