from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from bookings.ports import PointsNotAvailable, points
from bus.facts import ReceivedFact
from common.money import Money
from common.transactions import use_case
from loyalty.handlers import (
    BookingChanged,
    BookingConfirmed,
    BookingRefunded,
    on_booking_changed,
    on_booking_confirmed,
    on_booking_refunded,
)
from loyalty.models import Customer, Order, PointsHold, Project
from loyalty.points_for_bookings import PlatformPoints
from loyalty.selectors import count_ledger_discrepancies, get_balances, get_my_loyalty, get_spendable_points
from loyalty.services.accrue_booking import refund_booking
from loyalty.services.find_platform_customer import find_platform_customer
from tests.factories.accounts import make_user
from tests.factories.loyalty import NOON, Shop, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db
PRICE = Money(Decimal(1000), "RUB")


@pytest.fixture
def platform() -> Shop:
    """The platform gives 10 % and lets half of a booking be paid with points."""
    return make_shop(is_platform=True, base_percent=Decimal(10), spend_max_percent=Decimal(50))


@pytest.fixture
def user() -> Any:
    return make_user()


def told(data: Any) -> ReceivedFact:
    return ReceivedFact(id=str(uuid4()), type="x", key="x", occurred_at=NOON, data=data)


def confirmed(user: Any, amount: int = 1000, **fields: Any) -> BookingConfirmed:
    fields = {"booking_id": uuid4(), "currency": "RUB"} | fields
    booking = BookingConfirmed(user_id=user.id, amount=Decimal(amount), **fields)
    with use_case():
        on_booking_confirmed(told(booking))
    return booking


def extended(booking: BookingConfirmed, paid: int) -> None:
    """Let seats be added to a booking, for so much more."""
    known = {"booking_id": booking.booking_id, "user_id": booking.user_id, "currency": booking.currency}
    changed = told(BookingChanged(amount=booking.amount + paid, paid=Decimal(paid), **known))
    for _ in range(2):
        with use_case():
            on_booking_changed(changed)


def refunded(booking: BookingConfirmed, amount: int, why: str = "goodwill") -> None:
    refund = BookingRefunded(booking_id=booking.booking_id, refund_id=uuid4(), refund=Decimal(amount), why=why)
    for _ in range(2):
        with use_case():
            on_booking_refunded(told(refund))


class TestPlatformPoints:
    def test_stand_at_the_port(self) -> None:
        assert isinstance(points(), PlatformPoints)

    @pytest.mark.parametrize(
        ("wanted", "price", "expected", "why"),
        [
            (60, 1000, 60, ""),
            (200, 1000, 100, "balance"),
            (90, 100, 50, "limit"),
            (0, 1000, 0, ""),
        ],
    )
    def test_quote_what_may_be_used_and_why_not_more(
        self, platform: Shop, user: Any, wanted: int, price: int, expected: int, why: str
    ) -> None:
        confirmed(user)

        quote = points().quote(user_id=user.id, price=Money(Decimal(price), "RUB"), points_wanted=Decimal(wanted))

        assert (quote.points, quote.worth.amount, quote.why_fewer) == (expected, expected, why)

    def test_quote_nothing_where_there_is_no_programme(self, user: Any) -> None:
        quote = points().quote(user_id=user.id, price=PRICE, points_wanted=Decimal(1))

        assert (quote.points, quote.why_fewer) == (0, "no_points")
        with use_case(), pytest.raises(PointsNotAvailable):
            points().reserve(booking_id=uuid4(), user_id=user.id, points=Decimal(1), now=NOON)

    def test_are_held_spent_and_given_back(self, platform: Shop, user: Any) -> None:
        confirmed(user)
        booking_id, refund_id = uuid4(), uuid4()
        left = []

        def act(what: Any) -> None:
            with use_case():
                what()
            left.append(get_spendable_points(user_id=user.id))

        mine = {"booking_id": booking_id, "now": NOON}
        act(lambda: points().reserve(user_id=user.id, points=Decimal(60), **mine))
        act(lambda: points().spend(**mine))
        act(lambda: points().release(**mine))
        for _ in range(2):
            act(lambda: points().give_back(refund_id=refund_id, points=Decimal(25), **mine))

        assert left == [40, 40, 40, 65, 65]
        assert count_ledger_discrepancies() == 0

    def test_are_held_again_after_a_release(self, platform: Shop, user: Any) -> None:
        confirmed(user)
        mine = {"booking_id": uuid4(), "now": NOON}

        with use_case():
            points().reserve(user_id=user.id, points=Decimal(60), **mine)
            points().release(**mine)
            points().release(**mine)
            points().reserve(user_id=user.id, points=Decimal(60), **mine)

        assert get_spendable_points(user_id=user.id) == 40
        assert PointsHold.objects.get().status == "held"

    def test_go_back_though_the_programme_was_switched_off(self, platform: Shop, user: Any) -> None:
        booking = confirmed(user)
        kept, left = {"booking_id": uuid4(), "now": NOON}, {"booking_id": uuid4(), "now": NOON}
        with use_case():
            points().reserve(user_id=user.id, points=Decimal(60), **kept)
            points().reserve(user_id=user.id, points=Decimal(30), **left)
        Project.objects.update(is_active=False)

        with use_case():
            points().spend(**kept)
            points().release(**left)
            points().give_back(refund_id=uuid4(), points=Decimal(25), **kept)
            refund_booking(booking_id=booking.booking_id, refund_id=uuid4(), amount=Decimal(100), now=NOON)

        assert set(PointsHold.objects.values_list("status", "points")) == {("spent", 60), ("released", 30)}
        assert get_spendable_points(user_id=user.id) == 55

    def test_are_not_there_when_somebody_else_has_them(self, platform: Shop, user: Any) -> None:
        confirmed(user)

        with use_case(), pytest.raises(PointsNotAvailable) as caught:
            points().reserve(booking_id=uuid4(), user_id=make_user().id, points=Decimal(1), now=NOON)

        assert caught.value.extra == {"available": "0", "why": "balance"}

    def test_are_known_by_the_verified_address_before_anything_was_booked(self, platform: Shop, user: Any) -> None:
        accrue(platform, purchase(email=user.email))
        stranger = make_user(email_verified_at=None)
        accrue(platform, purchase("A-2", email=stranger.email))
        mine = {"booking_id": uuid4(), "now": NOON}

        seen = [get_spendable_points(user_id=one.id) for one in (user, stranger)]
        shown = get_my_loyalty(user_id=user.id)["active_points"]
        with use_case():
            points().reserve(user_id=user.id, points=Decimal(60), **mine)

        assert (seen, shown) == ([100, 0], 100)
        assert get_spendable_points(user_id=user.id) == 40
        assert Customer.objects.get(user=user).email == user.email


