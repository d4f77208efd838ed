import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.transactions import use_case
from loyalty.formats.understood import Contact, Return, ReturnedItem, Spending
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot, Project
from loyalty.selectors import count_ledger_discrepancies, get_balances
from loyalty.services.expire_lots import expire_lots
from loyalty.services.refund_purchase import ItemUnknown, OrderUnknown, RefundChanged, RefundTooLarge, refund_purchase
from loyalty.services.spend_points import spend_points
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def give_back(shop: Shop, refund_id: str = "R-1", *, order_id: str = "A-1", now: Any = NOON, **how: Any) -> Any:
    if "amount" in how:
        how["amount"] = Decimal(how["amount"])
    with use_case():
        project = Project.objects.get(id=shop.project.id)
        returned = Return(order_id=order_id, refund_id=refund_id, **how)
        return refund_purchase(project=project, returned=returned, now=now)


def spend(shop: Shop, points: str, order_id: str = "S-1", *, order_amount: str = "1000", now: Any = NOON) -> None:
    spending = Spending(
        contact=Contact(email="anna@example.com"),
        points=Decimal(points),
        order_id=order_id,
        order_amount=Decimal(order_amount),
    )
    with use_case():
        spend_points(project=Project.objects.get(id=shop.project.id), spending=spending, now=now)


