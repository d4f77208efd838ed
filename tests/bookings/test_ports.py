import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.ports import NoPoints, PointsNotAvailable
from common.money import Money

PRICE = Money(Decimal(1000), "RUB")


class TestNoPoints:
    def test_offers_none_and_says_why(self) -> None:
        quote = NoPoints().quote(user_id=uuid.uuid4(), price=PRICE, points_wanted=Decimal(50))

        assert (quote.points, quote.worth, quote.why_fewer) == (Decimal(0), Money.zero("RUB"), "no_points")

    def test_has_nothing_to_explain_to_who_wants_none(self) -> None:
        assert NoPoints().quote(user_id=uuid.uuid4(), price=PRICE, points_wanted=Decimal(0)).why_fewer == ""

    def test_refuses_to_reserve_what_is_not_there(self) -> None:
        with pytest.raises(PointsNotAvailable):
            NoPoints().reserve(booking_id=uuid.uuid4(), user_id=uuid.uuid4(), points=Decimal(1), now=timezone.now())
