from datetime import timedelta
from decimal import Decimal

import pytest

from common.transactions import use_case
from loyalty.models import Customer, Project
from loyalty.selectors import count_ledger_discrepancies
from loyalty.services.activate_lots import activate_lots
from loyalty.services.reward_referrals import inviters_of
from tests.factories.loyalty import NOON, Shop, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """Anna, with 50 points of her own, may invite two people."""
    shop = make_shop(referrer_bonus=Decimal(30), referred_bonus=Decimal(20), referral_limit=2)
    accrue(shop, purchase("A-0"))
    return shop


def invited(shop: Shop, name: str, **fields: str) -> None:
    code = Customer.objects.get(project=shop.project, email="anna@example.com").referral_code.lower()
    accrue(shop, purchase(f"{name}-1", email=f"{name}@example.com", referral_code=code, **fields))


class TestRewardReferrals:
    def test_gives_to_both_at_the_first_purchase_only(self, shop: Shop) -> None:
        invited(shop, "boris")
        accrue(shop, purchase("boris-2", email="boris@example.com"))

        assert shop.balances() == {"anna@example.com": (80, 0), "boris@example.com": (120, 0)}
        assert inviters_of(shop.project, Customer.objects.all()) == set()

    def test_waits_for_a_purchase_that_costs_something(self, shop: Shop) -> None:
        invited(shop, "boris", amount="0")
        for_nothing = shop.balances()
        accrue(shop, purchase("boris-2", email="boris@example.com"))

        assert for_nothing == {"anna@example.com": (50, 0), "boris@example.com": (0, 0)}
        assert shop.balances() == {"anna@example.com": (80, 0), "boris@example.com": (70, 0)}

    def test_rewards_an_inviter_as_often_as_the_project_allows(self, shop: Shop) -> None:
        for name in ("boris", "vera", "gleb"):
            invited(shop, name)

        assert shop.balances()["anna@example.com"] == (110, 0)
        assert shop.balances()["gleb@example.com"] == (70, 0)

    def test_lets_its_points_wait_as_long_as_those_of_the_purchase(self, shop: Shop) -> None:
        Project.objects.update(pending_days=14)
        invited(shop, "boris")
        at_once = shop.balances()

        with use_case():
            activate_lots(now=NOON + timedelta(days=14))

        assert at_once == {"anna@example.com": (50, 30), "boris@example.com": (0, 70)}
        assert shop.balances() == {"anna@example.com": (80, 0), "boris@example.com": (70, 0)}
        assert count_ledger_discrepancies() == 0

    def test_knows_no_code_of_a_known_customer(self, shop: Shop) -> None:
        accrue(shop, purchase("B-0", email="boris@example.com"))

        invited(shop, "boris")
        invited(shop, "anna")

        assert not Customer.objects.filter(referred_by__isnull=False).exists()

    def test_knows_no_code_of_the_neighbour(self, shop: Shop) -> None:
        neighbour = make_shop(referrer_bonus=Decimal(30))
        code = Customer.objects.get().referral_code

        accrue(neighbour, purchase("X", email="boris@example.com", referral_code=code))

        assert not Customer.objects.filter(referred_by__isnull=False).exists()

    def test_waits_for_the_payment_where_payment_counts(self, shop: Shop) -> None:
        type(shop.project).objects.update(accrue_on="paid")

        code = Customer.objects.get().referral_code
        order = {"email": "boris@example.com", "referral_code": code}
        accrue(shop, purchase("B-1", is_paid=False, **order))
        unpaid = shop.balances()
        accrue(shop, purchase("B-1", is_paid=True, **order))

        assert unpaid["anna@example.com"] == (50, 0)
        assert shop.balances() == {"anna@example.com": (80, 0), "boris@example.com": (70, 0)}
