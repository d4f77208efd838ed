"""What bookings needs now from apps above it: implemented there, joined in config/wiring.py.

Bookings never imports who implements it. Every call runs inside the caller's open transaction, takes its row locks
after those of bookings, and does nothing for a booking without points.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from common.money import Money
from common.problems import Problem

ZERO = Decimal(0)


class PointsNotAvailable(Problem):
    """Fewer points can be used than wanted: `available` says how many, `why` what limits them."""

    code = "points_not_available"
    title = "You can't pay with that many points."


@dataclass(frozen=True, kw_only=True)
class PointsQuote:
    """How many of the wanted points may be used, what they are worth, and why they are fewer than wanted.

    `why_fewer` is empty when all wanted points may be used; otherwise a code: `balance` (the person has no more),
    `limit` (this share of a price at most), `price` (the rest costs less) or `no_points` (nothing gives points here).
    """

    points: Decimal
    worth: Money
    why_fewer: str = ""


class PointsForBookings(Protocol):
    """Points that pay part of a booking; 1 point is worth 1 rouble."""

    def quote(self, *, user_id: UUID, price: Money, points_wanted: Decimal) -> PointsQuote:
        """Return how many points may be used for this price, without taking them."""

    def reserve(self, *, booking_id: UUID, user_id: UUID, points: Decimal, now: datetime) -> None:
        """Keep points for a hold; raises PointsNotAvailable."""

    def spend(self, *, booking_id: UUID, now: datetime) -> None:
        """Spend what is reserved: the booking is confirmed."""

    def release(self, *, booking_id: UUID, now: datetime) -> None:
        """Give reserved points free: the hold has expired or was cancelled; called again, nothing happens."""

    def give_back(self, *, booking_id: UUID, refund_id: UUID, points: Decimal, now: datetime) -> None:
        """Return spent points to the lots that they came from, once per `refund_id`."""


class NoPoints:
    """Nothing gives points: what an installation has until an app joins its own."""

    def quote(self, *, user_id: UUID, price: Money, points_wanted: Decimal) -> PointsQuote:
        why = "no_points" if points_wanted else ""
        return PointsQuote(points=ZERO, worth=Money.zero(price.currency), why_fewer=why)

    def reserve(self, *, booking_id: UUID, user_id: UUID, points: Decimal, now: datetime) -> None:
        if points:
            raise PointsNotAvailable(available=str(ZERO), why="no_points")

    def spend(self, *, booking_id: UUID, now: datetime) -> None:
        """Nothing was reserved."""

    def release(self, *, booking_id: UUID, now: datetime) -> None:
        """Nothing was reserved."""

    def give_back(self, *, booking_id: UUID, refund_id: UUID, points: Decimal, now: datetime) -> None:
        """Nothing was spent."""


class Joined:
    """What stands at each port now."""

    points: PointsForBookings = NoPoints()


def points() -> PointsForBookings:
    """Return what gives points here."""
    return Joined.points


def join_points(implementation: PointsForBookings) -> None:
    """Let another app's points pay for bookings; called once, while the process starts."""
    Joined.points = implementation
