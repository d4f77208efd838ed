"""Whatever happens in whatever order, the ledger adds up and nothing happens twice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.transactions import use_case
from loyalty.formats.understood import Contact, Spending
from loyalty.models import LedgerEntry, Lot, Project
from loyalty.selectors import count_ledger_discrepancies
from loyalty.services.expire_lots import expire_lots
from loyalty.services.find_customers import CustomerNotFound
from loyalty.services.recount_ledger import recount_ledger
from loyalty.services.spend_points import InsufficientBonuses, SpendChanged, spend_points
from tests.factories.loyalty import NOON, accrue, check_deferred_rules, make_shop, purchase

CUSTOMERS = st.sampled_from(["anna@example.com", "boris@example.com"])
ORDERS = st.sampled_from([f"A-{n}" for n in range(5)])
CENTS = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)
STEPS = st.one_of(
    st.tuples(st.just("buy"), CUSTOMERS, ORDERS, CENTS, st.booleans()),
    st.tuples(st.just("spend"), CUSTOMERS, ORDERS, CENTS),
    st.tuples(st.just("wait"), st.integers(1, 20)),
)


def take(step: tuple[Any, ...], shop: Any, now: Any) -> Any:
    match step:
        case ("buy", email, order_id, amount, is_paid):
            accrue(shop, purchase(order_id, amount=str(amount * 100), email=email, is_paid=is_paid), now=now)
        case ("spend", email, order_id, points):
            spending = Spending(
                contact=Contact(email=email), points=points, order_id=order_id, order_amount=Decimal(100)
            )
            try:
                with use_case():
                    spend_points(project=Project.objects.get(id=shop.project.id), spending=spending, now=now)
            except (InsufficientBonuses, SpendChanged, CustomerNotFound):
                pass
        case ("wait", days):
            now += timedelta(days)
            with use_case():
                expire_lots(now=now)
    return now


@pytest.mark.django_db
class TestLedger:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps=st.lists(STEPS, max_size=12), accrue_on=st.sampled_from(["order", "paid"]))
    def test_adds_up_after_any_history(self, steps: list[tuple[Any, ...]], accrue_on: str) -> None:
        shop = make_shop(accrue_on=accrue_on, bonus_lifetime_days=15)
        now = NOON

        for step in steps:
            now = take(step, shop, now)
            before = LedgerEntry.objects.filter(project=shop.project).count()
            take(step if step[0] != "wait" else ("wait", 0), shop, now)
            assert LedgerEntry.objects.filter(project=shop.project).count() == before

        check_deferred_rules()
        assert recount_ledger() == 0
        assert all(active >= 0 and pending >= 0 for active, pending in shop.balances().values())


@pytest.mark.django_db
class TestRecountLedger:
    def test_sees_a_lot_that_does_not_follow_its_entries(self) -> None:
        from django.db import connection

        accrue(make_shop(), purchase())
        check_deferred_rules()

        with connection.cursor() as sql:
            sql.execute("ALTER TABLE loyalty_lot DISABLE TRIGGER USER")
        Lot.objects.update(remaining=1)

        assert count_ledger_discrepancies() == 2
