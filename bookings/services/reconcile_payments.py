"""Ask the provider about payments whose webhook didn't come."""

from datetime import datetime, timedelta

import structlog

from bookings.models import Booking, Payment
from bookings.providers.port import ProviderRefused, ProviderUnavailable
from bookings.providers.registry import provider_of
from bookings.selectors import list_unsettled_payments
from bookings.services.settle_payment import settle_payment
from common.transactions import use_case

log = structlog.get_logger(__name__)

BATCH = 50
FIRST_DELAY_SECONDS = 60
LONGEST_DELAY_SECONDS = 3600


def reconcile_payments(*, now: datetime) -> int:
    """Settle what is overdue, each payment by itself; return how many the provider could tell about."""
    return sum(_reconcile(payment, now) for payment in list_unsettled_payments(now=now, limit=BATCH))


def _reconcile(payment: Payment, now: datetime) -> bool:
    delay = timedelta(seconds=min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(payment.attempts, 10)))
    with use_case():
        still = Payment.objects.open().filter(id=payment.id, next_attempt_at=payment.next_attempt_at)
        if not still.update(next_attempt_at=now + delay, attempts=payment.attempts + 1):
            return False
    if not payment.provider_payment_id:
        return _give_up(payment, now)
    try:
        told = provider_of(payment).fetch_payment(payment.provider_payment_id)
        with use_case():
            settle_payment(payment=payment, told=told, now=now)
    except (ProviderUnavailable, ProviderRefused) as error:
        log.warning("payment.not_reconciled", payment_id=str(payment.id), error=str(error))
        return False
    except Exception:
        # It must not hold up the payments behind it; it is asked about again.
        log.exception("payment.reconciliation_broken", payment_id=str(payment.id))
        return False
    return True


def _give_up(payment: Payment, now: datetime) -> bool:
    """Fail an intent that never reached the provider, once nobody can take it up any more; until then it is put off."""
    with use_case():
        abandoned = Payment.objects.filter(id=payment.id, status=Payment.Status.CREATED, lease_expires_at__lte=now)
        abandoned = abandoned.exclude(booking__status=Booking.Status.HELD)
        given_up = abandoned.update(status=Payment.Status.FAILED, failure="never_ordered", settled_at=now)
    return bool(given_up)
