"""Do a promised refund: two transactions around the call to the provider.

First a lease is taken, then the provider is asked with the refund's key (asked again after a crash, it gives the money
back once), then the outcome is written down, unless another worker has taken the lease over meanwhile. A refund that
the provider has taken on, and not yet done, is asked about until it is.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import F, QuerySet

from bookings.models import Refund
from bookings.providers.port import ProviderRefund, ProviderRefused, ProviderUnavailable, RefundOrder
from bookings.providers.registry import provider_of
from bookings.services.settle_refund import settle_own_refund
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
    try:
        told = _ask(refund)
        return _write_down(refund, told, now)
    except ProviderRefused as error:
        log.warning("payment.refund_refused", refund_id=str(refund.id), error=str(error))
        _record_refusal(refund, str(error), now)
        return False
    except ProviderUnavailable as error:
        log.warning("payment.refund_failed", refund_id=str(refund.id), error=str(error))
        _put_off(refund, str(error), now)
        return False
    except Exception as error:
        # Asked again with the same key, and shown to a person in the end: it must not hold up the refunds behind it.
        log.exception("payment.refund_broken", refund_id=str(refund.id))
        _put_off(refund, f"{type(error).__name__}: {error}", now)
        return False


def _ask(refund: Refund) -> ProviderRefund:
    provider = provider_of(refund.payment)
    if refund.provider_refund_id:
        return provider.fetch_refund(refund.provider_refund_id)
    order = RefundOrder(
        key=refund.provider_key,
        provider_payment_id=refund.payment.provider_payment_id,
        amount=refund.money,
        email=refund.payment.booking.user.email,
    )
    return provider.refund(order)


def _take_lease(refund_id: uuid.UUID, now: datetime) -> Refund | None:
    with use_case():
        due = Refund.objects.due(now).filter(id=refund_id)
        if not due.update(lease_expires_at=now + LEASE, attempts=F("attempts") + 1):
            return None
        return Refund.objects.select_related("payment__account", "payment__booking__user").get(id=refund_id)


def _write_down(refund: Refund, told: ProviderRefund, now: datetime) -> bool:
    with use_case():
        if not _mine(refund).exists():
            return False
        if told.outcome == "pending":
            # A bank takes days: asking is no failure, however often, and failures before an answer are over.
            _mine(refund).update(next_attempt_at=now + _delay(refund.polls + 1), polls=F("polls") + 1, attempts=0)
        return settle_own_refund(refund=refund, told=told, now=now)


def _record_refusal(refund: Refund, error: str, now: datetime) -> None:
    with use_case():
        _mine(refund).update(
            status=Refund.Status.FAILED,
            refusals=F("refusals") + 1,
            settled_at=now,
            lease_expires_at=None,
            last_error=error[:2000],
        )


def _put_off(refund: Refund, error: str, now: datetime) -> None:
    outcome: dict[str, object] = {"next_attempt_at": now + _delay(refund.attempts)}
    if refund.attempts >= MAX_ATTEMPTS:
        outcome = {"status": Refund.Status.FAILED, "settled_at": now}
    with use_case():
        _mine(refund).update(lease_expires_at=None, last_error=error[:2000], **outcome)


def _mine(refund: Refund) -> QuerySet[Refund]:
    """Return the refund while this worker's lease holds."""
    return Refund.objects.filter(id=refund.id, status=Refund.Status.PENDING, lease_expires_at=refund.lease_expires_at)


def _delay(number: int) -> timedelta:
    return timedelta(seconds=min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(number, 10)))
