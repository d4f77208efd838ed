"""Stripe and YooKassa over real HTTP: what every adapter must do, and what each does in its own way."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest

from bookings.providers import http_client
from bookings.providers.minor_units import AmountNotPayable, from_minor_units, to_minor_units
from bookings.providers.port import (
    Incoming,
    PaymentOrder,
    ProviderPayment,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
    ReceiptLine,
    RefundOrder,
    UntrustedWebhook,
)
from bookings.providers.stripe import WINDOW_SECONDS, StripeProvider
from bookings.providers.yookassa import YooKassaProvider
from common.ids import new_id
from common.money import Money
from common.problems import InvalidInput
from tests.bookings import provider_servers as servers

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
PRICE = Money(Decimal("1500.50"), "RUB")
FROM_YOOKASSA = "185.71.76.9"


@pytest.fixture
def stripe_server() -> Iterator[servers.StripeServer]:
    with servers.running(servers.StripeServer()) as server:
        yield server


@pytest.fixture
def yookassa_server() -> Iterator[servers.YooKassaServer]:
    with servers.running(servers.YooKassaServer()) as server:
        yield server


@pytest.fixture
def stripe(stripe_server: servers.StripeServer) -> StripeProvider:
    return StripeProvider(api_url=stripe_server.url, secret_key="sk_test_1", webhook_secret="whsec_1")


@pytest.fixture
def yookassa(yookassa_server: servers.YooKassaServer) -> YooKassaProvider:
    return YooKassaProvider(api_url=yookassa_server.url, shop_id="100500", secret_key="test_secret", vat_code=1)


@pytest.fixture(params=["stripe", "yookassa"])
def either(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return request.getfixturevalue(request.param), request.getfixturevalue(f"{request.param}_server")


def order(**fields: Any) -> PaymentOrder:
    fields.setdefault("key", str(new_id()))
    fields.setdefault("amount", PRICE)
    return PaymentOrder(description="Сплав по Катуни", return_url="https://shop.example/b/1/", **fields)


def pay(server: Any, payment_id: str) -> None:
    if isinstance(server, servers.StripeServer):
        server.pay(payment_id)
    else:
        server.end(payment_id, "succeeded")


class TestEveryAdapter:
    def test_makes_one_payment_per_key(self, either: tuple[Any, Any]) -> None:
        provider, server = either
        wanted = order()

        first, second = provider.create_payment(wanted), provider.create_payment(wanted)

        assert first == second
        assert (first.key, first.outcome, first.amount) == (wanted.key, "pending", PRICE)
        assert first.confirmation_url.startswith("https://")
        keys = {headers.get("idempotency-key", headers.get("idempotence-key")) for *_, headers in server.requests}
        assert keys == {wanted.key}

    def test_tells_how_a_payment_stands(self, either: tuple[Any, Any]) -> None:
        provider, server = either
        payment = provider.create_payment(order())
        pay(server, payment.id)

        told = provider.fetch_payment(payment.id)

        assert (told.id, told.outcome, told.amount) == (payment.id, "succeeded", PRICE)

    def test_gives_a_part_back_once_per_key(self, either: tuple[Any, Any]) -> None:
        provider, server = either
        payment = provider.create_payment(order())
        pay(server, payment.id)
        back = RefundOrder(key=str(new_id()), provider_payment_id=payment.id, amount=Money(Decimal("0.07"), "RUB"))

        first, second = provider.refund(back), provider.refund(back)

        assert first == second == provider.fetch_refund(first.id)
        assert (first.key, first.outcome, first.amount) == (back.key, "succeeded", back.amount)

    def test_reads_a_refund_that_was_declined(self, either: tuple[Any, Any]) -> None:
        provider, server = either
        payment = provider.create_payment(order())
        pay(server, payment.id)
        back = RefundOrder(key=str(new_id()), provider_payment_id=payment.id, amount=PRICE)
        refund = provider.refund(back)

        server.objects["refunds", refund.id]["status"] = "canceled"

        assert provider.fetch_refund(refund.id).outcome == "failed"

    @pytest.mark.parametrize("status", [500, 502, 503, 429, 409, 302])
    def test_comes_again_later_when_the_answer_may_pass(self, either: tuple[Any, Any], status: int) -> None:
        provider, server = either
        server.mood = partial(servers.say, status=status, body=b"<html>oops</html>")

        with pytest.raises(ProviderUnavailable):
            provider.create_payment(order())

    @pytest.mark.parametrize("status", [400, 402, 403, 404])
    def test_knows_a_no(self, either: tuple[Any, Any], status: int) -> None:
        provider, server = either
        server.mood = partial(servers.say, status=status, body=b'{"type":"error","code":"forbidden"}')

        with pytest.raises(ProviderRefused, match=f"HTTP {status}: error forbidden"):
            provider.create_payment(order())

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b'"ok"', b"{}", b"[" * 60_000, b'{"id": {}}'])
    def test_does_not_believe_an_answer_that_it_cannot_read(self, either: tuple[Any, Any], body: bytes) -> None:
        provider, server = either
        server.mood = partial(servers.say, status=200, body=body)

        with pytest.raises(ProviderUnavailable):
            provider.create_payment(order())

    def test_survives_silence(self, either: tuple[Any, Any]) -> None:
        provider, server = either
        server.mood = servers.silent

        with pytest.raises(ProviderUnavailable):
            provider.create_payment(order())

    def test_reads_no_huge_answer(self, either: tuple[Any, Any]) -> None:
        provider, server = either
        server.mood = servers.endless

        with pytest.raises(ProviderUnavailable, match="too large"):
            provider.fetch_payment(provider_id(provider))

    def test_waits_for_nobody_for_long(self, either: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        provider, server = either
        server.mood = servers.dripping
        monkeypatch.setattr(http_client, "LONGEST_ANSWER_SECONDS", 0.1)

        with pytest.raises(ProviderUnavailable, match="too long"):
            provider.fetch_payment(provider_id(provider))

    def test_gives_up_a_read_that_times_out(self, either: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        provider, server = either
        server.mood = servers.dripping
        monkeypatch.setattr(http_client, "TIMEOUT", httpx.Timeout(0.005))

        with pytest.raises(ProviderUnavailable):
            provider.fetch_payment(provider_id(provider))

    def test_gives_up_when_nobody_is_there(self, either: tuple[Any, Any]) -> None:
        provider, _ = either
        provider._api_url = "http://127.0.0.1:1"

        with pytest.raises(ProviderUnavailable, match="ConnectError"):
            provider.create_payment(order())

    @pytest.mark.parametrize("identifier", ["", "../refunds", "a/b", "x?y", "é", "1" * 200])
    def test_asks_for_nothing_but_ids(self, either: tuple[Any, Any], identifier: str) -> None:
        provider, server = either

        with pytest.raises(ProviderRefused):
            provider.fetch_payment(identifier)

        assert server.requests == []


def provider_id(provider: Any) -> str:
    return "cs_test_1" if isinstance(provider, StripeProvider) else str(new_id())


class TestStripe:
    def test_counts_in_minor_units(self, stripe: StripeProvider, stripe_server: servers.StripeServer) -> None:
        stripe.create_payment(order(email="anna@example.com"))

        [(_, path, form, headers)] = stripe_server.requests
        assert path == "/v1/checkout/sessions"
        assert form["line_items[0][price_data][unit_amount]"] == "150050"
        assert form["line_items[0][price_data][currency]"] == "rub"
        assert form["customer_email"] == "anna@example.com"
        assert headers["stripe-version"]

    @pytest.mark.parametrize(
        ("money", "units"), [(Money(Decimal("0.01"), "EUR"), 1), (Money(Decimal(700), "JPY"), 700), (PRICE, 150050)]
    )
    def test_turns_minor_units_back(self, money: Money, units: int) -> None:
        assert to_minor_units(money) == units
        assert from_minor_units(units, money.currency.lower()) == money

    def test_refuses_a_fraction_of_a_yen(self, stripe: StripeProvider) -> None:
        with pytest.raises(AmountNotPayable):
            to_minor_units(Money(Decimal("0.50"), "JPY"))
        with pytest.raises(ProviderRefused):
            stripe.create_payment(order(amount=Money(Decimal("0.50"), "JPY")))

    @pytest.mark.parametrize("seconds", [-WINDOW_SECONDS, 0, WINDOW_SECONDS])
    def test_believes_a_signature_inside_the_window(self, stripe: StripeProvider, seconds: int) -> None:
        notice = stripe.verify_webhook(signed(event("x.y", {"id": "1"}), at=seconds), now=NOW)

        assert notice.id == "evt_1"

    @pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1])
    def test_refuses_a_signature_outside_the_window(self, stripe: StripeProvider, seconds: int) -> None:
        with pytest.raises(UntrustedWebhook):
            stripe.verify_webhook(signed(event("x.y", {"id": "1"}), at=seconds), now=NOW)

    def test_keeps_nothing_of_the_payer(self, stripe: StripeProvider) -> None:
        told = {"id": "cs_1", "status": "complete", "customer_details": {"name": "Анна", "phone": "+79990000000"}}

        notice = stripe.verify_webhook(signed(event("checkout.session.completed", told)), now=NOW)

        kept = {"id": "cs_1", "status": "complete"}
        assert notice.payload == {"type": "checkout.session.completed", "data": {"object": kept}}

    def test_reads_the_raw_bytes(self, stripe: StripeProvider) -> None:
        incoming = signed(event("x.y", {"id": "1"}))
        respaced = json.dumps(json.loads(incoming.body), indent=1).encode()

        with pytest.raises(UntrustedWebhook):
            stripe.verify_webhook(Incoming(headers=incoming.headers, body=respaced), now=NOW)

    def test_accepts_any_of_several_signatures_while_the_secret_rolls(self, stripe: StripeProvider) -> None:
        incoming = signed(event("x.y", {"id": "1"}))
        time, genuine = incoming.headers["stripe-signature"].split(",")
        header = f"{time},v1={'0' * 64},{genuine},v0=junk"

        assert stripe.verify_webhook(Incoming(headers={"stripe-signature": header}, body=incoming.body), now=NOW)

    @pytest.mark.parametrize(
        "header", ["", "t=", "t=abc,v1=00", "v1=00", "t=1,t=2,v1=00", "t=99999999999999,v1=0", "t=-1,v1=é", "=" * 5000]
    )
    def test_refuses_a_header_that_is_none(self, stripe: StripeProvider, header: str) -> None:
        with pytest.raises(UntrustedWebhook):
            stripe.verify_webhook(Incoming(headers={"stripe-signature": header}, body=b"{}"), now=NOW)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":1,"type":"x","data":{}}', b"\xff"])
    def test_refuses_a_signed_body_that_cannot_be_read(self, stripe: StripeProvider, body: bytes) -> None:
        with pytest.raises(InvalidInput):
            stripe.verify_webhook(signed(body), now=NOW)

    @pytest.mark.parametrize(
        ("kind", "changes", "outcome"),
        [
            ("checkout.session.completed", {"status": "complete", "payment_status": "paid"}, "succeeded"),
            ("checkout.session.completed", {"status": "complete"}, "pending"),
            ("checkout.session.async_payment_succeeded", {"status": "complete", "payment_status": "paid"}, "succeeded"),
            ("checkout.session.async_payment_failed", {"status": "complete"}, "failed"),
            ("checkout.session.expired", {"status": "expired"}, "failed"),
        ],
    )
    def test_reads_what_happened_to_a_session(
        self,
        stripe: StripeProvider,
        stripe_server: servers.StripeServer,
        kind: str,
        changes: dict[str, str],
        outcome: str,
    ) -> None:
        wanted = order()
        session = stripe_server.objects["checkout", stripe.create_payment(wanted).id] | changes

        told = stripe.read_notice(json.loads(event(kind, session)))

        assert isinstance(told, ProviderPayment)
        assert (told.key, told.outcome, told.amount) == (wanted.key, outcome, PRICE)

    def test_finds_the_payment_of_a_refund_made_in_the_dashboard(
        self, stripe: StripeProvider, stripe_server: servers.StripeServer
    ) -> None:
        wanted = order()
        session = stripe_server.pay(stripe.create_payment(wanted).id)
        refund = {"id": "re_1", "status": "succeeded", "amount": 50, "currency": "rub"}

        told = stripe.read_notice(
            json.loads(event("refund.created", refund | {"payment_intent": session["payment_intent"]}))
        )

        assert isinstance(told, ProviderRefund)
        assert (told.key, told.payment_key, told.amount) == ("", wanted.key, Money(Decimal("0.50"), "RUB"))

    @pytest.mark.parametrize("kind", ["customer.created", "checkout.session.completed"])
    def test_ignores_what_is_not_ours(self, stripe: StripeProvider, kind: str) -> None:
        assert stripe.read_notice(json.loads(event(kind, {"id": "cs_1", "metadata": {}}))) is None


class TestYooKassa:
    def test_passes_a_receipt(self, yookassa: YooKassaProvider, yookassa_server: servers.YooKassaServer) -> None:
        lines = (ReceiptLine(name="Взрослый", quantity=2, price=Money(Decimal("750.25"), "RUB")),)

        yookassa.create_payment(order(email="anna@example.com", lines=lines))

        [(_, path, body, _)] = yookassa_server.requests
        assert (path, body["amount"], body["capture"]) == ("/payments", {"value": "1500.50", "currency": "RUB"}, True)
        assert body["receipt"] == {
            "customer": {"email": "anna@example.com"},
            "items": [
                {
                    "description": "Взрослый",
                    "quantity": "2.00",
                    "amount": {"value": "750.25", "currency": "RUB"},
                    "vat_code": 1,
                    "payment_subject": "service",
                    "payment_mode": "full_prepayment",
                }
            ],
        }

    def test_gives_a_discounted_booking_a_receipt_that_adds_up(
        self, yookassa: YooKassaProvider, yookassa_server: servers.YooKassaServer
    ) -> None:
        yookassa.create_payment(order(email="anna@example.com"))

        [(*_, body, _)] = yookassa_server.requests
        [item] = body["receipt"]["items"]
        assert (item["quantity"], item["amount"]["value"]) == ("1.00", "1500.50")

    @pytest.mark.parametrize(
        "address",
        ["185.71.76.1", "185.71.77.31", "77.75.156.35", "77.75.154.200", "2a02:5180::1", "::ffff:185.71.76.1"],
    )
    def test_believes_its_published_networks(self, yookassa: YooKassaProvider, address: str) -> None:
        notice = yookassa.verify_webhook(
            Incoming(body=notification("payment.succeeded", "p-1"), address=address), now=NOW
        )

        assert notice.id == "payment.succeeded:p-1:succeeded"

    @pytest.mark.parametrize("address", ["", "127.0.0.1", "185.71.76.32", "77.75.156.12", "::1", "unknown"])
    def test_refuses_everybody_else(self, yookassa: YooKassaProvider, address: str) -> None:
        with pytest.raises(UntrustedWebhook):
            yookassa.verify_webhook(Incoming(body=notification("payment.succeeded", "p-1"), address=address), now=NOW)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event":"x","object":[]}', b"\xff"])
    def test_refuses_a_body_that_cannot_be_read(self, yookassa: YooKassaProvider, body: bytes) -> None:
        with pytest.raises(InvalidInput):
            yookassa.verify_webhook(Incoming(body=body, address=FROM_YOOKASSA), now=NOW)

    def test_asks_again_instead_of_believing_the_body(
        self, yookassa: YooKassaProvider, yookassa_server: servers.YooKassaServer
    ) -> None:
        payment = yookassa.create_payment(order())
        forged = Incoming(body=notification("payment.succeeded", payment.id), address=FROM_YOOKASSA)

        told = yookassa.read_notice(yookassa.verify_webhook(forged, now=NOW).payload)

        assert isinstance(told, ProviderPayment)
        assert told.outcome == "pending"

    def test_keeps_nothing_of_the_body_but_the_ids(self, yookassa: YooKassaProvider) -> None:
        body = json.dumps(
            {"event": "payment.succeeded", "object": {"id": "p-1", "status": "succeeded", "card": {"last4": "4242"}}}
        )

        notice = yookassa.verify_webhook(Incoming(body=body.encode(), address=FROM_YOOKASSA), now=NOW)

        assert notice.payload == {"event": "payment.succeeded", "object": {"id": "p-1"}}

    def test_says_why_a_payment_failed(
        self, yookassa: YooKassaProvider, yookassa_server: servers.YooKassaServer
    ) -> None:
        payment = yookassa.create_payment(order())
        yookassa_server.end(payment.id, "canceled")

        told = yookassa.fetch_payment(payment.id)

        assert (told.outcome, told.failure) == ("failed", "insufficient_funds")

    def test_ignores_a_payment_made_by_hand(
        self, yookassa: YooKassaProvider, yookassa_server: servers.YooKassaServer
    ) -> None:
        payment = yookassa.create_payment(order())
        yookassa_server.objects["payments", payment.id]["metadata"] = {}

        assert yookassa.read_notice({"event": "payment.succeeded", "object": {"id": payment.id}}) is None
        assert yookassa.read_notice({"event": "deal.closed", "object": {"id": payment.id}}) is None


def event(kind: str, about: dict[str, Any]) -> bytes:
    return json.dumps({"id": "evt_1", "type": kind, "data": {"object": about}}).encode()


def signed(body: bytes, *, at: int = 0) -> Incoming:
    time = int(NOW.timestamp()) + at
    signature = hmac.new(b"whsec_1", b"%d.%b" % (time, body), hashlib.sha256).hexdigest()
    return Incoming(headers={"stripe-signature": f"t={time},v1={signature}"}, body=body)


def notification(kind: str, identifier: str) -> bytes:
    status = kind.partition(".")[2]
    return json.dumps({"type": "notification", "event": kind, "object": {"id": identifier, "status": status}}).encode()
