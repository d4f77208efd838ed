"""The built-in provider: no money moves, everything else is as with a real one.

It keeps books of its own (bookings/models/sandbox.py), shows a hosted page where the payer decides, and tells the
outcome by signed webhooks over HTTP (sandbox_notices.py), signed as Standard Webhooks
(https://www.standardwebhooks.com). Its calls open transactions of their own, as a call to another system would.
"""

import base64
import json
import uuid
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bookings.models import SandboxNotice, SandboxPayment, SandboxRefund
from bookings.providers.port import (
    Incoming,
    Notice,
    Outcome,
    PaymentOrder,
    ProviderPayment,
    ProviderRefund,
    ProviderRefused,
    RefundOrder,
    UntrustedWebhook,
)
from bus.wakeup import queue_after_commit
from common.ids import new_id
from common.money import Money
from common.problems import FieldProblem, InvalidInput, NotFound
from common.transactions import requires_transaction, use_case

SLOW_SECONDS = 20
REPEAT_SECONDS = 3
# How the payer lets it end: the webhooks that follow as (seconds from now, told status, repeats an earlier notice).
ENDINGS: dict[str, tuple[str, tuple[tuple[int, str, bool], ...]]] = {
    "succeed": ("succeeded", ((0, "succeeded", False),)),
    "fail": ("failed", ((0, "failed", False),)),
    "succeed_slowly": ("succeeded", ((SLOW_SECONDS, "succeeded", False),)),
    "succeed_confusingly": (
        "succeeded",
        (
            (0, "succeeded", False),
            (0, "succeeded", True),
            (REPEAT_SECONDS, "pending", False),
            (REPEAT_SECONDS, "succeeded", True),
        ),
    ),
}


class SandboxProvider:
    code = "sandbox"
    account_id: uuid.UUID | None = None

    def create_payment(self, order: PaymentOrder) -> ProviderPayment:
        with use_case():
            payment, _ = SandboxPayment.objects.get_or_create(
                idempotency_key=order.key,
                defaults={
                    "amount": order.amount.amount,
                    "currency": order.amount.currency,
                    "description": order.description[:200],
                    "return_url": order.return_url,
                },
            )
        return _told(payment)

    def fetch_payment(self, provider_payment_id: str) -> ProviderPayment:
        return _told(SandboxPayment.objects.get(id=provider_payment_id))

    def refund(self, order: RefundOrder) -> ProviderRefund:
        with use_case():
            payment = SandboxPayment.objects.get(id=order.provider_payment_id)
            refund, is_new = SandboxRefund.objects.get_or_create(
                idempotency_key=order.key, defaults={"payment": payment, "amount": order.amount.amount}
            )
            if is_new:
                paid = SandboxPayment.objects.filter(id=payment.id, status=SandboxPayment.Status.SUCCEEDED)
                if not paid.update(refunded=F("refunded") + order.amount.amount):
                    raise ProviderRefused("the sandbox has no such money")
                _notify(payment, {"type": "refund.changed", "refund_id": str(refund.id)}, due_at=timezone.now())
        return _told_of_refund(refund)

    def fetch_refund(self, provider_refund_id: str) -> ProviderRefund:
        return _told_of_refund(SandboxRefund.objects.select_related("payment").get(id=provider_refund_id))

    def verify_webhook(self, incoming: Incoming, *, now: datetime) -> Notice:
        body = incoming.body
        try:
            signing_key().verify(body, dict(incoming.headers), json_parse=False)
        # What isn't even text, or has no numbers where they belong, was not signed by the sandbox either.
        except (WebhookVerificationError, ValueError) as error:
            raise UntrustedWebhook() from error
        try:
            payload = json.loads(body)
            _payment_in(payload)
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise InvalidInput(errors=(FieldProblem("", "unreadable", str(error)),)) from error
        return Notice(id=incoming.headers["webhook-id"], payload=payload)

    def read_notice(self, payload: dict[str, Any]) -> ProviderPayment | ProviderRefund | None:
        if payload["type"] == "refund.changed":
            return self.fetch_refund(payload["refund_id"])
        return _payment_in(payload)


def _payment_in(payload: dict[str, Any]) -> ProviderPayment | None:
    if payload["type"] != "payment.changed":
        return None
    told = payload["payment"]
    return ProviderPayment(
        id=told["id"],
        key=told["key"],
        outcome=told["status"],
        amount=Money.from_json(told["amount"]),
        failure="declined" if told["status"] == "failed" else "",
    )


def signing_key() -> Webhook:
    """Return the key that both sides share: made from SECRET_KEY, since both sides are us."""
    secret = salted_hmac("bookings.sandbox", "webhooks", algorithm="sha256").digest()
    return Webhook(base64.b64encode(secret).decode())


def get_sandbox_payment(*, payment_id: uuid.UUID) -> SandboxPayment:
    """Return a payment for its hosted page.

    Raises:
        NotFound: there is none, or the sandbox is not in use.
    """
    payment = SandboxPayment.objects.filter(id=payment_id).first()
    if payment is None or SandboxProvider.code not in settings.PAYMENT_PROVIDERS:
        raise NotFound()
    return payment


@requires_transaction
def end_sandbox_payment(*, payment_id: uuid.UUID, ending: str, now: datetime) -> SandboxPayment:
    """Let the payer's decision happen, once; decided again, it stays as it was.

    Raises:
        NotFound: there is no such payment or ending.
    """
    payment = get_sandbox_payment(payment_id=payment_id)
    if ending not in ENDINGS:
        raise NotFound()
    status, notices = ENDINGS[ending]
    pending = SandboxPayment.objects.filter(id=payment.id, status=SandboxPayment.Status.PENDING)
    if not pending.update(status=status):
        return payment
    notice_id = ""
    for seconds, told_status, repeats in notices:
        body = {"type": "payment.changed", "payment": _as_json(payment, told_status)}
        due_at = now + timedelta(seconds=seconds)
        notice_id = _notify(payment, body, due_at=due_at, notice_id=notice_id if repeats else "")
    return payment


def _notify(payment: SandboxPayment, body: dict[str, Any], *, due_at: datetime, notice_id: str = "") -> str:
    notice_id = notice_id or f"msg_{new_id().hex}"
    SandboxNotice.objects.create(payment=payment, notice_id=notice_id, body=body, due_at=due_at)
    queue_after_commit("bookings.send_sandbox_notices", [], queue="webhooks")
    return notice_id


def _as_json(payment: SandboxPayment, status: str) -> dict[str, Any]:
    amount = Money(payment.amount, payment.currency).as_json()
    return {"id": str(payment.id), "key": payment.idempotency_key, "status": status, "amount": amount}


def _told(payment: SandboxPayment) -> ProviderPayment:
    path = reverse("bookings:sandbox_payment", kwargs={"payment_id": payment.id})
    return ProviderPayment(
        id=str(payment.id),
        key=payment.idempotency_key,
        outcome=cast("Outcome", payment.status),
        amount=Money(payment.amount, payment.currency),
        confirmation_url=f"{settings.PUBLIC_URL}{path}",
        failure="declined" if payment.status == SandboxPayment.Status.FAILED else "",
    )


def _told_of_refund(refund: SandboxRefund) -> ProviderRefund:
    return ProviderRefund(
        id=str(refund.id),
        key=refund.idempotency_key,
        outcome="succeeded",
        amount=Money(refund.amount, refund.payment.currency),
        provider_payment_id=str(refund.payment_id),
    )
