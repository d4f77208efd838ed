import json
from decimal import Decimal

import pytest

from bus.models import OutboxRow
from common.transactions import use_case
from loyalty.accrual_rules import apportion, share_of
from loyalty.models import Callback, CallbackEvent, Customer, Lot, Project
from loyalty.services.award_points import Award, Plan, award, carry_out
from loyalty.services.give_back import expire, revive
from loyalty.services.post_transactions import lock_accounts
from loyalty.services.tell_news import News, tell_news
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def plan_for(shop: Shop, customer: Customer) -> Plan:
    accounts = lock_accounts(project_id=shop.project.id, customer_ids=[customer.id])
    return Plan(Project.objects.get(id=shop.project.id), accounts, NOON)


class TestAwardPoints:
    def test_makes_a_lot_and_tells_the_balance_after_each(self, shop: Shop) -> None:
        customer = Customer.objects.create(project=shop.project, email="anna@example.com")

        with use_case():
            plan = plan_for(shop, customer)
            for points in (10, 5):
                award(plan, Award(customer_id=customer.id, points=Decimal(points), kind="opening", explanation={}))
            carry_out(plan)

        told = [json.loads(row.payload)["balance"] for row in OutboxRow.objects.order_by("id")]
        assert told == ["10.00", "15.00"]
        assert shop.balances() == {"anna@example.com": (15, 0)}
        check_deferred_rules()


class TestGiveBack:
    def test_revives_no_lot_whose_time_is_not_over(self, shop: Shop) -> None:
        accrue(shop, purchase())
        lot = Lot.objects.get()

        with use_case():
            plan = plan_for(shop, Customer.objects.get())
            revive(plan, {lot.id: Decimal(1)})
            untouched = ([*plan.activated], [*plan.postings])
            expire(plan, lot, lot.free)
            carry_out(plan)

        assert untouched == ([], [])
        assert shop.balances() == {"anna@example.com": (0, 0)}


class TestTellNews:
    @pytest.mark.parametrize("is_enabled", [True, False])
    def test_reaches_the_shop_only_where_it_listens(self, shop: Shop, is_enabled: bool) -> None:
        reason = "" if is_enabled else "gone"
        Callback.objects.create(
            project=shop.project,
            url="https://s/",
            key="k",
            is_enabled=is_enabled,
            disabled_reason=reason,
            changed_at=NOON,
        )

        accrue(shop, purchase(amount="1000"))

        assert OutboxRow.objects.count() == 1
        assert CallbackEvent.objects.count() == int(is_enabled)

    def test_writes_the_contracts_body_with_more_beside_it(self, shop: Shop) -> None:
        Callback.objects.create(project=shop.project, url="https://s/", key="k", changed_at=NOON)

        accrue(shop, purchase(amount="1000"))

        event = CallbackEvent.objects.get()
        body = json.loads(bytes(event.body), parse_float=Decimal)
        assert body == {
            "event": "bonus_awarded",
            "userId": str(Customer.objects.get().id),
            "amount": Decimal("50.00"),
            "balance": Decimal("50.00"),
            "id": str(event.id),
            "projectId": str(shop.project.id),
            "occurredAt": "2026-11-21T12:00:00Z",
            "orderId": "A-1",
        }

    def test_names_the_platforms_user(self) -> None:
        shop = make_shop(is_platform=True)
        customer = Customer.objects.create(project=shop.project, email="a@example.com", user=shop.owner)
        news = News(event="bonus_spent", customer_id=customer.id, amount=Decimal(1), balance=Decimal(2))

        with use_case():
            tell_news(project=shop.project, news=[news], now=NOON)

        assert json.loads(OutboxRow.objects.get().payload)["user_id"] == str(shop.owner.id)


class TestRules:
    def test_shares_leave_nothing_over(self) -> None:
        assert share_of(Decimal("5.00"), part=Decimal(1), whole=Decimal(3)) == Decimal("1.67")
        assert share_of(Decimal("5.00"), part=Decimal(3), whole=Decimal(3)) == Decimal("5.00")

    @pytest.mark.parametrize(
        ("total", "weights", "parts"),
        [
            ("0.05", ["1", "1", "1"], ["0.02", "0.02", "0.01"]),
            ("10", ["10", "20"], ["3.33", "6.67"]),
            ("0.01", ["0.01", "0.01"], ["0.01", "0"]),
            ("3", ["1", "2"], ["1", "2"]),
            ("1", ["0"], ["0"]),
        ],
    )
    def test_apportions_by_the_largest_remainder(self, total: str, weights: list[str], parts: list[str]) -> None:
        assert apportion(Decimal(total), [Decimal(one) for one in weights]) == [Decimal(one) for one in parts]
