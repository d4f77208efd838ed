import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from bus.models import OutboxRow
from common.transactions import NoTransaction
from loyalty.formats.understood import Contact, Purchase
from loyalty.models import LedgerTransaction, Lot, Order
from loyalty.selectors import count_ledger_discrepancies
from loyalty.services.accrue_purchases import accrue_purchases
from tests.factories.loyalty import NOON, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db


class TestAccruePurchases:
    def test_gives_the_base_percent_of_what_was_paid(self) -> None:
        shop = make_shop(base_percent=Decimal("7.5"))

        [outcome] = accrue(shop, purchase(amount="199.99"))

        assert (outcome["outcome"], outcome["points"]) == ("accrued", "15.00")
        assert shop.balances() == {"anna@example.com": (15, 0)}
        check_deferred_rules()

    @pytest.mark.parametrize(
        ("rounding", "points"), [("cents_half_up", "16.63"), ("whole_half_up", "17"), ("whole_down", "16")]
    )
    def test_rounds_by_the_projects_rule(self, rounding: str, points: str) -> None:
        shop = make_shop(rounding=rounding)

        accrue(shop, purchase(amount="332.50"))

        assert shop.balances() == {"anna@example.com": (Decimal(points), 0)}

    @pytest.mark.parametrize(("basis", "points"), [("paid_amount", 50), ("without_delivery", 40)])
    def test_counts_delivery_only_where_it_is_a_part_of_the_basis(self, basis: str, points: int) -> None:
        shop = make_shop(basis=basis)

        accrue(shop, purchase(amount="1000", delivery_amount=Decimal(200)))

        assert shop.balances() == {"anna@example.com": (points, 0)}

    def test_explains_itself(self) -> None:
        accrue(make_shop(), purchase(amount="1000"))

        assert LedgerTransaction.objects.get().explanation == {
            "rules": [{"rule": "base_percent", "percent": "5.00"}],
            "inputs": {
                "amount": "1000",
                "delivery_amount": "0",
                "basis": "paid_amount",
                "basis_amount": "1000",
                "rounding": "cents_half_up",
            },
            "formula": "1000 × 5.00 % = 50.00",
            "points": "50.00",
        }

    @pytest.mark.parametrize(("days", "expires_at"), [(30, NOON + timedelta(30)), (None, None)])
    def test_lets_points_live_as_long_as_the_project_says(self, days: int | None, expires_at: Any) -> None:
        accrue(make_shop(bonus_lifetime_days=days), purchase())

        assert Lot.objects.get().expires_at == expires_at

    def test_knows_an_order_again(self) -> None:
        shop = make_shop()

        outcomes = accrue(shop, purchase(), purchase()) + accrue(shop, purchase())

        assert [one["outcome"] for one in outcomes] == ["accrued", "duplicate", "duplicate"]
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_takes_another_amount_for_a_conflict(self) -> None:
        shop = make_shop()
        accrue(shop, purchase())

        [outcome] = accrue(shop, purchase(amount="1000.01"))

        assert outcome["outcome"] == "conflict"
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_lets_unpaid_points_wait_where_payment_counts(self) -> None:
        shop = make_shop(accrue_on="paid")

        accrue(shop, purchase(is_paid=False))
        waiting = (shop.balances(), OutboxRow.objects.count())
        outcomes = [accrue(shop, purchase(is_paid=is_paid))[0]["outcome"] for is_paid in (True, True, False)]

        assert waiting == ({"anna@example.com": (0, 50)}, 0)
        assert outcomes == ["paid", "duplicate", "duplicate"]
        assert shop.balances() == {"anna@example.com": (50, 0)}
        assert OutboxRow.objects.get().wire_type == "loyalty.bonus.awarded.v1"

    def test_takes_a_payment_that_names_the_buyer_otherwise(self) -> None:
        shop = make_shop(accrue_on="paid", referrer_bonus=Decimal(10), referred_bonus=Decimal(10))
        accrue(shop, purchase(is_paid=False))
        paid = Purchase(contact=Contact(phone="+79001234567"), amount=Decimal(1000), order_id="A-1")

        [outcome] = accrue(shop, paid)

        assert outcome["outcome"] == "paid"
        assert shop.balances() == {"anna@example.com": (50, 0), "+79001234567": (0, 0)}
        check_deferred_rules()

    def test_takes_creation_and_payment_in_one_batch(self) -> None:
        shop = make_shop(accrue_on="paid")

        outcomes = accrue(shop, purchase(is_paid=False), purchase(is_paid=True))

        assert [one["outcome"] for one in outcomes] == ["pending", "paid"]
        assert shop.balances() == {"anna@example.com": (50, 0)}
        assert Lot.objects.get().expires_at == NOON + timedelta(365)
        check_deferred_rules()

    def test_marks_an_order_paid_though_its_points_were_given_before(self) -> None:
        shop = make_shop(accrue_on="order")

        accrue(shop, purchase(is_paid=False))
        [outcome] = accrue(shop, purchase(is_paid=True))

        assert (outcome["outcome"], outcome["points"]) == ("paid", "0")
        assert Order.objects.get().paid_at == NOON
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_keeps_an_order_that_is_worth_no_points(self) -> None:
        [outcome] = accrue(make_shop(), purchase(amount="0"))

        assert (outcome["outcome"], outcome["points"]) == ("accrued", "0.00")
        assert Order.objects.count() == 1
        assert not LedgerTransaction.objects.exists()

    def test_states_each_award_with_the_balance_after_it(self) -> None:
        shop = make_shop()
        accrue(shop, purchase("A-0"))

        accrue(shop, purchase("A-1"), purchase("A-2", amount="2000"), purchase("B-1", email="boris@example.com"))

        payloads = [row.payload for row in OutboxRow.objects.order_by("id")]
        parts = [(one["order_id"], one["amount"], one["balance"]) for one in map(json.loads, payloads)]
        assert parts == [
            ("A-0", "50.00", "50.00"),
            ("A-1", "50.00", "100.00"),
            ("A-2", "100.00", "200.00"),
            ("B-1", "50.00", "50.00"),
        ]

    def test_keeps_projects_apart(self) -> None:
        one, other = make_shop(), make_shop()

        accrue(one, purchase())
        accrue(other, purchase(amount="2000"))

        assert (one.balances(), other.balances()) == (
            {"anna@example.com": (50, 0)},
            {"anna@example.com": (100, 0)},
        )

    def test_costs_the_same_for_one_and_for_a_hundred(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        shop = make_shop()
        many = [purchase(f"A-{n}", email=f"c{n}@example.com") for n in range(100)]

        with django_assert_max_num_queries(20):
            accrue(shop, *many)

        assert count_ledger_discrepancies() == 0

    def test_refuses_to_run_outside_a_transaction(self) -> None:
        with pytest.raises(NoTransaction):
            accrue_purchases(project=make_shop().project, records=[], now=NOON)


class TestCustomers:
    def test_are_found_by_either_contact(self) -> None:
        shop = make_shop()
        both = Contact(email="anna@example.com", phone="+79001234567")

        accrue(shop, purchase("A-1"))
        outcomes = accrue(
            shop, *[_by(contact, str(n)) for n, contact in enumerate([both, Contact(phone="+79001234567")])]
        )

        assert len({one["customer"] for one in outcomes}) == 1
        assert list(shop.balances()) == ["anna@example.com"]

    def test_are_told_by_the_email_when_contacts_disagree(self) -> None:
        shop = make_shop()
        [boris] = accrue(shop, _by(Contact(phone="+79001234567"), "1"))
        [anna] = accrue(shop, _by(Contact(email="anna@example.com"), "2"))

        [outcome] = accrue(shop, _by(Contact(email="anna@example.com", phone="+79001234567"), "3"))

        assert outcome["customer"] == anna["customer"] != boris["customer"]


def _by(contact: Contact, order_id: str) -> Any:
    return Purchase(contact=contact, amount=Decimal(100), order_id=order_id)
