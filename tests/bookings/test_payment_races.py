"""The races of paying, each through the webhook's own door with a real provider's protocol over real HTTP."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bookings.models import Booking, Payment, ProviderAccount, ProviderWebhook, Refund
from bookings.providers.registry import provider_for_organizer, provider_of
from bookings.services.apply_provider_webhook import LEASE
from bookings.services.cancel_booking import cancel_booking
from bookings.services.expire_holds import expire_holds
from bookings.services.promise_refund import promise_refund
from bookings.services.reconcile_payments import reconcile_payments
from bookings.services.refund_payment import refund_payment
from bookings.services.start_payment import FIRST_QUESTION, start_payment
from bookings.tasks import sweep_payments
from common.money import Money
from common.transactions import use_case
from tests.bookings import provider_servers as servers
from tests.factories.bookings import HOLD, confirm, hold, seats_of, tickets_of
from tests.factories.events import make_ticket_type

# The provider is a real server: nothing may be asked inside the test's own transaction.
pytestmark = pytest.mark.django_db
RETURN = "https://shop.example/b/"


class Shop:
    """Stripe or YooKassa, on the platform's account: pays, and tells by webhook as that provider does."""

    def __init__(self, code: str, server: Any) -> None:
        self.code, self.server, self.number = code, server, 0

    def begin(self, booking: Booking) -> Payment:
        return start_payment(
            user_id=booking.user_id,
            booking_id=booking.id,
            provider=provider_for_organizer(booking.event.organizer_id),
            return_url=RETURN,
            now=timezone.now(),
        )

    def pay(self, payment: Payment) -> None:
        if self.code == "stripe":
            self.server.pay(payment.provider_payment_id)
        else:
            self.server.end(payment.provider_payment_id, "succeeded")

    def tell(self, payment: Payment, path: str = "") -> int:
        """Send the webhook of a paid payment; the provider sends it again with the same id."""
        if self.code == "stripe":
            return self.tell_event("checkout.session.completed", "checkout", payment.provider_payment_id, path)
        return self.tell_event("payment.succeeded", "payments", payment.provider_payment_id, path)

    def tell_event(self, event: str, kind: str, identifier: str, path: str = "") -> int:
        about = self.server.objects[kind, identifier]
        if self.code == "stripe":
            body = {"id": f"evt_{event}_{identifier}", "type": event, "data": {"object": about}}
        else:
            body = {"type": "notification", "event": event, "object": about}
        raw = json.dumps(body).encode()
        at = int(timezone.now().timestamp())
        signature = hmac.new(b"whsec_1", b"%d.%b" % (at, raw), hashlib.sha256).hexdigest()
        answer = APIClient(REMOTE_ADDR="185.71.76.1").post(
            path or f"/api/v1/payments/webhooks/{self.code}/",
            data=raw,
            content_type="application/json",
            headers={"Stripe-Signature": f"t={at},v1={signature}"},
        )
        return int(answer.status_code)


@pytest.fixture(params=["stripe", "yookassa"])
def shop(request: pytest.FixtureRequest, settings: Any) -> Iterator[Shop]:
    server = servers.StripeServer() if request.param == "stripe" else servers.YooKassaServer()
    with servers.running(server):
        settings.PAYMENT_PROVIDERS = [request.param]
        settings.PAYMENT_CREDENTIALS = {
            "stripe": {"secret_key": "sk_test_1", "webhook_secret": "whsec_1"},
            "yookassa": {"shop_id": "100500", "secret_key": "test_secret"},
        }
        settings.STRIPE_API_URL = settings.YOOKASSA_API_URL = server.url
        yield Shop(request.param, server)


def work() -> None:
    """Let the workers do all that is due."""
    sweep_payments()


def cancel(booking: Booking) -> None:
    with use_case():
        cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())


