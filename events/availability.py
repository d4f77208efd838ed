"""How seats are spoken of: exactly to the organizer, coarsely to everyone else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from events.models import Event, TicketType
from events.models.lifecycle import LISTED

FEW_PERCENT = 10


class Availability(TextChoices):
    AVAILABLE = "available", _("available")
    FEW = "few", _("few left")
    SOLD_OUT = "sold_out", _("sold out")


class Sale(TextChoices):
    """Derived from the window, never stored."""

    UPCOMING = "upcoming", _("not on sale yet")
    OPEN = "open", _("on sale")
    CLOSED = "closed", _("sales are closed")


@dataclass(frozen=True)
class Seats:
    """Exact numbers; `capacity` is what can be sold at most."""

    capacity: int
    held: int
    sold: int

    @property
    def left(self) -> int:
        return max(0, self.capacity - self.held - self.sold)


def level(*, left: int, total: int) -> Availability:
    """Return the coarse word for what is left."""
    if left <= 0:
        return Availability.SOLD_OUT
    return Availability.FEW if left * 100 < total * FEW_PERCENT else Availability.AVAILABLE


def seats_of_event(event: Event, types: Iterable[TicketType]) -> Seats:
    """Add the types up, within the event's overall capacity."""
    types = list(types)
    total = sum(one.capacity for one in types)
    return Seats(
        capacity=total if event.capacity is None else min(total, event.capacity),
        held=sum(one.held for one in types),
        sold=sum(one.sold for one in types),
    )


def level_of_event(event: Event, types: Iterable[TicketType], *, now: datetime) -> Availability:
    """Speak of the types whose sales have not ended."""
    left = seats_left_overall(event)
    open_types = [one for one in types if sale_of(one, event, now=now) != Sale.CLOSED]
    of_types = sum(one.available for one in open_types)
    total = sum(one.capacity for one in open_types)
    if left is not None:
        of_types, total = min(of_types, left), min(total, event.capacity or 0)
    return level(left=of_types, total=total)


def level_of_type(one: TicketType, event: Event) -> Availability:
    """Speak of one type; the event's overall capacity may be the tighter limit."""
    overall = seats_left_overall(event)
    return level(left=one.available if overall is None else min(one.available, overall), total=one.capacity)


def seats_left_overall(event: Event) -> int | None:
    """Return what the overall capacity leaves, or None when only the types limit."""
    return None if event.capacity is None else event.capacity - event.held - event.sold


def sale_of(one: TicketType, event: Event, *, now: datetime) -> Sale:
    """Return whether the type can be bought now; without a closing time of its own it closes when the event starts."""
    if now >= (one.sale_closes_at or event.starts_at) or event.status not in LISTED:
        return Sale.CLOSED
    if one.sale_opens_at is not None and now < one.sale_opens_at:
        return Sale.UPCOMING
    return Sale.OPEN
