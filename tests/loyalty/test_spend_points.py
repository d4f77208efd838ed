from datetime import timedelta
from decimal import Decimal

import pytest

from common.transactions import use_case
from loyalty.formats.understood import Contact, Spending
from loyalty.models import LedgerEntry, LedgerTransaction, Lot
from loyalty.services.expire_lots import expire_lots
from loyalty.services.pick_lots import InsufficientBonuses
from loyalty.services.spend_points import (
    OverSpendLimit,
    SpendChanged,
    Spent,
    spend_points,
)
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """Anna has 50 points that expire later, and then 100 that expire sooner."""
    shop = make_shop(spend_max_percent=50)
    accrue(shop, purchase("A-1"), now=NOON)
    accrue(shop, purchase("A-2", amount="2000"), now=NOON + timedelta(1))
    Lot.objects.filter(amount=100).update(expires_at=NOON + timedelta(10))
    return shop


def spend(
    shop: Shop, points: str, *, order_id: str = "T-1", amount: int = 1000, email: str = "anna@example.com"
) -> Spent:
    spending = Spending(
        contact=Contact(email=email), points=Decimal(points), order_id=order_id, order_amount=Decimal(amount)
    )
    with use_case():
        return spend_points(project=shop.project, spending=spending, now=NOON + timedelta(2))


class TestSpendPoints:
    def test_takes_what_expires_soonest_first_and_names_each_lot(self, shop: Shop) -> None:
        spent = spend(shop, "120")

        lines = (
            LedgerEntry.objects.filter(transaction__kind="spend").order_by("id").values_list("lot__amount", "amount")
        )
        assert spent.balance == 30
        assert list(lines) == [(100, -100), (50, -20), (None, 120)]
        check_deferred_rules()

    def test_gives_the_first_result_again(self, shop: Shop) -> None:
        first = spend(shop, "120")
        spend(shop, "10", order_id="T-2")

        assert spend(shop, "120") == first
        assert LedgerTransaction.objects.filter(kind="spend").count() == 2

    @pytest.mark.parametrize("change", [{"points": "1"}, {"amount": 999}, {"email": "boris@example.com"}])
    def test_refuses_an_order_that_was_paid_otherwise(self, shop: Shop, change: dict[str, str]) -> None:
        accrue(shop, purchase("B-1", email="boris@example.com"))
        spend(shop, "10")

        with pytest.raises(SpendChanged):
            spend(shop, **({"points": "10"} | change))

    def test_refuses_more_than_there_is(self, shop: Shop) -> None:
        with pytest.raises(InsufficientBonuses) as caught:
            spend(shop, "150.01")

        assert caught.value.extra == {"available": "150.00"}
        assert shop.balances() == {"anna@example.com": (150, 0)}

    def test_refuses_more_than_the_shops_part_of_an_order(self, shop: Shop) -> None:
        with pytest.raises(OverSpendLimit):
            spend(shop, "50.01", amount=100)

    def test_takes_nothing_that_has_expired(self, shop: Shop) -> None:
        Lot.objects.filter(amount=100).update(expires_at=NOON + timedelta(2))

        with pytest.raises(InsufficientBonuses):
            spend(shop, "51")


class TestExpireLots:
    def test_takes_what_is_left_when_the_time_is_over(self, shop: Shop) -> None:
        spend(shop, "30")

        with use_case():
            early = expire_lots(now=NOON + timedelta(10, seconds=-1))
            expired = expire_lots(now=NOON + timedelta(10))
            again = expire_lots(now=NOON + timedelta(10))

        assert (early, expired, again) == (0, 1, 0)
        assert shop.balances() == {"anna@example.com": (50, 0)}
        assert LedgerTransaction.objects.get(kind="expiry").explanation["points"] == "-70.00"
        check_deferred_rules()

    def test_leaves_pending_points_alone(self) -> None:
        shop = make_shop(accrue_on="paid")
        accrue(shop, purchase(is_paid=False))

        with use_case():
            assert expire_lots(now=NOON + timedelta(10_000)) == 0
