"""Do a promised refund: two transactions around the call to the provider.

First a lease is taken, then the provider is asked with the refund's id as key (asked again after a crash, it gives the
money back once), then the outcome is written down, unless another worker has taken the lease over meanwhile.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import F

from bookings.models import Refund
from bookings.providers.port import ProviderUnavailable, RefundOrder
from bookings.providers.registry import provider_named
from common.transactions import use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 3600


def refund_payment(*, refund_id: uuid.UUID, now: datetime) -> bool:
    """Ask the provider for one refund; return whether it was done now."""
    refund = _take_lease(refund_id, now)
    if refund is None:
        return False
    order = RefundOrder(key=str(refund.id), provider_payment_id=refund.payment.provider_payment_id, amount=refund.money)
    try:
        provider_refund_id = provider_named(refund.payment.provider).refund(order)
    except ProviderUnavailable as error:
        log.warning("payment.refund_failed", refund_id=str(refund.id), error=str(error))
        _record_failure(refund, str(error), now)
        return False
    return _write_down(refund, provider_refund_id, now)


def _take_lease(refund_id: uuid.UUID, now: datetime) -> Refund | None:
    with use_case():
        due = Refund.objects.due(now).filter(id=refund_id)
        if not due.update(lease_expires_at=now + LEASE, attempts=F("attempts") + 1):
            return None
        return Refund.objects.select_related("payment").get(id=refund_id)


def _write_down(refund: Refund, provider_refund_id: str, now: datetime) -> bool:
    with use_case():
        mine = Refund.objects.filter(
            id=refund.id, status=Refund.Status.PENDING, lease_expires_at=refund.lease_expires_at
        )
        done = mine.update(
            status=Refund.Status.SUCCEEDED,
            provider_refund_id=provider_refund_id,
            settled_at=now,
            lease_expires_at=None,
            last_error="",
        )
    return bool(done)


def _record_failure(refund: Refund, error: str, now: datetime) -> None:
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**refund.attempts)
    outcome: dict[str, object] = {"next_attempt_at": now + timedelta(seconds=delay)}
    if refund.attempts >= MAX_ATTEMPTS:
        outcome = {"status": Refund.Status.FAILED, "settled_at": now}
    with use_case():
        mine = Refund.objects.filter(
            id=refund.id, status=Refund.Status.PENDING, lease_expires_at=refund.lease_expires_at
        )
        mine.update(lease_expires_at=None, last_error=error[:2000], **outcome)