class TestRaces:
    def test_a_webhook_twice_confirms_once(self, shop: Shop) -> None:
        booking = hold()
        payment = shop.begin(booking)
        shop.pay(payment)

        answers = [shop.tell(payment) for _ in range(2)]
        work()
        answers.append(shop.tell(payment))
        work()

        booking.refresh_from_db()
        assert answers == [200, 200, 200]
        assert (booking.status, ProviderWebhook.objects.count(), len(tickets_of(booking))) == ("confirmed", 1, 1)

    def test_a_webhook_before_the_redirect_is_believed(self, shop: Shop) -> None:
        booking = hold()
        payment = shop.begin(booking)
        Payment.objects.filter(id=payment.id).update(
            status="created", provider_payment_id="", lease_expires_at=timezone.now() + LEASE
        )
        shop.pay(payment)

        shop.tell(payment)
        work()

        booking.refresh_from_db()
        payment.refresh_from_db()
        assert (booking.status, payment.status) == ("confirmed", "succeeded")

    def test_a_payment_after_the_hold_takes_the_seats_again_if_they_are_free(self, shop: Shop) -> None:
        kind = make_ticket_type(capacity=1)
        booking = hold(ticket_type=kind)
        payment = shop.begin(booking)
        expire_holds(now=booking.hold_expires_at)
        shop.pay(payment)

        shop.tell(payment)
        work()

        booking.refresh_from_db()
        assert (booking.status, seats_of(kind)) == ("confirmed", (0, 1))

    def test_a_payment_after_the_hold_goes_back_when_the_seats_are_gone(self, shop: Shop) -> None:
        kind = make_ticket_type(capacity=1)
        booking = hold(ticket_type=kind)
        payment = shop.begin(booking)
        expire_holds(now=booking.hold_expires_at)
        hold(ticket_type=kind)
        shop.pay(payment)

        shop.tell(payment)
        work()

        booking.refresh_from_db()
        refund = Refund.objects.get()
        assert booking.status == "expired"
        assert (refund.status, refund.reason, refund.amount) == ("succeeded", "late_payment", payment.amount)

    def test_the_second_payment_of_a_booking_goes_back(self, shop: Shop) -> None:
        booking = hold()
        first = shop.begin(booking)
        Payment.objects.filter(id=first.id).update(status="failed", settled_at=timezone.now())
        second = shop.begin(booking)
        shop.pay(first)
        shop.pay(second)

        for payment in (second, first):
            shop.tell(payment)
            work()

        booking.refresh_from_db()
        refund = Refund.objects.get()
        assert booking.status == "confirmed"
        assert (refund.payment_id, refund.status, refund.reason) == (first.id, "succeeded", "paid_twice")

    def test_the_webhook_of_a_partial_refund_cancels_no_ticket(self, shop: Shop) -> None:
        booking = hold(seats=2)
        payment = shop.begin(booking)
        shop.pay(payment)
        shop.tell(payment)
        work()
        part = Money(payment.amount / 4, payment.currency)
        with use_case():
            promise_refund(booking=booking, amount=part, reason="goodwill", actor_id=None, now=timezone.now())
        work()
        refund = Refund.objects.get()

        shop.tell_event(
            "refund.updated" if shop.code == "stripe" else "refund.succeeded", "refunds", refund.provider_refund_id
        )
        work()

        booking.refresh_from_db()
        assert (booking.status, ProviderWebhook.objects.filter(status="applied").count()) == ("confirmed", 2)
        assert [ticket.voided_at for ticket in tickets_of(booking)] == [None, None]
        assert Payment.objects.get().refunded == part.amount

    @pytest.mark.parametrize("first", ["cancel", "webhook"])
    def test_cancelled_and_paid_at_once_leaves_nobody_out_of_pocket(self, shop: Shop, first: str) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind)
        payment = shop.begin(booking)
        shop.pay(payment)
        shop.tell(payment)

        steps = [lambda: cancel(booking), work]
        for step in steps if first == "cancel" else reversed(steps):
            step()
        work()

        booking.refresh_from_db()
        payment.refresh_from_db()
        assert (booking.status, seats_of(kind)) == ("cancelled", (0, 0))
        assert (
            payment.refunded == sum(one.amount for one in Refund.objects.filter(status="succeeded")) == payment.amount
        )

    def test_a_lost_webhook_is_made_up_for_by_asking(self, shop: Shop) -> None:
        booking = hold()
        payment = shop.begin(booking)
        shop.pay(payment)

        reconcile_payments(now=timezone.now() + FIRST_QUESTION + timedelta(seconds=1))

        booking.refresh_from_db()
        assert booking.status == "confirmed"

    def test_a_worker_that_died_with_the_webhook_is_followed_by_another(self, shop: Shop) -> None:
        booking = hold()
        payment = shop.begin(booking)
        shop.pay(payment)
        shop.tell(payment)
        ProviderWebhook.objects.update(next_attempt_at=timezone.now() - HOLD, attempts=1)

        work()

        booking.refresh_from_db()
        assert booking.status == "confirmed"

    def test_a_provider_that_is_away_is_asked_again(self, shop: Shop) -> None:
        booking = hold()
        payment = shop.begin(booking)
        shop.pay(payment)
        shop.tell(payment)
        work()
        with use_case():
            promise_refund(booking=booking, amount=payment.money, reason="goodwill", actor_id=None, now=timezone.now())
        refund, calm = Refund.objects.get(), shop.server.mood
        shop.server.mood = servers.silent
        assert not refund_payment(refund_id=refund.id, now=timezone.now())
        shop.server.mood = calm

        refund.refresh_from_db()

        assert refund_payment(refund_id=refund.id, now=refund.next_attempt_at)
        assert len([one for one in shop.server.objects if one[0] == "refunds"]) == 1


