"""Change the status of a booking: one conditional UPDATE, from what the table of transitions allows."""

import uuid
from typing import Any

from django.db.models import F, Q

from bookings.models import Booking
from bookings.models.lifecycle import TRANSITIONS, allowed_from
from common.problems import NotFound, Problem, StaleVersion
from common.transactions import requires_transaction


class InvalidTransition(Problem):
    """The booking's status doesn't allow this; `allowed` names what it does."""

    code = "invalid_transition"
    title = "The booking's status does not allow this."


@requires_transaction
def change_status(
    *, booking_id: uuid.UUID, action: str, version: int | None = None, only: Q | None = None, **stamps: Any
) -> Booking:
    """Move a booking and return it with its event and items; its row stays locked until the COMMIT.

    `only` narrows the rows further; `stamps` are the columns that go with the new status.

    Raises:
        InvalidTransition: the status (or `only`) doesn't allow it.
        StaleVersion: `version` isn't the booking's any more.
        NotFound: there is no such booking.
    """
    step = TRANSITIONS[action]
    rows = Booking.objects.filter(only or Q(), id=booking_id, status__in=step.sources)
    if version is not None:
        rows = rows.filter(version=version)
    if not rows.update(status=step.target, version=F("version") + 1, **stamps):
        raise _refusal(booking_id, action, version)
    return Booking.objects.told().get(id=booking_id)


def _refusal(booking_id: uuid.UUID, action: str, version: int | None) -> Problem:
    booking = Booking.objects.filter(id=booking_id).first()
    if booking is None:
        return NotFound()
    if version is not None and booking.version != version:
        return StaleVersion()
    return InvalidTransition(action=action, booking_status=booking.status, allowed=allowed_from(booking.status))
