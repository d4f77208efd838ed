import json
from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from bus.models import OutboxRow
from common.transactions import use_case
from loyalty.models import Customer, LedgerTransaction, Level
from loyalty.services.move_levels import lower_levels
from tests.factories.loyalty import NOON, Shop, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """Silver from 1,000 gives 2 % more, gold from 5,000 gives 5 %."""
    shop = make_shop()
    for name, turnover, percent in (("silver", 1000, 2), ("gold", 5000, 5)):
        Level.objects.create(project=shop.project, name=name, turnover=turnover, percent=percent)
    return shop


def level() -> str | None:
    found = Customer.objects.select_related("level").get(email="anna@example.com").level
    return found.name if found else None


class TestRaiseLevels:
    def test_lifts_at_once_and_counts_from_the_next_purchase(self, shop: Shop) -> None:
        accrue(shop, purchase("A-1", amount="1000"))
        after_one = level()
        accrue(shop, purchase("A-2", amount="4000"))

        explanation = LedgerTransaction.objects.order_by("posted_at", "id").last().explanation
        assert (after_one, level()) == ("silver", "gold")
        assert explanation["formula"] == "4000 × (5.00 + 2.00) % = 280.00"
        assert explanation["rules"][1] == {"rule": "level", "level": "silver", "percent": "2.00"}

    def test_states_it(self, shop: Shop) -> None:
        accrue(shop, purchase(amount="5000"))

        row = OutboxRow.objects.get(wire_type="loyalty.customer.level_changed.v1")
        told = json.loads(row.payload)
        assert (told["level"], told["level_before"], told["balance"]) == ("gold", "", "250.00")

    def test_counts_only_what_was_paid_for_where_payment_counts(self, shop: Shop) -> None:
        type(shop.project).objects.update(accrue_on="paid")

        accrue(shop, purchase(amount="1000", is_paid=False))
        unpaid = level()
        accrue(shop, purchase(amount="1000"))

        assert (unpaid, level()) == (None, "silver")

    def test_costs_the_same_for_one_and_for_many(
        self, shop: Shop, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(24):
            accrue(shop, *(purchase(f"A-{n}", amount="2000", email=f"c{n}@example.com") for n in range(40)))

        assert Customer.objects.filter(level__name="silver").count() == 40


class TestLowerLevels:
    def test_judges_anew_when_the_time_is_over(self, shop: Shop) -> None:
        accrue(shop, purchase("A-1", amount="5000"))
        accrue(shop, purchase("A-2", amount="1000"), now=NOON + timedelta(100))

        with use_case():
            too_early = lower_levels(now=NOON + timedelta(364))
            at_the_end = lower_levels(now=NOON + timedelta(366))

        assert (too_early, at_the_end, level()) == (0, 1, "silver")

    def test_leaves_no_level_to_who_buys_no_more(self, shop: Shop) -> None:
        accrue(shop, purchase(amount="1000"))

        with use_case():
            lower_levels(now=NOON + timedelta(366))

        assert level() is None
        assert OutboxRow.objects.filter(wire_type="loyalty.customer.level_changed.v1").count() == 2

    def test_keeps_a_level_that_is_earned_again(self, shop: Shop) -> None:
        accrue(shop, purchase("A-1", amount="1000"))
        accrue(shop, purchase("A-2", amount="1000"), now=NOON + timedelta(300))

        with use_case():
            lower_levels(now=NOON + timedelta(366))

        customer = Customer.objects.get()
        assert level() == "silver"
        assert customer.level_until == NOON + timedelta(366 + 365)
        assert Decimal(customer.level.percent) == 2