class TestDoor:
    def test_refuses_a_huge_body_before_reading_it(self, shop: Shop) -> None:
        answer = APIClient().post(
            f"/api/v1/payments/webhooks/{shop.code}/", data=b" " * 300_000, content_type="application/json"
        )

        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"{}"])
    def test_refuses_what_nobody_vouches_for(self, shop: Shop, body: bytes) -> None:
        answer = APIClient().post(f"/api/v1/payments/webhooks/{shop.code}/", data=body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (401, "untrusted_webhook")
        assert not ProviderWebhook.objects.exists()

    def test_is_closed_for_a_provider_that_is_not_in_use(self, shop: Shop) -> None:
        assert APIClient().post("/api/v1/payments/webhooks/sandbox/", data={}).status_code == 404


class TestOrganizersOwnAccount:
    def test_takes_the_money_of_its_events(self, shop: Shop, settings: Any) -> None:
        settings.PAYMENT_PROVIDERS = []
        booking = hold()
        account = ProviderAccount.objects.create(
            organizer=booking.event.organizer,
            provider=shop.code,
            credentials=json.dumps(settings.PAYMENT_CREDENTIALS[shop.code]),
        )
        payment = shop.begin(booking)
        shop.pay(payment)

        answer = shop.tell(payment, path=f"/api/v1/payments/webhooks/{shop.code}/{account.id}/")
        work()

        booking.refresh_from_db()
        assert (answer, booking.status, payment.account_id) == (200, "confirmed", account.id)

    def test_gives_back_what_it_took_after_it_was_closed(self, shop: Shop, settings: Any) -> None:
        booking = hold()
        account = ProviderAccount.objects.create(
            organizer=booking.event.organizer,
            provider=shop.code,
            credentials=json.dumps(settings.PAYMENT_CREDENTIALS[shop.code]),
        )
        payment = shop.begin(booking)
        ProviderAccount.objects.update(closed_at=timezone.now())

        assert provider_of(payment).account_id == account.id
        assert provider_for_organizer(booking.event.organizer_id).account_id is None

    def test_does_not_hear_of_the_platforms_payments(self, shop: Shop, settings: Any) -> None:
        payment = shop.begin(hold())
        shop.pay(payment)
        account = ProviderAccount.objects.create(
            organizer=confirm().event.organizer,
            provider=shop.code,
            credentials=json.dumps(settings.PAYMENT_CREDENTIALS[shop.code]),
        )

        shop.tell(payment, path=f"/api/v1/payments/webhooks/{shop.code}/{account.id}/")
        work()

        payment.refresh_from_db()
        assert payment.status == "pending"
        assert "PaymentUnknown" in ProviderWebhook.objects.get().last_error

    def test_keeps_its_secrets_encrypted(self, shop: Shop) -> None:
        account = ProviderAccount.objects.create(
            organizer=hold().event.organizer, provider=shop.code, credentials='{"secret_key": "sk_live_1"}'
        )

        stored = ProviderAccount.objects.filter(id=account.id).extra(select={"raw": "credentials::text || ''"}).get()

        assert "sk_live_1" not in stored.raw

    def test_has_a_door_of_its_own(self, shop: Shop) -> None:
        answer = APIClient().post(f"/api/v1/payments/webhooks/{shop.code}/{uuid.uuid4()}/", data={})

        assert answer.status_code == 404
