"""What events needs now from apps above it: implemented there, joined in config/wiring.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from common.money import Money


@dataclass(frozen=True, kw_only=True)
class Stakes:
    """What hangs on some events: bookings that are alive, and what they would be refunded, per currency."""

    bookings: int = 0
    refunds: tuple[Money, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CancellationProgress:
    """How far the end of a cancelled event's bookings has come."""

    total: int
    ended: int
    failed: int
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class HeldBooking:
    """Seats that somebody has chosen and not paid for yet."""

    id: UUID
    expires_at: datetime


class BookingsOfEvents(Protocol):
    """What is known about the bookings of events."""

    def stakes_of(self, *, event_ids: Sequence[UUID]) -> Stakes:
        """Add up over the events, in one statement."""

    def cancellation_of(self, *, event_id: UUID) -> CancellationProgress | None:
        """Return the progress, or None while the event isn't cancelled."""

    def held_booking_of(self, *, user_id: UUID, event_id: UUID, now: datetime) -> HeldBooking | None:
        """Return what the user has begun and may still finish, or None."""


class NoBookings:
    """Nothing can be booked: what an installation has until an app joins its own."""

    def stakes_of(self, *, event_ids: Sequence[UUID]) -> Stakes:
        return Stakes()

    def cancellation_of(self, *, event_id: UUID) -> CancellationProgress | None:
        return None

    def held_booking_of(self, *, user_id: UUID, event_id: UUID, now: datetime) -> HeldBooking | None:
        return None


class Joined:
    """What stands at the port now."""

    bookings: BookingsOfEvents = NoBookings()


def bookings() -> BookingsOfEvents:
    """Return what knows the bookings."""
    return Joined.bookings


def join_bookings(implementation: BookingsOfEvents) -> None:
    """Let an app above tell of its bookings; called once, while the process starts."""
    Joined.bookings = implementation
