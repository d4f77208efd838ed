"""Apply a stored webhook: once, in its own transaction, again later when it fails, and parked in the end."""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import F

from bookings.models import Payment, ProviderWebhook
from bookings.providers.port import ProviderPayment
from bookings.providers.registry import provider_named
from bookings.services.settle_payment import settle_payment
from common.transactions import requires_transaction, use_case

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 10
FIRST_DELAY_SECONDS = 2
LONGEST_DELAY_SECONDS = 600


class PaymentUnknown(RuntimeError):
    """A webhook speaks of a payment that was never asked for."""


def apply_provider_webhook(*, webhook_id: uuid.UUID, now: datetime) -> bool:
    """Open the transaction of one webhook; return whether it was applied now."""
    try:
        with use_case():
            return _apply(webhook_id, now)
    except Exception as error:
        log.exception("payment.webhook_failed", webhook_id=str(webhook_id))
        _record_failure(webhook_id, f"{type(error).__name__}: {error}", now)
        return False


@requires_transaction
def _apply(webhook_id: uuid.UUID, now: datetime) -> bool:
    webhook = ProviderWebhook.objects.due(now).locked().filter(id=webhook_id).first()
    if webhook is None:
        return False
    told = provider_named(webhook.provider).payment_of(webhook.body)
    if told is not None:
        settle_payment(payment=_payment_of(webhook.provider, told), told=told, now=now)
    applied = ProviderWebhook.objects.filter(id=webhook.id)
    applied.update(status=ProviderWebhook.Status.APPLIED, applied_at=now, attempts=F("attempts") + 1)
    return True


def _payment_of(provider: str, told: ProviderPayment) -> Payment:
    """Find the payment by our own key: a webhook may come before we have written down the provider's id."""
    payment = Payment.objects.filter(provider=provider, id=told.key).first()
    if payment is None:
        raise PaymentUnknown(f"{provider} {told.id}")
    return payment


def _record_failure(webhook_id: uuid.UUID, error: str, now: datetime) -> None:
    with use_case():
        webhook = ProviderWebhook.objects.locked().filter(id=webhook_id, status=ProviderWebhook.Status.RECEIVED).first()
        if webhook is None:
            return
        webhook.attempts += 1
        webhook.last_error = error[:2000]
        delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**webhook.attempts)
        webhook.next_attempt_at = now + timedelta(seconds=delay)
        if webhook.attempts >= MAX_ATTEMPTS:
            webhook.status = ProviderWebhook.Status.PARKED
        webhook.save(update_fields=["attempts", "last_error", "next_attempt_at", "status"])