class TestRefundPurchase:
    @pytest.mark.parametrize("parts", list(itertools.permutations(["33.33", "0.01", "66.65", "0.02"], 4)))
    def test_takes_every_kopeck_in_any_order_of_parts(self, shop: Shop, parts: tuple[str, ...]) -> None:
        accrue(shop, purchase(amount="100.01"))

        taken = [Decimal(give_back(shop, f"R-{n}", amount=part)["taken"]) for n, part in enumerate(parts)]

        assert sum(taken) == Decimal("5.00")
        assert shop.balances() == {"anna@example.com": (0, 0)}
        check_deferred_rules()

    @pytest.mark.parametrize(
        ("parts", "left"),
        [
            (["2490"], 0),
            (["1245"], Decimal("62.25")),
            (["1245", "1245", "800"], 0),
            (["3290"], 0),
            (["2490", "800"], 0),
        ],
    )
    def test_takes_all_points_with_all_goods_where_delivery_earns_nothing(
        self, parts: list[str], left: Decimal
    ) -> None:
        shop = make_shop(basis="without_delivery")
        accrue(shop, purchase(amount="3290", delivery_amount=Decimal(800)))
        Project.objects.update(basis="paid_amount")

        for number, amount in enumerate(parts):
            give_back(shop, f"R-{number}", amount=amount)

        assert shop.balances() == {"anna@example.com": (left, 0)}
        assert count_ledger_discrepancies() == 0

    def test_counts_once(self, shop: Shop) -> None:
        accrue(shop, purchase())

        first, again = give_back(shop, amount=400), give_back(shop, amount=400)

        assert first == again
        assert shop.balances() == {"anna@example.com": (30, 0)}
        with pytest.raises(RefundChanged):
            give_back(shop, amount=401)

    def test_refuses_more_than_is_left(self, shop: Shop) -> None:
        accrue(shop, purchase())
        give_back(shop, amount=400)

        with pytest.raises(RefundTooLarge) as caught:
            give_back(shop, "R-2", amount="600.01")

        assert caught.value.extra == {"left": "600.00"}

    def test_knows_no_order_of_the_neighbour(self, shop: Shop) -> None:
        accrue(make_shop(), purchase())

        with pytest.raises(OrderUnknown):
            give_back(shop, amount=1)

    def test_prices_items_by_the_orders_own_list(self, shop: Shop) -> None:
        products = [{"name": "Tent", "sku": "T", "price": "300", "quantity": 2}, {"name": "Oar", "price": 400}]
        accrue(shop, purchase(details={"products": products}))

        result = give_back(shop, items=(ReturnedItem(name="T", quantity=2),))

        assert (result["amount"], result["taken"]) == ("600.00", "30.00")
        for wrong in (ReturnedItem(name="Boat", quantity=1), ReturnedItem(name="Oar", quantity=2)):
            with pytest.raises(ItemUnknown):
                give_back(shop, "R-2", items=(wrong,))

    @pytest.mark.parametrize(
        "products",
        [5, "Tent", {"name": "Tent"}, [{"name": "Tent", "price": "300", "quantity": "a few"}], [{"name": "Tent"}]],
    )
    def test_refuses_items_of_a_list_that_cannot_be_read(self, shop: Shop, products: Any) -> None:
        accrue(shop, purchase(details={"products": products}))

        with pytest.raises(ItemUnknown):
            give_back(shop, items=(ReturnedItem(name="Tent", quantity=1),))

    def test_counts_what_is_sold_by_weight(self, shop: Shop) -> None:
        accrue(shop, purchase(details={"products": [{"name": "Tea", "price": "300", "quantity": "1.5"}]}))

        assert give_back(shop, items=(ReturnedItem(name="Tea", quantity=1),))["amount"] == "300.00"

    def test_pays_the_debt_that_it_makes_with_what_it_gives_back(self, shop: Shop) -> None:
        accrue(shop, purchase())
        spend(shop, "50", order_id="A-1")

        give_back(shop, amount=1000)

        left = get_balances(customer_id=Customer.objects.get().id)
        assert (left.active, left.debt) == (0, 0)
        check_deferred_rules()
        assert count_ledger_discrepancies() == 0

    def test_turns_spent_points_into_a_debt_that_later_points_pay(self, shop: Shop) -> None:
        accrue(shop, purchase())
        spend(shop, "40")

        give_back(shop, amount=1000)
        owing = get_balances(customer_id=Customer.objects.get().id)
        accrue(shop, purchase("A-2", amount="600"))
        accrue(shop, purchase("A-3", amount="400"))

        assert (owing.active, owing.debt) == (0, 40)
        assert get_balances(customer_id=Customer.objects.get().id).debt == 0
        assert shop.balances() == {"anna@example.com": (10, 0)}
        assert LedgerTransaction.objects.filter(kind="debt").count() == 2
        check_deferred_rules()

    def test_makes_no_debt_of_points_that_have_expired(self, shop: Shop) -> None:
        accrue(shop, purchase())
        later = NOON + timedelta(366)
        with use_case():
            expire_lots(now=later)

        give_back(shop, amount=1000, now=later)

        assert not LedgerAccount.objects.filter(kind="debt").exists()
        assert count_ledger_discrepancies() == 0

    def test_takes_points_that_still_wait(self) -> None:
        shop = make_shop(accrue_on="paid")
        accrue(shop, purchase(is_paid=False))

        give_back(shop, amount=500)

        assert shop.balances() == {"anna@example.com": (0, 25)}

    def test_gives_points_back_to_the_lots_that_they_came_from(self, shop: Shop) -> None:
        accrue(shop, purchase("A-1", amount="200"))
        accrue(shop, purchase("A-2", amount="400"), now=NOON + timedelta(1))
        spend(shop, "25", now=NOON + timedelta(1))

        for n, part in enumerate(["333.33", "333.33", "333.34"]):
            give_back(shop, f"R-{n}", order_id="S-1", amount=part, now=NOON + timedelta(2))

        assert list(Lot.objects.order_by("created_at").values_list("remaining", flat=True)) == [10, 20]
        check_deferred_rules()

    def test_gives_days_of_grace_to_points_of_an_expired_lot(self, shop: Shop) -> None:
        accrue(shop, purchase())
        spend(shop, "40")
        later = NOON + timedelta(366)

        give_back(shop, order_id="S-1", amount=1000, now=later)
        in_time, too_late = later + timedelta(6), later + timedelta(7)
        with use_case():
            expire_lots(now=in_time)
        before = shop.balances()
        with use_case():
            expire_lots(now=too_late)

        # Ten that had never been spent were lost when the others came back.
        assert before == {"anna@example.com": (40, 0)}
        assert shop.balances() == {"anna@example.com": (0, 0)}

    def test_does_both_for_a_purchase_paid_with_points(self, shop: Shop) -> None:
        accrue(shop, purchase("A-0"))
        spend(shop, "30", "A-1", order_amount="2000")
        accrue(shop, purchase("A-1", amount="2000"))

        result = give_back(shop, amount=1000)

        assert (result["taken"], result["given"]) == ("50.00", "15.00")
        assert shop.balances() == {"anna@example.com": (20 + 100 - 50 + 15, 0)}

    def test_takes_the_points_of_an_invitation_with_the_last_piece(self) -> None:
        shop = make_shop(referrer_bonus=Decimal(30), referred_bonus=Decimal(20))
        accrue(shop, purchase("A-0"))
        code = Customer.objects.get().referral_code
        accrue(shop, purchase("A-1", email="boris@example.com", referral_code=code))
        rewarded = shop.balances()

        give_back(shop, "R-1", amount=500)
        half = shop.balances()
        give_back(shop, "R-2", amount=500)

        assert rewarded == {"anna@example.com": (80, 0), "boris@example.com": (70, 0)}
        assert half == {"anna@example.com": (80, 0), "boris@example.com": (45, 0)}
        assert shop.balances() == {"anna@example.com": (50, 0), "boris@example.com": (0, 0)}
