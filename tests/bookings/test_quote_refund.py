from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.services.quote_refund import Paid, RefundQuote, quote_refund, refund_of
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
    return str(
        refund_of(
            policy=policy, paid=Paid(money=Money(Decimal(paid), "RUB")), starts_at=STARTS_AT, now=now
        ).amount.amount
    )


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

        quote = refund_of(policy=POLICY, paid=Paid(money=Money(Decimal(1000), "RUB")), starts_at=STARTS_AT, now=now)

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

    def test_gives_nothing_back_where_the_policy_has_no_bands(self) -> None:
        assert amount_at(1000, policy={"bands": []}) == "0.00"

    def test_goes_by_a_ticket_types_own_bands(self) -> None:
        child, adult = UUID(int=1), UUID(int=2)
        policy = POLICY | {"fee": "0", "types": {str(child): [{"hours_before": 24, "percent": 30}]}}
        paid = Paid(money=Money(Decimal(1000), "RUB"), prices={child: Decimal(250), adult: Decimal(750)})

        amounts = [
            refund_of(policy=policy, paid=paid, starts_at=STARTS_AT, now=STARTS_AT - timedelta(hours=hours)).amount
            for hours in (200, 100, 30, 10)
        ]

        assert [str(one.amount) for one in amounts] == ["825.00", "450.00", "75.00", "0.00"]

    def test_gives_back_a_share_only_of_what_a_promo_code_made_cheap(self) -> None:
        policy = POLICY | {"promo_share": 50}
        money = Money(Decimal(1000), "RUB")
        now = STARTS_AT - timedelta(hours=200)

        quotes = [
            refund_of(policy=policy, paid=Paid(money=money, with_promo=used), starts_at=STARTS_AT, now=now)
            for used in (False, True)
        ]

        assert [str(one.amount.amount) for one in quotes] == ["900.00", "400.00"]

    def test_gives_points_back_in_proportion_and_takes_no_fee_from_them(self) -> None:
        paid = Paid(money=Money(Decimal(1000), "RUB"), points=Decimal("33.33"))

        quote = refund_of(policy=POLICY, paid=paid, starts_at=STARTS_AT, now=STARTS_AT - timedelta(hours=100))

        assert (quote.amount.amount, quote.points) == (Decimal("400.00"), Decimal("16.66"))

    def test_gives_everything_back_while_an_event_that_was_moved_may_be_left_freely(self) -> None:
        free_until = STARTS_AT - timedelta(hours=10)
        paid = Paid(money=Money(Decimal(1000), "RUB"), points=Decimal(5))

        def quote_at(hours: float) -> RefundQuote:
            return refund_of(
                policy=POLICY,
                paid=paid,
                starts_at=STARTS_AT,
                free_until=free_until,
                now=STARTS_AT - timedelta(hours=hours),
            )

        told = [(one.rule, one.amount.amount, one.points) for one in (quote_at(10), quote_at(9.99))]
        assert told == [("rescheduled", Decimal(1000), Decimal(5)), ("too_late", Decimal(0), Decimal(0))]
        assert [point.until for point in quote_at(10).curve] == [free_until]

    @given(policy=policies, paid=st.decimals("0.01", "100000", places=2), hours=st.floats(-10, 3000))
    def test_the_curve_says_the_same_as_the_quote(self, policy: dict[str, object], paid: Decimal, hours: float) -> None:
        now = STARTS_AT - timedelta(hours=hours)

        quote = refund_of(policy=policy, paid=Paid(money=Money(paid, "RUB")), starts_at=STARTS_AT, now=now)

        ahead = [point for point in quote.curve if now <= point.until]
        assert quote.amount == (ahead[0].amount if ahead else Money.zero("RUB"))


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
