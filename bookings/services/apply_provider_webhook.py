"""Apply a stored webhook: once, again later when it fails, and parked in the end.

A provider may have to be asked about what it told, so there are two transactions around that: the first takes a lease,
the second writes down what came of it.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import F

from bookings.models import Payment, ProviderWebhook
from bookings.providers.port import ProviderPayment, ProviderRefund, ProviderRefused, ProviderUnavailable
from bookings.providers.registry import provider_of_webhook
from bookings.services.settle_payment import settle_payment
from bookings.services.settle_refund import settle_refund
from common.transactions import requires_transaction, use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 10
FIRST_DELAY_SECONDS = 2
LONGEST_DELAY_SECONDS = 600


class PaymentUnknown(RuntimeError):
    """A webhook speaks of a payment that was never asked for."""


def apply_provider_webhook(*, webhook_id: uuid.UUID, now: datetime) -> bool:
    """Take up one webhook; return whether it was applied now."""
    webhook = _take_lease(webhook_id, now)
    if webhook is None:
        return False
    try:
        told = provider_of_webhook(webhook.provider, webhook.account_id).read_notice(webhook.body)
        with use_case():
            return _apply(webhook, told, now)
    except (ProviderUnavailable, ProviderRefused) as error:
        log.warning("payment.webhook_not_confirmed", webhook_id=str(webhook_id), error=str(error))
        _record_failure(webhook, f"{type(error).__name__}: {error}", now)
    except Exception as error:
        log.exception("payment.webhook_failed", webhook_id=str(webhook_id))
        _record_failure(webhook, f"{type(error).__name__}: {error}", now)
    return False


def _take_lease(webhook_id: uuid.UUID, now: datetime) -> ProviderWebhook | None:
    """Keep others away while the provider is asked; should this worker die, the sweep comes after the lease."""
    with use_case():
        due = ProviderWebhook.objects.due(now).filter(id=webhook_id)
        if not due.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1):
            return None
        return ProviderWebhook.objects.get(id=webhook_id)


@requires_transaction
def _apply(webhook: ProviderWebhook, told: ProviderPayment | ProviderRefund | None, now: datetime) -> bool:
    # First, so that a second worker, after a lapsed lease, finds nothing to do.
    mine = ProviderWebhook.objects.filter(id=webhook.id, status=ProviderWebhook.Status.RECEIVED)
    if not mine.update(status=ProviderWebhook.Status.APPLIED, applied_at=now, last_error=""):
        return False
    if isinstance(told, ProviderPayment):
        settle_payment(payment=_payment_of(webhook, told), told=told, now=now)
    elif isinstance(told, ProviderRefund):
        settle_refund(provider=webhook.provider, account_id=webhook.account_id, told=told, now=now)
    return True


def _payment_of(webhook: ProviderWebhook, told: ProviderPayment) -> Payment:
    """Find the payment by our own key: a webhook may come before we have written down the provider's id."""
    payments = Payment.objects.filter(provider=webhook.provider, account_id=webhook.account_id)
    payment = payments.filter(id=told.key).first() if _is_id(told.key) else None
    if payment is None:
        raise PaymentUnknown(f"{webhook.provider} {told.id}")
    return payment


def _is_id(key: str) -> bool:
    try:
        uuid.UUID(key)
    except ValueError:
        return False
    return True


def _record_failure(webhook: ProviderWebhook, error: str, now: datetime) -> None:
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**webhook.attempts)
    status = ProviderWebhook.Status.PARKED if webhook.attempts >= MAX_ATTEMPTS else ProviderWebhook.Status.RECEIVED
    with use_case():
        ProviderWebhook.objects.filter(id=webhook.id, status=ProviderWebhook.Status.RECEIVED).update(
            status=status, last_error=error[:2000], next_attempt_at=now + timedelta(seconds=delay)
        )
