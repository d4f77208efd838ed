"""The life of a booking: the one table of transitions."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import pgettext_lazy


class BookingStatus(models.TextChoices):
    HELD = "held", pgettext_lazy("booking", "waiting for payment")
    CONFIRMED = "confirmed", pgettext_lazy("booking", "confirmed")
    ATTENDED = "attended", pgettext_lazy("booking", "attended")
    EXPIRED = "expired", pgettext_lazy("booking", "expired")
    CANCELLED = "cancelled", pgettext_lazy("booking", "cancelled")


class CancelledBy(models.TextChoices):
    """On whose behalf a booking was cancelled."""

    USER = "user", pgettext_lazy("booking", "the participant")
    ORGANIZER = "organizer", pgettext_lazy("booking", "the organizer")
    ADMINISTRATOR = "administrator", pgettext_lazy("booking", "an administrator")
    EVENT = "event", pgettext_lazy("booking", "the event was cancelled")
    # Its last ticket was handed over: the seats live on in the receiver's booking.
    TRANSFER = "transfer", pgettext_lazy("booking", "all tickets were handed over")


@dataclass(frozen=True)
class Transition:
    """From which statuses an action leads where."""

    sources: tuple[BookingStatus, ...]
    target: BookingStatus


TRANSITIONS: dict[str, Transition] = {
    "confirm": Transition((BookingStatus.HELD,), BookingStatus.CONFIRMED),
    "expire": Transition((BookingStatus.HELD,), BookingStatus.EXPIRED),
    # A payment came after the hold had expired, and the seats were still free.
    "revive": Transition((BookingStatus.EXPIRED,), BookingStatus.CONFIRMED),
    "attend": Transition((BookingStatus.CONFIRMED,), BookingStatus.ATTENDED),
    # The only scan was a mistake.
    "unattend": Transition((BookingStatus.ATTENDED,), BookingStatus.CONFIRMED),
    "cancel": Transition((BookingStatus.HELD, BookingStatus.CONFIRMED), BookingStatus.CANCELLED),
    # The event itself is cancelled, perhaps after people have passed the door.
    "call_off": Transition(
        (BookingStatus.HELD, BookingStatus.CONFIRMED, BookingStatus.ATTENDED), BookingStatus.CANCELLED
    ),
}
# A user has one of these per event at most.
ACTIVE = (BookingStatus.HELD, BookingStatus.CONFIRMED, BookingStatus.ATTENDED)
# Seats of these count as sold.
SOLD = (BookingStatus.CONFIRMED, BookingStatus.ATTENDED)


def allowed_from(status: str) -> list[str]:
    """Return the actions that the table allows."""
    return [action for action, step in TRANSITIONS.items() if status in step.sources]
