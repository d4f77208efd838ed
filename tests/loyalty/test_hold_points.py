from datetime import timedelta
from decimal import Decimal

import pytest

from common.transactions import use_case
from loyalty.formats.understood import Return
from loyalty.models import Customer, LedgerTransaction, Lot, PointsHold
from loyalty.selectors import count_ledger_discrepancies, get_balances
from loyalty.services.expire_lots import expire_lots
from loyalty.services.hold_points import hold_points, release_hold, return_hold, spend_hold
from loyalty.services.pick_lots import InsufficientBonuses
from loyalty.services.refund_purchase import refund_purchase
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(366)


@pytest.fixture
def shop() -> Shop:
    """Anna has 50 points."""
    shop = make_shop()
    accrue(shop, purchase())
    return shop


def anna() -> Customer:
    return Customer.objects.get(email="anna@example.com")


def hold(shop: Shop, points: int = 30, purpose: str = "booking:1") -> PointsHold:
    with use_case():
        return hold_points(
            project=shop.project, customer_id=anna().id, purpose=purpose, points=Decimal(points), now=NOON
        )


class TestHoldPoints:
    def test_lays_points_aside_once(self, shop: Shop) -> None:
        first, again = hold(shop), hold(shop)

        balances = get_balances(customer_id=anna().id)
        assert first.id == again.id
        assert (balances.active, balances.held) == (20, 30)
        assert count_ledger_discrepancies() == 0

    def test_refuses_more_than_is_free(self, shop: Shop) -> None:
        hold(shop)

        with pytest.raises(InsufficientBonuses):
            hold(shop, 21, "booking:2")

    def test_keeps_points_from_expiring(self, shop: Shop) -> None:
        hold(shop)

        with use_case():
            expire_lots(now=LATER)

        assert get_balances(customer_id=anna().id).held == 30
        assert Lot.objects.get().remaining == 30


class TestReleaseHold:
    def test_gives_points_back_once(self, shop: Shop) -> None:
        hold(shop)

        with use_case():
            done = [release_hold(project=shop.project, purpose="booking:1", now=NOON) for _ in range(2)]

        assert done == [True, False]
        assert shop.balances() == {"anna@example.com": (50, 0)}
        check_deferred_rules()

    def test_gives_grace_to_points_that_expired_meanwhile(self, shop: Shop) -> None:
        hold(shop)
        with use_case():
            expire_lots(now=LATER)

        with use_case():
            release_hold(project=shop.project, purpose="booking:1", now=LATER)

        assert shop.balances() == {"anna@example.com": (30, 0)}
        assert Lot.objects.get().expires_at == LATER + timedelta(days=7)

    def test_knows_nothing_of_the_neighbours_hold(self, shop: Shop) -> None:
        hold(shop)

        neighbour = make_shop()

        with use_case():
            assert not release_hold(project=neighbour.project, purpose="booking:1", now=NOON)


class TestSpendHold:
    def test_pays_once_and_is_not_released_after(self, shop: Shop) -> None:
        hold(shop)
        paid = {"project": shop.project, "purpose": "booking:1", "now": NOON}

        with use_case():
            done = [spend_hold(**paid) for _ in range(2)]
            released = release_hold(**paid)

        assert (done, released) == ([True, False], False)
        assert LedgerTransaction.objects.filter(kind="spend").count() == 1
        assert shop.balances() == {"anna@example.com": (20, 0)}
        check_deferred_rules()


class TestReturnHold:
    @pytest.fixture(autouse=True)
    def paid(self, shop: Shop) -> None:
        hold(shop)
        with use_case():
            spend_hold(project=shop.project, purpose="booking:1", now=NOON)

    def test_gives_back_once_per_reference_and_never_more_than_was_spent(self, shop: Shop) -> None:
        with use_case():
            given = [
                return_hold(
                    project=shop.project, purpose="booking:1", points=Decimal(20), reference=reference, now=NOON
                )
                for reference in ("one", "one", "two", "three")
            ]

        assert given == [20, 0, 10, 0]
        assert shop.balances() == {"anna@example.com": (50, 0)}
        assert PointsHold.objects.get().returned == 30

    @pytest.mark.parametrize(("before", "left"), [("30", 0), ("10", 20)])
    def test_gives_nothing_that_has_come_back_by_another_way(self, shop: Shop, before: str, left: int) -> None:
        """Its shop may return the order of a hold by a webhook: what pays for it must be able to end all the same."""
        with use_case():
            returned = Return(order_id="booking:1", refund_id="R-1", amount=Decimal(before))
            refund_purchase(project=shop.project, returned=returned, now=NOON)

        with use_case():
            given = return_hold(
                project=shop.project, purpose="booking:1", points=Decimal(30), reference="R-2", now=NOON
            )

        assert given == left
        assert shop.balances() == {"anna@example.com": (50, 0)}
        assert count_ledger_discrepancies() == 0
