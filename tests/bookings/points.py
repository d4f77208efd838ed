"""Points that keep to the port's contract, in memory: no transaction takes back what they have done."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from bookings.ports import Joined, NoPoints, PointsNotAvailable, PointsQuote, join_points
from common.money import Money
from common.transactions import demand_transaction


class PointsInMemory:
    """Half of a price at most; each person has 500 points to begin with."""

    def __init__(self) -> None:
        self.balances: dict[UUID, Decimal] = {}
        self.reserved: dict[UUID, tuple[UUID, Decimal]] = {}
        self.spent: dict[UUID, tuple[UUID, Decimal]] = {}
        self.given_back: dict[UUID, tuple[UUID, Decimal]] = {}

    def balance(self, user_id: UUID) -> Decimal:
        return self.balances.setdefault(user_id, Decimal(500))

    def quote(self, *, user_id: UUID, price: Money, points_wanted: Decimal) -> PointsQuote:
        limits = {"balance": self.balance(user_id), "limit": price.amount / 2}
        points = min(points_wanted, *limits.values())
        why = "" if points == points_wanted else min(limits, key=lambda one: limits[one])
        return PointsQuote(points=points, worth=Money(points, price.currency), why_fewer=why)

    def reserve(self, *, booking_id: UUID, user_id: UUID, points: Decimal, now: datetime) -> None:
        demand_transaction("reserve")
        assert booking_id not in self.reserved
        if self.balance(user_id) < points:
            raise PointsNotAvailable(available=str(self.balance(user_id)), why="balance")
        self.balances[user_id] -= points
        self.reserved[booking_id] = (user_id, points)

    def spend(self, *, booking_id: UUID, now: datetime) -> None:
        demand_transaction("spend")
        self.spent[booking_id] = self.reserved.pop(booking_id)

    def release(self, *, booking_id: UUID, now: datetime) -> None:
        demand_transaction("release")
        user_id, points = self.reserved.pop(booking_id, (None, Decimal(0)))
        if user_id is not None:
            self.balances[user_id] += points

    def give_back(self, *, booking_id: UUID, refund_id: UUID, points: Decimal, now: datetime) -> None:
        demand_transaction("give_back")
        if refund_id in self.given_back:
            return
        user_id, spent = self.spent[booking_id]
        already = sum((some for of, some in self.given_back.values() if of == booking_id), Decimal(0))
        assert already + points <= spent
        self.given_back[refund_id] = (booking_id, points)
        self.balances[user_id] += points


@pytest.fixture
def purse() -> Iterator[PointsInMemory]:
    """Join points for the length of a test."""
    before = Joined.points
    joined = PointsInMemory()
    join_points(joined)
    yield joined
    join_points(before if not isinstance(before, PointsInMemory) else NoPoints())
