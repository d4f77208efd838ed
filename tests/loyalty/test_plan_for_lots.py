from datetime import timedelta
from typing import Any

import pytest

from common.transactions import use_case
from loyalty.models import Customer, Lot
from loyalty.services import plan_for_lots
from loyalty.services.expire_lots import expire_lots
from tests.factories.loyalty import NOON, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db


class TestPlanForLots:
    def test_leaves_a_lot_that_went_to_another_customer_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop = make_shop(bonus_lifetime_days=10)
        accrue(shop, purchase(), purchase("B-1", email="boris@example.com"))
        boris = Customer.objects.get(email="boris@example.com")
        moved = Lot.objects.get(customer__email="anna@example.com")
        lock = plan_for_lots.lock_accounts_of

        def merged_before_the_lock(customers: Any) -> Any:
            accounts = lock(customers)
            Lot.objects.filter(id=moved.id).update(customer=boris)
            return accounts

        monkeypatch.setattr(plan_for_lots, "lock_accounts_of", merged_before_the_lock)

        with use_case():
            taken = expire_lots(now=NOON + timedelta(10), ids=[moved.id])

        assert taken == 0
