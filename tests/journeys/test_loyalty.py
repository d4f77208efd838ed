"""A shop sends its purchases and its customers have points, once."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

SAMPLES = Path(__file__).parent.parent / "samples" / "purchase-webhooks"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Shop:
    """A project of its own, seen through the shop's doors."""

    def __init__(self, opened: dict[str, Any], owner: httpx.Client, guest: httpx.Client) -> None:
        self.owner, self.guest = owner, guest
        self.path = f"/api/v1/loyalty/projects/{opened['project']['id']}"
        self.secret = opened["webhook_secret"]

    def post(self, body: Any, headers: dict[str, str] = JSON) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.guest.post(f"/api/webhook/{self.secret}", content=content, headers=headers)

    def balances(self) -> dict[str, Decimal]:
        found = self.owner.get(f"{self.path}/customers/", params={"page_size": 100}).raise_for_status().json()
        return {one["email"]: Decimal(one["active_points"]) for one in found["results"]}

    def is_worked_off(self) -> bool:
        found = self.owner.get(f"{self.path}/webhooks/", params={"page_size": 100}).raise_for_status().json()
        return all(one["status"] not in ("received", "processing") for one in found["results"])


@pytest.fixture
def shop(client: Callable[..., httpx.Client]) -> Shop:
    """A new shop of 5 % on order, owned by the demo's shop owner."""
    owner = client("shop_owner")
    opened = owner.post("/api/v1/loyalty/projects/", json={"name": f"Journey {uuid.uuid4().hex[:8]}"})
    assert opened.status_code == 201, opened.text
    return Shop(opened.json(), owner, client())


@pytest.mark.parametrize(
    ("sample", "headers", "balances"),
    [
        ("standard-purchase.json", JSON, {"user@example.com": 250}),
        ("batch-purchase.json", JSON, {"user1@example.com": 50, "user2@example.com": 100}),
        ("tilda-array.json", JSON, {"user@example.com": 250}),
        ("tilda-form.txt", FORM, {"anna@example.com": Decimal("164.50")}),
        ("tilda-payment-string.json", JSON, {"petr@example.com": 25}),
    ],
)
def test_a_purchase_becomes_points_once(
    shop: Shop, sample: str, headers: dict[str, str], balances: dict[str, Any], eventually: Callable[..., Any]
) -> None:
    body = (SAMPLES / sample).read_bytes()

    first = shop.post(body, headers)
    eventually(lambda: shop.balances() == balances, what="points of the first sending")
    again = shop.post(body, headers)
    eventually(shop.is_worked_off, what="the second sending")

    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.text == "ok") is sample.startswith("tilda")
    assert shop.balances() == balances


def test_an_order_in_two_formats_counts_once(shop: Shop, eventually: Callable[..., Any]) -> None:
    payload = {"email": "both@example.com", "amount": 1000, "orderId": "BOTH-1"}
    shop.post({"action": "purchase", "payload": payload})

    shop.post([{"Email": "both@example.com", "payment": {"orderid": "BOTH-1", "amount": "1000"}}])
    shop.post({"action": "batch_purchase", "payload": {"purchases": [payload]}})
    eventually(shop.is_worked_off, what="all three sendings")

    assert shop.balances() == {"both@example.com": 50}


def test_points_are_explained(shop: Shop, eventually: Callable[..., Any]) -> None:
    shop.post((SAMPLES / "standard-purchase.json").read_bytes())
    eventually(shop.balances, what="points")
    customer = shop.owner.get(f"{shop.path}/customers/").json()["results"][0]

    [movement] = shop.owner.get(f"{shop.path}/customers/{customer['id']}/transactions/").json()["results"]
    explained = shop.owner.get(f"{shop.path}/transactions/{movement['id']}/explain/").json()

    assert explained["explanation"]["formula"] == "5000.00 × 5.00 % = 250.00"
    assert sum(Decimal(one["amount"]) for one in explained["entries"]) == 0


def test_who_may_not_send_is_refused(stack: dict[str, Any], client: Callable[..., httpx.Client]) -> None:
    body = (SAMPLES / "standard-purchase.json").read_bytes()
    shop = stack["loyalty"]

    def post(secret: str, content: bytes, **headers: str) -> int:
        return client().post(f"/api/webhook/{secret}", content=content, headers=JSON | headers).status_code

    assert post("nobody-has-this-secret", body) == 401
    assert post(shop["inactive_webhook_secret"], body) == 403
    assert post(shop["webhook_secret"], b'{"action":') == 400
    assert post(shop["webhook_secret"], b'{"action": "purchase", "payload": {"amount": "much"}}') == 400
    assert post(shop["webhook_secret"], body, **{"X-Signature": "0" * 64}) == 401


def test_a_signed_purchase_is_taken(stack: dict[str, Any], client: Callable[..., httpx.Client]) -> None:
    payload = {"email": "signed@example.com", "amount": 10, "orderId": f"SIGNED-{uuid.uuid4()}"}
    body = json.dumps({"action": "purchase", "payload": payload})
    message_id, now = f"msg_{uuid.uuid4().hex}", datetime.now(UTC).replace(microsecond=0)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(stack["loyalty"]["signing_key"]).sign(message_id, now.replace(tzinfo=None), body),
    }
    url = f"/api/webhook/{stack['loyalty']['webhook_secret']}/"

    taken = client().post(url, content=body, headers=JSON | headers)
    tampered = client().post(url, content=body.replace("10", "1000"), headers=JSON | headers)

    assert (taken.status_code, taken.json()["status"]) == (200, "accepted")
    assert tampered.status_code == 401


def test_a_neighbours_shop_is_not_there(stack: dict[str, Any], client: Callable[..., httpx.Client]) -> None:
    project = f"/api/v1/loyalty/projects/{stack['loyalty']['project_id']}/"

    assert [client(who).get(project).status_code for who in ("shop_owner", "user")] == [200, 404]
