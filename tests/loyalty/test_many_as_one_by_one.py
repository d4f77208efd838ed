"""Many webhooks at once come to the same as one after another."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.problems import Problem
from common.transactions import use_case
from loyalty.formats.understood import Contact, Spending
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Level, Lot, Order, Project, WebhookDelivery
from loyalty.selectors import count_ledger_discrepancies
from loyalty.services import process_deliveries as worker
from loyalty.services.claim_deliveries import claim_deliveries
from loyalty.services.process_deliveries import process_deliveries
from loyalty.services.spend_points import spend_points
from tests.factories.loyalty import NOON, Shop, check_deferred_rules, make_delivery, make_shop

EXAMPLES = 200 if os.environ.get("SCALE") == "full" else 8

PURCHASES = st.fixed_dictionaries(
    {
        "shop": st.integers(0, 1),
        "email": st.sampled_from(["anna@example.com", "boris@example.com", "vera@example.com"]),
        "orderId": st.sampled_from([f"A-{n}" for n in range(6)]),
        "amount": st.sampled_from([100, 333.33, 700, 1000]),
        "status": st.sampled_from(["paid", "paid", "created"]),
        "referralCode": st.sampled_from(["", "FRIEND"]),
    }
)
RETURNS = st.fixed_dictionaries(
    {
        "shop": st.integers(0, 1),
        "orderId": st.sampled_from([f"A-{n}" for n in range(6)]),
        "refundId": st.sampled_from(["R-1", "R-2"]),
        "amount": st.sampled_from([50, 100, 333.33, 700]),
    }
)
SPENDINGS = st.tuples(st.integers(0, 1), st.sampled_from(["anna@example.com", "boris@example.com"]))
LOTS = st.lists(
    st.tuples(st.lists(PURCHASES, max_size=8), st.lists(RETURNS, max_size=3), st.lists(SPENDINGS, max_size=2)),
    min_size=1,
    max_size=3,
)


@dataclass
class World:
    """Two shops, and how their webhooks are worked on."""

    shops: list[Shop]
    at_once: int

    def work(self, purchases: Sequence[dict[str, Any]], returns: Sequence[dict[str, Any]], now: datetime) -> None:
        """Store what came and work it off; a shop's returns come after its purchases."""
        for one in purchases:
            self._store("purchase", one, now)
        for one in returns:
            self._store("refund_purchase", one, now)
        with patch.object(worker, "claim_deliveries", lambda now: claim_deliveries(now=now, limit=self.at_once)):
            while process_deliveries(clock=lambda: now):
                pass
        # What would be tried again later is given up, so that both worlds begin the next day alike.
        WebhookDelivery.objects.filter(status="received").update(status="dead", finished_at=now)

    def _store(self, action: str, one: dict[str, Any], now: datetime) -> None:
        payload = {key: value for key, value in one.items() if key != "shop" and value != ""}
        body = json.dumps({"action": action, "payload": payload}).encode()
        make_delivery(self.shops[one["shop"]], body, action=action, received_at=now, next_attempt_at=now)

    def spend(self, number: int, email: str, order_id: str, now: datetime) -> None:
        spending = Spending(
            contact=Contact(email=email), points=Decimal(5), order_id=order_id, order_amount=Decimal(100)
        )
        try:
            with use_case():
                project = Project.objects.locked().get(id=self.shops[number].project.id)
                spend_points(project=project, spending=spending, now=now)
        except Problem:
            return

    def state(self) -> dict[str, Any]:
        """Return all that people can tell the worlds apart by; debts may be paid out of another lot of the same day."""
        projects = [shop.project.id for shop in self.shops]
        here = {"project__in": projects}
        orders = Order.objects.filter(**here).values_list(
            "order_id", "kind", "customer__email", "amount", "refunded_amount", "status"
        )
        posted = LedgerTransaction.objects.filter(**here).exclude(kind="debt")
        accounts = LedgerAccount.objects.filter(**here, customer__isnull=False).exclude(balance=0)
        customers = Customer.objects.filter(**here)
        deliveries = WebhookDelivery.objects.filter(**here)
        return {
            "orders": Counter(orders),
            "posted": Counter(
                (kind, order, email, reference, explanation.get("formula"), explanation.get("points"))
                for kind, order, email, reference, explanation in posted.values_list(
                    "kind", "order__order_id", "customer__email", "reference", "explanation"
                )
            ),
            "balances": Counter(accounts.values_list("customer__email", "kind", "balance")),
            "levels": Counter(customers.values_list("email", "level__name", "level_until", "referred_by__email")),
            "lots": Counter(Lot.objects.filter(**here).values_list("customer__email", "order__order_id", "amount")),
            "deliveries": Counter(deliveries.values_list("action", "status", "last_error")),
        }


def make_world(at_once: int, **rules: Any) -> World:
    shops = [make_shop(referrer_bonus=30, referred_bonus=20, **rules) for _ in range(2)]
    for shop in shops:
        Level.objects.create(project=shop.project, name="silver", turnover=800, percent=2)
        Level.objects.create(project=shop.project, name="gold", turnover=1500, percent=5)
        Customer.objects.create(project=shop.project, email="friend@example.com", referral_code="FRIEND")
    return World(shops, at_once)


@pytest.mark.django_db
class TestManyAsOneByOne:
    @pytest.mark.parametrize("rules", [{"accrue_on": "order"}, {"accrue_on": "paid"}], ids=["on order", "on payment"])
    def test_come_to_the_same(self, rules: dict[str, Any]) -> None:
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(lots=LOTS)
        def same(lots: Sequence[tuple[Any, Any, Any]]) -> None:
            together, one_by_one = make_world(400, **rules), make_world(1, **rules)

            for day, (purchases, returns, spendings) in enumerate(lots):
                for world in (together, one_by_one):
                    now = NOON + timedelta(days=day)
                    for index, (number, email) in enumerate(spendings):
                        world.spend(number, email, f"S-{day}-{index}", now)
                    world.work(purchases, returns, now)

            assert together.state() == one_by_one.state()
            assert count_ledger_discrepancies() == 0
            check_deferred_rules()

        same()

    def test_lift_within_a_batch(self) -> None:
        world = make_world(400)
        batch = [{"email": "anna@example.com", "orderId": f"A-{n}", "amount": 1000} for n in range(3)]
        body = json.dumps({"action": "batch_purchase", "payload": {"purchases": batch}}).encode()
        make_delivery(world.shops[0], body, action="batch_purchase")

        world.work([], [], NOON)

        # 5 %, then silver's 2 % besides, then gold's 5 %.
        [delivery] = WebhookDelivery.objects.all()
        assert [one["points"] for one in delivery.result["records"]] == ["50.00", "70.00", "100.00"]
