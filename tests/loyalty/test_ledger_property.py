"""Whatever happens in whatever order, the ledger adds up and nothing happens twice."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from common.problems import Problem
from common.transactions import use_case
from loyalty.formats.understood import Contact, Return, Spending
from loyalty.models import Customer, LedgerAccount, LedgerEntry, Lot, MergeCandidate, Order, Project
from loyalty.selectors import count_ledger_discrepancies
from loyalty.services.activate_lots import activate_lots
from loyalty.services.expire_lots import expire_lots
from loyalty.services.find_customers import find_customer
from loyalty.services.hold_points import hold_points, release_hold, return_hold, spend_hold
from loyalty.services.merge_customers import merge_customers
from loyalty.services.recount_ledger import recount_ledger
from loyalty.services.refund_purchase import refund_purchase
from loyalty.services.spend_points import spend_points
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

CUSTOMERS = st.sampled_from(["anna@example.com", "boris@example.com", "vera@example.com"])
ORDERS = st.sampled_from([f"A-{n}" for n in range(5)])
PURPOSES = st.sampled_from([f"booking:{n}" for n in range(3)])
REFUNDS = st.sampled_from(["R-1", "R-2", "R-3"])
CENTS = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)
EXAMPLES = 300 if os.environ.get("SCALE") == "full" else 15


class LedgerMachine(RuleBasedStateMachine):
    """A shop where everything happens; each act is done twice, and the second time must change nothing."""

    def __init__(self, **rules: Any) -> None:
        super().__init__()
        self.shop: Shop = make_shop(bonus_lifetime_days=15, grace_days=3, **rules)
        self.now: datetime = NOON

    def twice(self, act: Callable[[Project], Any]) -> None:
        for attempt in range(2):
            before = LedgerEntry.objects.filter(project=self.shop.project).count()
            try:
                with use_case():
                    act(Project.objects.locked().get(id=self.shop.project.id))
            except Problem:
                # A refusal leaves everything as it was; use_case has no savepoint of its own in the first attempt.
                assert LedgerEntry.objects.filter(project=self.shop.project).count() == before
            if attempt:
                assert LedgerEntry.objects.filter(project=self.shop.project).count() == before

    def customer(self, email: str) -> Customer:
        return find_customer(project=self.shop.project, contact=Contact(email=email))

    @rule(email=CUSTOMERS, order_id=ORDERS, points=CENTS, is_paid=st.booleans())
    def buy(self, email: str, order_id: str, points: Decimal, is_paid: bool) -> None:
        bought = purchase(order_id, amount=str(points * 20), email=email, is_paid=is_paid)
        for attempt in range(2):
            before = LedgerEntry.objects.filter(project=self.shop.project).count()
            accrue(self.shop, bought, now=self.now)
            if attempt:
                assert LedgerEntry.objects.filter(project=self.shop.project).count() == before

    @rule(email=CUSTOMERS, order_id=ORDERS, points=CENTS)
    def spend(self, email: str, order_id: str, points: Decimal) -> None:
        spending = Spending(contact=Contact(email=email), points=points, order_id=order_id, order_amount=Decimal(100))
        self.twice(lambda project: spend_points(project=project, spending=spending, now=self.now))

    @rule(order_id=ORDERS, refund_id=REFUNDS, amount=CENTS)
    def give_goods_back(self, order_id: str, refund_id: str, amount: Decimal) -> None:
        returned = Return(order_id=order_id, refund_id=refund_id, amount=amount * 5)
        self.twice(lambda project: refund_purchase(project=project, returned=returned, now=self.now))

    @rule(order_id=ORDERS)
    def give_the_rest_back(self, order_id: str) -> None:
        order = Order.objects.filter(project=self.shop.project, order_id=order_id).order_by("kind").first()
        if order is None or order.amount == order.refunded_amount:
            return
        returned = Return(order_id=order_id, refund_id="rest", amount=order.amount - order.refunded_amount)
        self.twice(lambda project: refund_purchase(project=project, returned=returned, now=self.now))

    @rule(email=CUSTOMERS, purpose=PURPOSES, points=CENTS)
    def hold(self, email: str, purpose: str, points: Decimal) -> None:
        def act(project: Project) -> None:
            customer = self.customer(email)
            hold_points(project=project, customer_id=customer.id, purpose=purpose, points=points, now=self.now)

        self.twice(act)

    @rule(purpose=PURPOSES)
    def release(self, purpose: str) -> None:
        self.twice(lambda project: release_hold(project=project, purpose=purpose, now=self.now))

    @rule(purpose=PURPOSES)
    def spend_what_is_held(self, purpose: str) -> None:
        self.twice(lambda project: spend_hold(project=project, purpose=purpose, now=self.now))

    @rule(purpose=PURPOSES, reference=REFUNDS, points=CENTS)
    def return_what_was_held(self, purpose: str, reference: str, points: Decimal) -> None:
        self.twice(
            lambda project: return_hold(
                project=project, purpose=purpose, points=points, reference=reference, now=self.now
            )
        )

    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        self.now += timedelta(days)
        self.twice(lambda _: (activate_lots(now=self.now), expire_lots(now=self.now)))

    @precondition(lambda self: Customer.objects.filter(project=self.shop.project, merged_into=None).count() > 1)
    @rule()
    def merge(self) -> None:
        keeps, gives = Customer.objects.filter(project=self.shop.project, merged_into=None).order_by("id")[:2]
        candidate = MergeCandidate.objects.create(project=self.shop.project, keeps=keeps, gives=gives)
        self.twice(lambda _: merge_customers(candidate_id=candidate.id, actor_id=self.shop.owner.id, now=self.now))

    @invariant()
    def adds_up(self) -> None:
        assert recount_ledger() == 0
        assert not LedgerAccount.objects.exclude(kind="debt").filter(balance__lt=0).exists()

    @invariant()
    def nobody_gets_more_than_was_earned(self) -> None:
        for order in Order.objects.filter(project=self.shop.project, kind="purchase").prefetch_related("lots"):
            earned = sum((lot.amount for lot in order.lots.all()), Decimal(0))
            taken = LedgerEntry.objects.filter(
                transaction__order=order, transaction__kind="return_earned", account__kind="issued"
            ).values_list("amount", flat=True)
            assert sum(taken, Decimal(0)) <= earned
            if order.refunded_amount == order.amount:
                assert sum(taken, Decimal(0)) == earned

    def teardown(self) -> None:
        check_deferred_rules()


@pytest.mark.django_db
class TestLedger:
    @pytest.mark.parametrize("rules", [{"accrue_on": "order"}, {"accrue_on": "paid", "pending_days": 2}])
    def test_adds_up_after_any_history(self, rules: dict[str, Any]) -> None:
        quick = settings(
            max_examples=EXAMPLES,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )

        run_state_machine_as_test(lambda: LedgerMachine(**rules), settings=quick)


@pytest.mark.django_db
class TestRecountLedger:
    def test_sees_a_lot_that_does_not_follow_its_entries(self) -> None:
        accrue(make_shop(), purchase())
        check_deferred_rules()

        with connection.cursor() as sql:
            sql.execute("ALTER TABLE loyalty_lot DISABLE TRIGGER USER")
        Lot.objects.update(remaining=1)

        assert count_ledger_discrepancies() == 2
