import json
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.transactions import use_case
from loyalty.models import Callback, CallbackEvent, Customer, LedgerEntry, Level, Order, ProjectMember, WebhookDelivery
from loyalty.services.set_levels import set_levels
from loyalty.services.simulate_webhook import compare_delivery
from tests.factories.loyalty import NOON, SAMPLES, Shop, accrue, make_shop, purchase, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def mine(api: APIClient, shop: Shop) -> APIClient:
    """The shop's owner."""
    api.force_authenticate(shop.owner)
    return api


def path(shop: Shop, rest: str) -> str:
    return f"/api/v1/loyalty/projects/{shop.project.id}/{rest}"


class TestLevels:
    def test_are_replaced_as_a_whole(self, mine: APIClient, shop: Shop) -> None:
        silver = {"name": "silver", "turnover": "1000.00", "percent": "2.00"}
        gold = {"name": "gold", "turnover": "5000.00", "percent": "5.00"}
        mine.put(path(shop, "levels/"), [silver, gold])
        accrue(shop, purchase(amount="1000"))

        swapped = [silver | {"turnover": "5000.00"}, gold | {"turnover": "1000.00"}]
        answers = [mine.put(path(shop, "levels/"), body).status_code for body in (swapped, [gold])]

        assert answers == [200, 200]
        assert mine.get(path(shop, "levels/")).json() == [gold]
        assert Customer.objects.get().level is None

    def test_may_lie_as_high_as_amounts_go(self, mine: APIClient, shop: Shop) -> None:
        highest = {"name": "gold", "turnover": "999999999999.99", "percent": "5.00"}

        answers = [mine.put(path(shop, "levels/"), [highest]).status_code for _ in range(2)]

        assert answers == [200, 200]

    @pytest.mark.parametrize(
        "levels",
        [
            [{"name": "a", "turnover": 1, "percent": 1}, {"name": "a", "turnover": 2, "percent": 1}],
            [{"name": "a", "turnover": 1, "percent": 1}, {"name": "b", "turnover": 1, "percent": 1}],
            [{"name": "a", "turnover": 0, "percent": 1}],
            [{"name": "a", "turnover": 1, "percent": 101}],
            [{"name": str(n), "turnover": n, "percent": 1} for n in range(1, 22)],
        ],
    )
    def test_are_a_ladder(self, mine: APIClient, shop: Shop, levels: Any) -> None:
        assert mine.put(path(shop, "levels/"), levels).status_code == 400
        assert not Level.objects.exists()
        assert set_levels


class TestCallback:
    def test_is_set_shown_and_rotated_by_the_owner(self, mine: APIClient, shop: Shop) -> None:
        before = mine.get(path(shop, "callback/")).status_code
        first = mine.put(path(shop, "callback/"), {"url": "https://shop.example/hook"}).json()
        second = mine.post(path(shop, "callback/rotate-key/")).json()

        assert before == 404
        assert first["key"].startswith("whsec_")
        assert first["key"] != second["key"] == Callback.objects.get().key
        # Whoever may only read forges no events.
        assert "key" not in mine.get(path(shop, "callback/")).json()
        ProjectMember.objects.update(role="manager")
        assert mine.get(path(shop, "callback/")).status_code == 403

    @pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "ftp://shop.example/", "nonsense", ""])
    def test_stays_outside(self, mine: APIClient, shop: Shop, url: str) -> None:
        response = mine.put(path(shop, "callback/"), {"url": url})

        assert response.status_code == 400
        assert [one["pointer"] for one in response.json()["errors"]] == ["/url"]

    def test_events_are_listed_and_sent_again(self, mine: APIClient, shop: Shop) -> None:
        mine.put(path(shop, "callback/"), {"url": "https://shop.example/hook"})
        accrue(shop, purchase())
        CallbackEvent.objects.update(status="dead", finished_at=NOON)

        [event] = mine.get(path(shop, "callback-events/"), {"status": "dead"}).json()["results"]
        replayed = mine.post(path(shop, "callback-events/replay/"), {"events": [event["id"]]}).json()

        assert replayed == {"replayed": 1}
        assert CallbackEvent.objects.get().status == "pending"
        assert Callback.objects.count() == 1


class TestSimulation:
    @pytest.mark.parametrize("sample", ["standard-purchase.json", "tilda-array.json", "batch-purchase.json"])
    def test_tells_what_would_be_and_writes_nothing(self, mine: APIClient, shop: Shop, sample: str) -> None:
        accrue(shop, purchase())
        before = [model.objects.count() for model in (LedgerEntry, Order, Customer, WebhookDelivery)]

        found = mine.post(path(shop, "simulate/"), {"body": (SAMPLES / sample).read_text()}).json()

        assert {one["outcome"] for one in found["outcomes"]} == {"accrued"}
        assert sum(Decimal(one["amount"]) for one in found["entries"]) == 0
        assert found["explanations"][0]["formula"]
        assert [model.objects.count() for model in (LedgerEntry, Order, Customer, WebhookDelivery)] == before

    def test_tells_a_refusal(self, mine: APIClient, shop: Shop) -> None:
        spend = {"email": "who@example.com", "bonuses": 1, "orderId": "1", "orderAmount": 1}

        found = mine.post(
            path(shop, "simulate/"), {"body": json.dumps({"action": "spend_bonuses", "payload": spend})}
        ).json()

        assert found["outcomes"] == [{"outcome": "refused", "code": "customer_not_found"}]

    def test_refuses_what_the_webhook_would_refuse(self, mine: APIClient, shop: Shop) -> None:
        assert mine.post(path(shop, "simulate/"), {"body": "{"}).json()["code"] == "unreadable_body"

    def test_compares_with_todays_rules(self, shop: Shop) -> None:
        shop.post({"action": "purchase", "payload": {"email": "a@example.com", "amount": 1000, "orderId": "A-1"}})
        work_off()
        type(shop.project).objects.update(base_percent=10)

        with use_case():
            rows = compare_delivery(delivery=WebhookDelivery.objects.select_related("project").get())

        assert rows == [{"order": "A-1", "got": "50.00", "today": "100.00"}]


class TestMyLoyalty:
    def test_shows_ones_points_on_the_platform(self, api: APIClient) -> None:
        shop = make_shop(is_platform=True)
        accrue(shop, purchase())
        Customer.objects.update(user=shop.owner)
        api.force_authenticate(shop.owner)

        found = api.get("/api/v1/me/loyalty/").json()

        assert (found["active_points"], found["expires_next_points"]) == ("50.00", "50.00")
        assert found["referral_code"] == Customer.objects.get().referral_code

    def test_shows_nothing_of_a_shop(self, mine: APIClient, shop: Shop) -> None:
        accrue(shop, purchase())
        Customer.objects.update(user=shop.owner)

        assert mine.get("/api/v1/me/loyalty/").json()["active_points"] == "0.00"