class TestBookings:
    def test_earn_points_once(self, platform: Shop, user: Any) -> None:
        booking = confirmed(user)
        with use_case():
            on_booking_confirmed(told(booking))

        customer = Customer.objects.get()
        assert (customer.user_id, get_balances(customer_id=customer.id).active) == (user.id, 100)

    @pytest.mark.parametrize("fields", [{"amount": 0}, {"currency": "EUR"}])
    def test_earn_nothing_for_nothing(self, platform: Shop, user: Any, fields: dict[str, Any]) -> None:
        confirmed(user, **fields)

        assert not Customer.objects.exists()

    def test_lose_points_with_their_money(self, platform: Shop, user: Any) -> None:
        booking = confirmed(user)
        refund = BookingRefunded(booking_id=booking.booking_id, refund_id=uuid4(), refund=Decimal(400))

        with use_case():
            on_booking_refunded(told(refund))
            on_booking_refunded(told(refund))
            refund_booking(booking_id=uuid4(), refund_id=uuid4(), amount=Decimal(1), now=NOON)

        assert get_spendable_points(user_id=user.id) == 60

    def test_earn_for_seats_that_were_added(self, platform: Shop, user: Any) -> None:
        booking = confirmed(user)

        extended(booking, 2000)
        extended(booking, 0)

        assert get_spendable_points(user_id=user.id) == 300

    @pytest.mark.parametrize(("back", "left"), [(2000, 100), (500, 250), (2400, 60), (3000, 0), (9000, 0)])
    def test_lose_what_seats_given_back_had_earned(self, platform: Shop, user: Any, back: int, left: int) -> None:
        booking, other = confirmed(user), confirmed(user)
        extended(booking, 2000)

        refunded(booking, back)

        assert get_spendable_points(user_id=user.id) == left + 100
        assert Order.objects.get(order_id=f"paid-booking:{other.booking_id}").refunded_amount == 0

    @pytest.mark.parametrize("why", ["late_payment", "paid_twice"])
    def test_lose_nothing_with_money_that_had_bought_nothing(self, platform: Shop, user: Any, why: str) -> None:
        booking = confirmed(user)

        refunded(booking, 1000, why)

        assert get_spendable_points(user_id=user.id) == 100

    def test_a_user_stays_one_customer_under_a_new_address(self, platform: Shop, user: Any) -> None:
        confirmed(user)
        type(user).objects.filter(id=user.id).update(email="new@example.com")
        confirmed(user)
        stranger = make_user(email="late@example.com")

        with use_case():
            others = find_platform_customer(project=platform.project, user_id=stranger.id)

        assert Customer.objects.filter(user=user).count() == 1
        assert get_spendable_points(user_id=user.id) == 200
        assert others.user_id == stranger.id
