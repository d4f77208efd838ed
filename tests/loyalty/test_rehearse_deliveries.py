import pytest

from common.transactions import use_case
from loyalty.models import Customer, LedgerEntry, Order, WebhookDelivery
from loyalty.services.rehearse_deliveries import Rehearsal, rehearse_deliveries
from tests.factories.loyalty import NOON, Shop, accrue, make_delivery, make_shop, purchase

pytestmark = pytest.mark.django_db

ORDER = b'{"action":"purchase","payload":{"email":"%b@example.com","amount":1000,"orderId":"%b"}}'
RETURN = b'{"action":"refund_purchase","payload":{"orderId":"%b","refundId":"R","amount":1000}}'


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def rehearse(*deliveries: WebhookDelivery) -> Rehearsal:
    with use_case():
        return rehearse_deliveries(deliveries=deliveries, now=NOON)


def given_up(shop: Shop, body: bytes) -> WebhookDelivery:
    return make_delivery(shop, body, status="dead", finished_at=NOON)


def codes(rehearsal: Rehearsal, *deliveries: WebhookDelivery) -> list[list[str]]:
    return [[one["outcome"] for one in rehearsal.outcomes[delivery.id]] for delivery in deliveries]


class TestRehearseDeliveries:
    def test_tells_what_each_would_come_to_after_those_before_it(self, shop: Shop) -> None:
        first, again = given_up(shop, ORDER % (b"anna", b"A")), given_up(shop, ORDER % (b"anna", b"A"))

        rehearsal = rehearse(first, again)

        assert codes(rehearsal, first, again) == [["accrued"], ["duplicate"]]
        assert set(rehearsal.customers.values()) == {"anna@example.com"}

    def test_writes_nothing(self, shop: Shop) -> None:
        rehearsal = rehearse(given_up(shop, ORDER % (b"anna", b"A")))

        assert [(one["place"], str(one["points"])) for one in rehearsal.entries] == [
            ("active", "50.00"),
            ("issued", "-50.00"),
        ]
        assert [model.objects.count() for model in (LedgerEntry, Order, Customer)] == [0, 0, 0]
        assert WebhookDelivery.objects.get().status == "dead"

    def test_lets_one_that_cannot_be_done_spoil_nothing(self, shop: Shop) -> None:
        good, broken, lost = (given_up(shop, body) for body in (ORDER % (b"anna", b"A"), b"\xff", RETURN % b"unknown"))
        last = given_up(shop, ORDER % (b"b", b"B"))

        rehearsal = rehearse(good, broken, lost, last)

        assert codes(rehearsal, good, broken, lost, last) == [["accrued"], ["refused"], ["refused"], ["accrued"]]
        assert rehearsal.outcomes[lost.id][0]["why"] == "This order is not known."

    def test_tells_what_a_return_would_take_back(self, shop: Shop) -> None:
        accrue(shop, purchase("A"))
        back = given_up(shop, RETURN % b"A")

        rehearsal = rehearse(back)

        [outcome] = rehearsal.outcomes[back.id]
        assert (outcome["outcome"], outcome["taken"]) == ("returned", "50.00")
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_keeps_projects_apart(self, shop: Shop) -> None:
        mine, theirs = given_up(shop, ORDER % (b"anna", b"A")), given_up(make_shop(), ORDER % (b"anna", b"A"))

        assert codes(rehearse(mine, theirs), mine, theirs) == [["accrued"], ["accrued"]]

    def test_takes_none_for_nothing(self) -> None:
        assert rehearse() == Rehearsal(outcomes={}, entries=[], customers={})
