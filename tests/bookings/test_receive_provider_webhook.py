import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from bookings.models import Payment, ProviderWebhook
from bookings.providers.port import Incoming, PaymentOrder, RefundOrder, UntrustedWebhook
from bookings.providers.sandbox import SandboxProvider, end_sandbox_payment, signing_key
from bookings.services.apply_provider_webhook import LEASE, MAX_ATTEMPTS, apply_provider_webhook
from bookings.services.receive_provider_webhook import receive_provider_webhook
from common.problems import InvalidInput
from common.transactions import use_case
from tests.factories.bookings import hold, make_payment, seats_of

pytestmark = pytest.mark.django_db


def notice(payment: Payment, status: str = "succeeded", **changes: object) -> dict[str, object]:
    told = {"id": "sp-1", "key": str(payment.id), "status": status, "amount": payment.money.as_json()} | changes
    return {"type": "payment.changed", "payment": told}


def signed(body: dict[str, object], *, notice_id: str = "msg_1", at: datetime | None = None) -> tuple[dict, bytes]:
    at, raw = at or timezone.now(), json.dumps(body)
    headers = {
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signing_key().sign(notice_id, at, raw),
    }
    return headers, raw.encode()


def receive(headers: dict, body: bytes) -> ProviderWebhook:
    with use_case():
        incoming = Incoming(headers=headers, body=body)
        return receive_provider_webhook(provider=SandboxProvider(), incoming=incoming, now=timezone.now())


class TestReceiveProviderWebhook:
    def test_stores_the_notice_and_does_nothing_else(self) -> None:
        payment = make_payment(booking=hold())

        webhook = receive(*signed(notice(payment)))

        payment.refresh_from_db()
        assert (webhook.status, webhook.body["payment"]["key"]) == ("received", str(payment.id))
        assert payment.status == "pending"

    def test_stores_a_repeated_notice_once(self) -> None:
        payment = make_payment(booking=hold())

        rows = {receive(*signed(notice(payment))).id for _ in range(3)}

        assert len(rows) == ProviderWebhook.objects.count() == 1

    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_refuses_a_signature_outside_the_time_window(self, minutes: int) -> None:
        payment = make_payment(booking=hold())

        with pytest.raises(UntrustedWebhook):
            receive(*signed(notice(payment), at=datetime.now(UTC) + timedelta(minutes=minutes)))

    def test_refuses_a_changed_body(self) -> None:
        headers, body = signed(notice(make_payment(booking=hold())))

        with pytest.raises(UntrustedWebhook):
            receive(headers, body.replace(b"succeeded", b"failed"))

    @pytest.mark.parametrize("signature", ["v1", "v1,%%%", "v1,a,b", "\xff"])
    def test_refuses_a_signature_that_is_none(self, signature: str) -> None:
        headers, body = signed(notice(make_payment(booking=hold())))

        with pytest.raises(UntrustedWebhook):
            receive(headers | {"webhook-signature": signature}, body)

    def test_refuses_a_body_that_is_no_text(self) -> None:
        headers, _ = signed(notice(make_payment(booking=hold())))

        with pytest.raises(UntrustedWebhook):
            receive(headers, b"\xb5\xff")

    def test_refuses_a_body_without_a_signature(self) -> None:
        with pytest.raises(UntrustedWebhook):
            receive({}, b"{}")

    @pytest.mark.parametrize("body", [{}, {"type": "payment.changed"}, {"type": "payment.changed", "payment": 5}])
    def test_refuses_a_signed_body_that_cannot_be_read(self, body: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            receive(*signed(body))


class TestApplyProviderWebhook:
    def test_settles_the_payment_once(self) -> None:
        booking = hold()
        webhook = receive(*signed(notice(make_payment(booking=booking))))

        outcomes = [apply_provider_webhook(webhook_id=webhook.id, now=timezone.now()) for _ in range(2)]

        booking.refresh_from_db()
        webhook.refresh_from_db()
        assert outcomes == [True, False]
        assert (booking.status, webhook.status) == ("confirmed", "applied")

    def test_applies_notices_in_any_order(self) -> None:
        booking = hold()
        payment = make_payment(booking=booking)
        late = receive(*signed(notice(payment, "pending"), notice_id="msg_1"))
        first = receive(*signed(notice(payment, "succeeded"), notice_id="msg_2"))

        for webhook in (first, late):
            apply_provider_webhook(webhook_id=webhook.id, now=timezone.now())

        payment.refresh_from_db()
        assert payment.status == "succeeded"

    def test_keeps_what_fails_for_later_and_parks_it_in_the_end(self) -> None:
        payment = make_payment(booking=hold())
        body = notice(payment, amount={"amount": "1.00", "currency": "RUB"})
        webhook = receive(*signed(body))
        now = timezone.now()

        assert not apply_provider_webhook(webhook_id=webhook.id, now=now)
        webhook.refresh_from_db()
        assert (webhook.status, webhook.attempts) == ("received", 1)
        assert webhook.next_attempt_at > now
        assert "PaymentMismatch" in webhook.last_error

        for _ in range(MAX_ATTEMPTS):
            webhook.refresh_from_db()
            apply_provider_webhook(webhook_id=webhook.id, now=webhook.next_attempt_at)
        webhook.refresh_from_db()
        assert (webhook.status, webhook.attempts) == ("parked", MAX_ATTEMPTS)

    def test_is_done_once_when_a_worker_lost_its_lease(self) -> None:
        booking = hold()
        webhook = receive(*signed(notice(make_payment(booking=booking))))
        apply_provider_webhook(webhook_id=webhook.id, now=timezone.now())

        again = apply_provider_webhook(webhook_id=webhook.id, now=timezone.now() + LEASE)

        assert not again
        assert seats_of(booking.event) == (0, 1)


class TestSandboxProvider:
    """What every adapter must do."""

    def order(self, key: str = "k-1") -> PaymentOrder:
        booking = hold()
        return PaymentOrder(key=key, amount=booking.total, description="A trip", return_url="http://shop.example/")

    def test_makes_one_payment_per_key(self) -> None:
        provider, order = SandboxProvider(), self.order()

        first, second = provider.create_payment(order), provider.create_payment(order)

        assert first == second
        assert (first.outcome, first.key, first.amount) == ("pending", "k-1", order.amount)
        assert first.confirmation_url.endswith(f"/sandbox/pay/{first.id}/")

    def test_tells_how_a_payment_stands(self) -> None:
        provider = SandboxProvider()
        payment = provider.create_payment(self.order())

        with use_case():
            end_sandbox_payment(payment_id=payment.id, ending="succeed", now=timezone.now())

        assert provider.fetch_payment(payment.id).outcome == "succeeded"

    def test_gives_money_back_once_per_key(self) -> None:
        provider, order = SandboxProvider(), self.order()
        payment = provider.create_payment(order)
        with use_case():
            end_sandbox_payment(payment_id=payment.id, ending="succeed", now=timezone.now())
        refund = RefundOrder(key="r-1", provider_payment_id=payment.id, amount=order.amount)

        first, second = provider.refund(refund), provider.refund(refund)

        assert first == second == provider.fetch_refund(first.id)
        assert (first.outcome, first.key, first.provider_payment_id) == ("succeeded", "r-1", payment.id)

    def test_decides_once(self) -> None:
        provider = SandboxProvider()
        payment = provider.create_payment(self.order())

        with use_case():
            end_sandbox_payment(payment_id=payment.id, ending="succeed", now=timezone.now())
        with use_case():
            end_sandbox_payment(payment_id=payment.id, ending="fail", now=timezone.now())

        assert provider.fetch_payment(payment.id).outcome == "succeeded"
