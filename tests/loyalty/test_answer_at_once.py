from typing import Any

import pytest
from django.utils import timezone

from loyalty.models import Lot
from tests.factories.loyalty import Shop, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


class TestAnswerAtOnce:
    def test_tells_a_balance(self, shop: Shop) -> None:
        accrue(shop, purchase())

        response = shop.post({"action": "get_balance", "payload": {"email": "Anna@Example.com"}})

        assert response.json().items() >= {"status": "processed", "balance": "50.00", "pending": "0.00"}.items()

    def test_tells_no_points_that_have_lapsed_this_minute(self, shop: Shop) -> None:
        accrue(shop, purchase(), purchase("A-2", amount="100"))
        Lot.objects.filter(order__order_id="A-1").update(expires_at=timezone.now())

        response = shop.post({"action": "get_balance", "payload": {"email": "anna@example.com"}})

        assert response.json()["balance"] == "5.00"

    def test_knows_no_balance_of_a_stranger(self, shop: Shop) -> None:
        response = shop.post({"action": "get_balance", "payload": {"email": "anna@example.com"}})

        assert (response.status_code, response.json()["code"]) == (404, "customer_not_found")

    def test_registers_a_customer_once(self, shop: Shop) -> None:
        register = {"action": "register_user", "payload": {"phone": "8 903 733-54-71", "birthDate": "1990-02-28"}}

        first, again = shop.post(register).json(), shop.post(register).json()

        assert (first["registered"], again["registered"]) == (True, False)
        assert first["userId"] == again["userId"]
        assert shop.balances() == {"+79037335471": (0, 0)}

    def test_takes_points_once_per_order(self, shop: Shop) -> None:
        accrue(shop, purchase())
        spend = {"email": "anna@example.com", "bonuses": 30, "orderId": "T-1", "orderAmount": 100}

        answers = [shop.post({"action": "spend_bonuses", "payload": spend}).json() for _ in range(2)]

        assert [(one["spent"], one["balance"]) for one in answers] == [("30.00", "20.00")] * 2
        assert shop.balances() == {"anna@example.com": (20, 0)}

    @pytest.mark.parametrize(
        ("payload", "status", "code"),
        [
            ({"bonuses": 51}, 409, "insufficient_bonuses"),
            ({"bonuses": 50, "orderAmount": 49}, 409, "over_spend_limit"),
            ({"orderId": None}, 400, "invalid"),
            ({"bonuses": 0}, 400, "invalid"),
            ({"email": "who@example.com"}, 404, "customer_not_found"),
        ],
    )
    def test_refuses_to_take_points(self, shop: Shop, payload: dict[str, Any], status: int, code: str) -> None:
        accrue(shop, purchase())
        spend = {"email": "anna@example.com", "bonuses": 10, "orderId": "T-1", "orderAmount": 100}

        response = shop.post({"action": "spend_bonuses", "payload": spend | payload})

        assert (response.status_code, response.json()["code"]) == (status, code)
        assert shop.balances() == {"anna@example.com": (50, 0)}
