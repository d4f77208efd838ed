import itertools
import json
import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from common.rate_limits import RateLimiter
from common.transactions import use_case
from loyalty.api import webhook as door
from loyalty.metrics import WEBHOOKS_PROCESSED
from loyalty.models import Order, WebhookDelivery
from loyalty.services.replay_deliveries import replay_deliveries
from tests.factories.loyalty import SAMPLES, Shop, make_shop, work_off

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
PURCHASE = {"action": "purchase", "payload": {"email": "anna@example.com", "amount": 1000, "orderId": "A-1"}}
TILDA = [{"Email": "anna@example.com", "payment": {"orderid": "A-1", "amount": "1000"}}]


def batch_of(count: int) -> dict[str, Any]:
    purchases = [{"email": f"c{n}@example.com", "amount": 10, "orderId": f"{count}-{n}"} for n in range(count)]
    return {"action": "batch_purchase", "payload": {"purchases": purchases}}


def changed(**payload: Any) -> dict[str, Any]:
    return {"action": "purchase", "payload": PURCHASE["payload"] | payload}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


class TestWebhook:
    @pytest.mark.parametrize(
        ("sample", "content_type", "balances"),
        [
            ("standard-purchase.json", "application/json", {"user@example.com": "250"}),
            ("batch-purchase.json", "application/json", {"user1@example.com": "50", "user2@example.com": "100"}),
            ("tilda-array.json", "application/json", {"user@example.com": "250"}),
            ("tilda-form.txt", FORM, {"anna@example.com": "164.50"}),
            ("tilda-payment-string.json", "application/json", {"petr@example.com": "25"}),
        ],
    )
    def test_accrues_each_sample_once(
        self, shop: Shop, sample: str, content_type: str, balances: dict[str, str]
    ) -> None:
        body = (SAMPLES / sample).read_bytes()

        first = shop.post(body, content_type=content_type)
        work_off()
        again = shop.post(body, content_type=content_type)
        work_off()

        assert (first.status_code, again.status_code) == (200, 200)
        assert shop.balances() == {email: (Decimal(points), 0) for email, points in balances.items()}

    def test_answers_json_with_the_delivery(self, shop: Shop) -> None:
        response = shop.post(PURCHASE)

        delivery = WebhookDelivery.objects.get()
        assert response.json() == {"status": "accepted", "webhookId": str(delivery.id)}
        assert bytes(delivery.body) == json.dumps(PURCHASE).encode()

    def test_answers_tilda_with_ok(self, shop: Shop) -> None:
        response = shop.post(TILDA)

        assert (response.content, response["Content-Type"]) == (b"ok", "text/plain; charset=utf-8")

    def test_takes_the_path_with_a_final_slash(self, shop: Shop) -> None:
        shop.secret += "/"

        assert shop.post(PURCHASE).status_code == 200

    def test_wakes_a_worker_after_the_commit(self, shop: Shop, woken: list[str]) -> None:
        shop.post(PURCHASE)

        assert woken == ["worker"]

    def test_costs_a_fixed_number_of_queries(
        self, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        batch = {"purchases": [{"email": f"c{n}@example.com", "amount": n} for n in range(1, 201)]}

        # The secret with its project and keys, which are then known for some seconds; and the only INSERT, without BEGIN
        # and COMMIT.
        with django_assert_num_queries(3):
            shop.post(PURCHASE)
        with django_assert_num_queries(1):
            shop.post(changed(orderId="A-2"))
        with django_assert_num_queries(1):
            shop.post({"action": "batch_purchase", "payload": batch})

    def test_keeps_no_header_that_proves_who_sends(self, shop: Shop) -> None:
        shop.post(PURCHASE, headers={"Authorization": "Bearer x", "Cookie": "sessionid=y", "User-Agent": "shop/1"})

        assert WebhookDelivery.objects.get().headers == {"content-type": "application/json", "user-agent": "shop/1"}


class TestRefusals:
    def test_refuses_an_unknown_secret(self, shop: Shop) -> None:
        shop.secret = "nobody's"

        response = shop.post(PURCHASE)

        assert (response.status_code, response.json()["code"]) == (401, "unknown_webhook_secret")
        assert not WebhookDelivery.objects.exists()

    def test_refuses_an_inactive_project(self) -> None:
        response = make_shop(is_active=False).post(PURCHASE)

        assert (response.status_code, response.json()["code"]) == (403, "project_inactive")

    @pytest.mark.parametrize("body", [b"", b"{", b"not a form", b"[]", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
    def test_refuses_a_body_that_is_no_webhook(self, shop: Shop, body: bytes) -> None:
        response = shop.post(body)

        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"

    def test_points_at_everything_that_is_wrong(self, shop: Shop) -> None:
        batch = {"purchases": [{"email": "no", "amount": 1}, {"phone": "+79001234567", "amount": -1}, {"amount": 1}]}

        response = shop.post({"action": "batch_purchase", "payload": batch})

        assert response.status_code == 400
        assert [(one["pointer"], one["code"]) for one in response.json()["errors"]] == [
            ("/payload/purchases/0/email", "not_an_email"),
            ("/payload/purchases/1/amount", "not_an_amount"),
            ("/payload/purchases/2", "contact_required"),
        ]

    def test_refuses_a_batch_of_more_than_a_thousand(self, shop: Shop) -> None:
        one = {"email": "a@example.com", "amount": 1}

        response = shop.post({"action": "batch_purchase", "payload": {"purchases": [one] * 1001}})

        assert [one["pointer"] for one in response.json()["errors"]] == ["/payload/purchases"]

    @pytest.mark.parametrize("action", ["purchase2", "drop_tables"])
    def test_refuses_an_action_that_it_does_not_have(self, shop: Shop, action: str) -> None:
        response = shop.post({"action": action, "payload": {}})

        assert (response.status_code, response.json()["code"]) == (400, "unsupported_action")

    def test_refuses_more_than_five_megabytes(self, shop: Shop) -> None:
        response = shop.post(b" " * (door.LARGEST_BODY + 1))

        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")

    def test_takes_more_than_djangos_usual_limits(self, shop: Shop) -> None:
        lines = "&".join(f"payment[products][{n}][name]=boat{n}&payment[products][{n}][price]=1" for n in range(1500))
        body = f"email=a@example.com&payment[orderid]=big&payment[amount]=1500&{lines}&note={'x' * 3_000_000}"

        response = shop.post(body.encode(), content_type=FORM)
        work_off()

        assert response.content == b"ok"
        assert len(Order.objects.get().details["products"]) == 1500

    def test_refuses_a_compressed_body(self, shop: Shop) -> None:
        assert shop.post(b"x", headers={"Content-Encoding": "gzip"}).status_code == 415

    def test_takes_only_post(self, shop: Shop) -> None:
        assert Client().get(f"/api/webhook/{shop.secret}").status_code == 405


class TestRateLimit:
    def test_refuses_json_over_the_limit_and_says_when_to_come_back(self) -> None:
        shop = make_shop(rate_limit_per_minute=2)

        answers = [shop.post(changed(orderId=str(n))) for n in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 429]
        assert answers[0]["RateLimit-Policy"] == '"webhook";q=2;w=60'
        assert answers[0]["RateLimit"].startswith('"webhook";r=1;t=')
        assert 1 <= int(answers[2]["Retry-After"]) <= 60

    def test_lets_mistakes_cost_nothing(self) -> None:
        shop = make_shop(rate_limit_per_minute=1)

        answers = [shop.post(body) for body in (b"{", {"action": "purchase", "payload": {}}, PURCHASE, PURCHASE)]

        assert [one.status_code for one in answers] == [400, 400, 200, 429]

    def test_counts_the_records_of_batches(self) -> None:
        shop = make_shop(record_limit_per_minute=3)

        answers = [shop.post(batch_of(n)) for n in (2, 2, 1)]

        assert [one.status_code for one in answers] == [200, 429, 200]

    def test_lets_nobody_wait_for_redis(self, shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as frozen:
            frozen.bind(("127.0.0.1", 0))
            frozen.listen()
            settings.REDIS_URL = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
            monkeypatch.setattr(door, "limiter", RateLimiter("webhook", timeout_seconds=0.005))
            answers = [shop.post(changed(orderId=str(n))) for n in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 200]

    def test_never_refuses_tilda(self) -> None:
        shop = make_shop(rate_limit_per_minute=1)

        answers = [shop.post([{"Email": "a@example.com", "payment": {"orderid": n, "amount": 1}}]) for n in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 200]
        assert WebhookDelivery.objects.filter(status="received").count() == 3


class TestRepeats:
    def test_gives_a_message_its_first_answer_again(self, shop: Shop) -> None:
        headers = {"webhook-id": "msg_1"}

        first, again = shop.post(PURCHASE, headers=headers), shop.post(PURCHASE, headers=headers)

        assert again.json() == first.json() == {"status": "accepted", "webhookId": first.json()["webhookId"]}
        assert WebhookDelivery.objects.count() == 1

    def test_refuses_another_body_under_the_same_message_id(self, shop: Shop) -> None:
        shop.post(PURCHASE, headers={"webhook-id": "msg_1"})

        response = shop.post(changed(amount=1), headers={"webhook-id": "msg_1"})

        assert (response.status_code, response.json()["code"]) == (422, "webhook_id_reused")

    def test_tells_a_known_order_from_a_new_one(self, shop: Shop) -> None:
        first = shop.post(PURCHASE).json()

        again = shop.post(changed(description="the same in other words")).json()

        assert again == {"status": "duplicate", "webhookId": first["webhookId"]}

    @pytest.mark.parametrize("second", [TILDA, PURCHASE])
    @pytest.mark.parametrize("between", [work_off, lambda: None])
    def test_accrues_an_order_once_in_two_formats(self, shop: Shop, second: Any, between: Any) -> None:
        shop.post(TILDA if second is PURCHASE else PURCHASE)
        between()

        shop.post(second)
        work_off()

        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_accrues_an_order_once_though_a_batch_brought_it_first(self, shop: Shop) -> None:
        shop.post({"action": "batch_purchase", "payload": {"purchases": [PURCHASE["payload"]]}})
        work_off()

        shop.post(
            {
                "action": "batch_purchase",
                "payload": {"purchases": [PURCHASE["payload"], changed(orderId="A-2")["payload"]]},
            }
        )
        work_off()

        outcomes = WebhookDelivery.objects.order_by("-id")[0].result["records"]
        assert [one["outcome"] for one in outcomes] == ["duplicate", "accrued"]
        assert shop.balances() == {"anna@example.com": (100, 0)}

    def test_keeps_a_changed_amount_as_a_conflict(self, shop: Shop) -> None:
        shop.post(PURCHASE)

        response = shop.post(changed(amount=2000))
        work_off()

        assert (response.status_code, response.json()["code"]) == (422, "order_amount_changed")
        assert WebhookDelivery.objects.filter(status="conflict").count() == 1
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_keeps_tildas_conflict_but_answers_ok(self, shop: Shop) -> None:
        shop.post(PURCHASE)

        response = shop.post([{"Email": "anna@example.com", "payment": {"orderid": "A-1", "amount": "2000"}}])

        assert (response.status_code, response.content) == (200, b"ok")
        assert WebhookDelivery.objects.filter(status="conflict").count() == 1

    def test_takes_payment_as_a_change_of_state(self) -> None:
        shop = make_shop(accrue_on="paid")
        shop.post(changed(status="created"))
        work_off()
        waiting = shop.balances()

        answers = [shop.post(changed(status="paid")).json()["status"] for _ in range(2)]
        work_off()

        assert waiting == {"anna@example.com": (0, 50)}
        assert answers == ["accepted", "duplicate"]
        assert shop.balances() == {"anna@example.com": (50, 0)}


class TestReturns:
    def test_take_points_back_once(self, shop: Shop) -> None:
        refund = {"action": "refund_purchase", "payload": {"orderId": "A-1", "refundId": "R-1", "amount": 400}}
        shop.post(PURCHASE)
        work_off()

        answers = [shop.post(refund).json()["status"] for _ in range(2)]
        work_off()

        assert answers == ["accepted", "duplicate"]
        assert shop.balances() == {"anna@example.com": (30, 0)}

    def test_may_overtake_their_purchase(self, shop: Shop) -> None:
        refund = {"action": "refund_purchase", "payload": {"orderId": "A-1", "refundId": "R-1", "amount": 1000}}
        shop.post(refund)
        work_off()
        shop.post(PURCHASE)
        work_off()
        early = WebhookDelivery.objects.get(action="refund_purchase")

        work_off(early.next_attempt_at)

        assert early.status == "received"
        assert shop.balances() == {"anna@example.com": (0, 0)}

    def test_wait_for_their_purchase(self, shop: Shop) -> None:
        shop.post({"action": "refund_purchase", "payload": {"orderId": "A-1", "refundId": "R-1", "amount": 1000}})
        early = WebhookDelivery.objects.get()
        looks = []
        while early.next_attempt_at < early.received_at + timedelta(hours=1):
            looks.append(early.next_attempt_at - early.received_at)
            work_off(early.next_attempt_at)
            early.refresh_from_db()
        shop.post(PURCHASE)
        work_off(early.next_attempt_at)

        early.refresh_from_db()
        assert early.status == "processed"
        assert shop.balances() == {"anna@example.com": (0, 0)}
        assert [one.seconds for one in looks[:4]] == [0, 2, 4, 8]
        assert max(after - before for before, after in itertools.pairwise(looks)) == timedelta(minutes=10)

    def test_are_given_up_after_a_day_without_a_purchase(self, shop: Shop) -> None:
        shop.post({"action": "refund_purchase", "payload": {"orderId": "A-1", "refundId": "R-1", "amount": 1000}})
        WebhookDelivery.objects.update(received_at=F("received_at") - timedelta(days=1), attempts=4)

        work_off()

        early = WebhookDelivery.objects.get()
        assert (early.status, early.last_error.partition(":")[0]) == ("dead", "OrderUnknown")

    def test_refuse_a_changed_amount(self, shop: Shop) -> None:
        refund = {"orderId": "A-1", "refundId": "R-1", "amount": 400}
        shop.post({"action": "refund_purchase", "payload": refund})

        response = shop.post({"action": "refund_purchase", "payload": refund | {"amount": 500}})

        assert (response.status_code, response.json()["code"]) == (422, "refund_changed")

    @pytest.mark.parametrize(
        ("again", "status"),
        [
            ([{"name": "a"}], 200),
            ([{"quantity": 1, "name": "a"}], 200),
            ([{"name": "a", "quantity": 2}], 422),
            ([{"name": "b", "quantity": 1}], 422),
            ([{"name": "a", "quantity": 1}, {"name": "b", "quantity": 1}], 422),
        ],
    )
    def test_refuse_other_items(self, shop: Shop, again: list[dict[str, Any]], status: int) -> None:
        refund = {"orderId": "A-1", "refundId": "R-1"}
        shop.post({"action": "refund_purchase", "payload": refund | {"items": [{"name": "a", "quantity": 1}]}})

        response = shop.post({"action": "refund_purchase", "payload": refund | {"items": again}})

        assert response.status_code == status
        assert status == 200 or response.json()["code"] == "refund_changed"

    @pytest.mark.parametrize(
        ("payload", "pointer"),
        [
            ({"refundId": "R"}, "/payload/orderId"),
            ({"orderId": "A", "refundId": "R"}, "/payload/amount"),
            ({"orderId": "A", "refundId": "R", "amount": 0}, "/payload/amount"),
            ({"orderId": "A", "amount": 1}, "/payload/refundId"),
            ({"orderId": "A", "refundId": "R", "items": []}, "/payload/items"),
            ({"orderId": "A", "refundId": "R", "items": [{"name": "x", "quantity": 0}]}, "/payload/items/0/quantity"),
            ({"orderId": "A", "refundId": "R", "items": [{}]}, "/payload/items/0/name"),
        ],
    )
    def test_point_at_what_is_wrong(self, shop: Shop, payload: dict[str, Any], pointer: str) -> None:
        response = shop.post({"action": "refund_purchase", "payload": payload})

        assert response.status_code == 400
        assert pointer in [one["pointer"] for one in response.json()["errors"]]


class TestPreferWait:
    def test_answers_with_what_it_came_to(self, shop: Shop) -> None:
        response = shop.post(batch_of(2), headers={"Prefer": "wait=2"})

        answer = response.json()
        assert (answer["status"], response["Preference-Applied"]) == ("processed", "wait")
        assert [one["points"] for one in answer["records"]] == ["0.50", "0.50"]
        assert WebhookDelivery.objects.get().status == "processed"

    def test_is_left_to_a_worker_when_two_are_waiting(self, shop: Shop, woken: list[str]) -> None:
        with door._places, door._places:
            response = shop.post(PURCHASE, headers={"Prefer": "wait=2"})

        assert response.json()["status"] == "accepted"
        assert woken == ["worker"]
        assert WebhookDelivery.objects.get().status == "received"

    def test_is_left_to_a_worker_when_it_fails(self, shop: Shop) -> None:
        refund = {"orderId": "unknown", "refundId": "R-1", "amount": 400}

        response = shop.post({"action": "refund_purchase", "payload": refund}, headers={"Prefer": "wait=2"})

        delivery = WebhookDelivery.objects.get()
        assert response.json()["status"] == "accepted"
        assert (delivery.status, delivery.attempts) == ("received", 1)

    @pytest.mark.parametrize("headers", [{}, {"webhook-id": "m-1"}])
    def test_answers_with_a_refusal_that_is_final(self, shop: Shop, headers: dict[str, str]) -> None:
        shop.post(PURCHASE, headers={"Prefer": "wait=2"})
        refund = {"action": "refund_purchase", "payload": {"orderId": "A-1", "refundId": "R-1", "amount": 7700}}

        responses = [shop.post(refund, headers=headers | {"Prefer": "wait=2"}) for _ in range(2)]

        assert [(one.status_code, one.json()["code"]) for one in responses] == [(409, "refund_too_large")] * 2
        assert shop.balances() == {"anna@example.com": (50, 0)}
        log = WebhookDelivery.objects.filter(action="refund_purchase")
        assert [one.status for one in log] == ["dead"] * 2


class TestTilda:
    def test_answers_the_connection_check_and_remembers_it(self, shop: Shop) -> None:
        response = shop.post(b"test=test", content_type=FORM)

        shop.project.refresh_from_db()
        assert (response.status_code, response.content) == (200, b"ok")
        assert shop.project.connected_at is not None

    def test_takes_a_form_without_an_order_and_leaves_it_alone(self, shop: Shop) -> None:
        response = shop.post(b"Name=Anna&Email=anna@example.com&formid=form1", content_type=FORM)

        assert response.content == b"ok"
        assert WebhookDelivery.objects.get().result == {"outcome": "no_order"}

    def test_lets_an_order_that_cannot_be_read_keep_no_other_out(self, shop: Shop) -> None:
        good = {"Email": "anna@example.com", "payment": {"orderid": "1", "amount": "1000"}}
        bad = {"Email": "b@example.com", "payment": {"orderid": "2", "amount": "free"}}

        answers = [shop.post([good, bad]).content for _ in range(2)]
        work_off()

        first, again = WebhookDelivery.objects.order_by("id")
        assert answers == [b"ok", b"ok"]
        assert (first.status, again.status) == ("processed", "duplicate")
        assert [one["outcome"] for one in first.result["records"]] == ["accrued", "unreadable_order"]
        assert first.result["records"][1]["at"] == "/1/payment/amount"
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_keeps_an_order_of_nobody_for_people_to_see(self, shop: Shop) -> None:
        response = shop.post([{"Name": "Anna", "payment": {"orderid": "1", "amount": "10"}}])

        assert response.content == b"ok"
        assert WebhookDelivery.objects.get().status == "dead"

    @pytest.mark.parametrize(
        ("body", "content_type", "unread"),
        [
            (b"Email=a@example.com&payment[amount]=5000+rub.&payment[orderid]=F6", FORM, "/payment/amount"),
            (b'[{"email":"a@example.com","payment":"no"},{"email":"b@example.com"}]', "application/json", "/0/payment"),
        ],
    )
    def test_keeps_an_order_that_nobody_can_read_for_people_to_see(
        self, shop: Shop, body: bytes, content_type: str, unread: str
    ) -> None:
        given_up = WEBHOOKS_PROCESSED.labels(project=str(shop.project.id), outcome="dead")
        answer = shop.post(body, content_type=content_type)
        counted = given_up._value.get()
        with use_case():
            replay_deliveries(deliveries=WebhookDelivery.objects.all(), actor_id=shop.owner.id, now=timezone.now())
        work_off()
        kept = WebhookDelivery.objects.get()

        assert (answer.status_code, answer.content, counted) == (200, b"ok", 1)
        assert (kept.status, kept.last_error, kept.result["unread"]) == ("dead", "unreadable_order", [unread])
        assert given_up._value.get() == 2
