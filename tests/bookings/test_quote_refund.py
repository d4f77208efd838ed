from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.services.quote_refund import quote_refund, refund_of
from common.money import Money
from tests.factories.bookings import confirm, hold

STARTS_AT = datetime(2030, 6, 1, 9, tzinfo=UTC)
POLICY = {"bands": [{"hours_before": 48, "percent": 50}, {"hours_before": 168, "percent": 100}], "fee": "100.00"}
policies = st.fixed_dictionaries(
    {
        "bands": st.lists(
            st.fixed_dictionaries({"hours_before": st.integers(0, 2000), "percent": st.integers(0, 100)}), max_size=5
        ),
        "fee": st.decimals(0, 500, places=2).map(str),
    }
)


def amount_at(hours: float, *, paid: str = "1000.00", policy: dict[str, object] = POLICY) -> str:
    now = STARTS_AT - timedelta(hours=hours)
    return str(refund_of(policy=policy, paid=Money(Decimal(paid), "RUB"), starts_at=STARTS_AT, now=now).amount.amount)


class TestRefundOf:
    @pytest.mark.parametrize(
        ("hours", "amount"),
        [(500, "900.00"), (168, "900.00"), (167.99, "400.00"), (48, "400.00"), (47.99, "0.00"), (-1, "0.00")],
    )
    def test_applies_the_band_of_the_moment_borders_included(self, hours: float, amount: str) -> None:
        assert amount_at(hours) == amount

    def test_never_goes_below_nothing_for_the_fee(self) -> None:
        assert amount_at(500, paid="60.00") == "0.00"

    def test_gives_everything_back_without_a_policy(self) -> None:
        assert amount_at(1, policy={}) == "1000.00"

    def test_says_which_rule_fired_and_shows_the_curve(self) -> None:
        now = STARTS_AT - timedelta(hours=100)

        quote = refund_of(policy=POLICY, paid=Money(Decimal(1000), "RUB"), starts_at=STARTS_AT, now=now)

        assert (quote.rule, quote.percent) == ("band", Decimal(50))
        assert [(point.until, point.amount.amount) for point in quote.curve] == [
            (STARTS_AT - timedelta(hours=168), Decimal("900.00")),
            (STARTS_AT - timedelta(hours=48), Decimal("400.00")),
        ]

    @given(
        policy=policies,
        paid=st.decimals("0", "100000", places=2),
        hours=st.floats(-10, 3000),
        later=st.floats(0, 1000),
    )
    def test_lies_between_nothing_and_what_was_paid(
        self, policy: dict[str, object], paid: Decimal, hours: float, later: float
    ) -> None:
        amount = Decimal(amount_at(hours, paid=str(paid), policy=policy))

        assert Decimal(0) <= amount <= paid
        assert amount == amount.quantize(Decimal("0.01"))


@pytest.mark.django_db
class TestQuoteRefund:
    def test_promises_nothing_for_what_was_not_paid(self) -> None:
        booking = hold()

        quote = quote_refund(booking=booking, now=booking.created_at)

        assert (quote.rule, quote.amount.amount) == ("not_paid", Decimal("0.00"))

    def test_goes_by_what_was_paid_not_by_todays_price(self) -> None:
        booking = confirm()
        booking.items.get().ticket_type.__class__.objects.update(price=Decimal(9999))

        quote = quote_refund(booking=booking, now=booking.created_at)

        assert quote.amount == booking.total
