"""Points of the platform's own project pay for bookings: what bookings asks of this app, joined in config/wiring.py.

1 point is worth 1 rouble. A user's customer is found by the user, else made: the e-mail that was verified there is known.
Each call runs in the caller's transaction; accounts are locked here, after the rows of bookings.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from bookings.ports import PointsNotAvailable, PointsQuote
from common.money import Money
from loyalty import selectors
from loyalty.services.find_platform_customer import find_platform_customer
from loyalty.services.hold_points import hold_points, release_hold, return_hold, spend_hold
from loyalty.services.pick_lots import InsufficientBonuses
from loyalty.services.spend_points import most_points

ZERO = Decimal(0)
CENT = Decimal("0.01")
CURRENCY = "RUB"


def purpose_of(booking_id: UUID) -> str:
    return f"booking:{booking_id}"


@dataclass(frozen=True)
class PlatformPoints:
    """Implements `bookings.ports.PointsForBookings`."""

    def quote(self, *, user_id: UUID, price: Money, points_wanted: Decimal) -> PointsQuote:
        project = selectors.get_platform_project()
        if project is None or price.currency != CURRENCY:
            return _quote(ZERO, price, "no_points" if points_wanted else "")
        limits = {
            "balance": selectors.get_spendable_points(user_id=user_id),
            "limit": most_points(project, order_amount=price.amount),
            "price": price.amount,
        }
        points = min(points_wanted, *limits.values()).quantize(CENT, rounding=ROUND_DOWN)
        why = next((name for name, most in limits.items() if most < points_wanted and most <= points), "")
        return _quote(points, price, why)

    def reserve(self, *, booking_id: UUID, user_id: UUID, points: Decimal, now: datetime) -> None:
        if not points:
            return
        project = selectors.get_platform_project()
        if project is None:
            raise PointsNotAvailable(available="0", why="no_points")
        customer = find_platform_customer(project=project, user_id=user_id)
        try:
            hold_points(
                project=project, customer_id=customer.id, purpose=purpose_of(booking_id), points=points, now=now
            )
        except InsufficientBonuses as error:
            raise PointsNotAvailable(available=error.extra["available"], why="balance") from error

    def spend(self, *, booking_id: UUID, now: datetime) -> None:
        project = selectors.get_platform_ledger()
        if project is not None:
            spend_hold(project=project, purpose=purpose_of(booking_id), now=now)

    def release(self, *, booking_id: UUID, now: datetime) -> None:
        project = selectors.get_platform_ledger()
        if project is not None:
            release_hold(project=project, purpose=purpose_of(booking_id), now=now)

    def give_back(self, *, booking_id: UUID, refund_id: UUID, points: Decimal, now: datetime) -> None:
        project = selectors.get_platform_ledger()
        if project is not None and points:
            return_hold(
                project=project, purpose=purpose_of(booking_id), points=points, reference=str(refund_id), now=now
            )


def _quote(points: Decimal, price: Money, why: str) -> PointsQuote:
    worth = Money(points, CURRENCY) if points else Money.zero(price.currency)
    return PointsQuote(points=points, worth=worth, why_fewer=why)
