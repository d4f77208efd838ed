"""Settle a refund by what its provider says, in any order and any number of times.

A refund gives money back and does nothing else: a ticket is void only when its booking ends. What was given back in the
provider's own pages, without asking here, is written down as such, so that it can't be promised a second time.
"""

import re
import uuid
from datetime import datetime

import structlog
from django.db.models import F, QuerySet

from audit.services.record_entry import record_entry
from bookings.domain_events import BookingRefunded, told_of
from bookings.models import Booking, Payment, Refund
from bookings.providers.port import ProviderRefund
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction

log = structlog.get_logger(__name__)

OUR_KEY = re.compile(r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?:-([0-9]{1,4}))?")


class RefundMismatch(RuntimeError):
    """The provider speaks of money that can't have gone back: somebody has to look at it."""


@requires_transaction
def settle_refund(*, provider: str, account_id: uuid.UUID | None, told: ProviderRefund, now: datetime) -> None:
    """Apply what the provider says; what is known already changes nothing.

    Raises:
        RefundMismatch: there is no such payment or refund, or the amounts don't fit.
    """
    payments = Payment.objects.filter(provider=provider, account_id=account_id)
    if told.key:
        refund = _refund_with(told.key, payments)
        if refund is not None:
            settle_own_refund(refund=refund, told=told, now=now)
        return
    if (
        told.outcome == "succeeded"
        and not Refund.objects.filter(payment__in=payments, provider_refund_id=told.id).exists()
    ):
        _write_down_foreign(_payment_of(told, payments), told, now)


@requires_transaction
def settle_own_refund(*, refund: Refund, told: ProviderRefund, now: datetime) -> bool:
    """Apply the answer to the refund's present key; return whether it is done now.

    Raises:
        RefundMismatch: the amounts differ.
    """
    if told.amount != refund.money:
        raise RefundMismatch(f"{refund.id}: {told.amount} instead of {refund.money}")
    unsettled = Refund.objects.filter(id=refund.id, refusals=refund.refusals).exclude(status=Refund.Status.SUCCEEDED)
    settled = {"settled_at": now, "lease_expires_at": None}
    if told.outcome == "succeeded":
        done = unsettled.update(status=Refund.Status.SUCCEEDED, provider_refund_id=told.id, last_error="", **settled)
        if done:
            _tell(refund)
        return bool(done)
    if told.outcome == "failed":
        # The next attempt is another one to the provider: it remembers this key with its refusal.
        # Also after it was told as done: a bank may send the money back.
        Refund.objects.filter(id=refund.id, refusals=refund.refusals).update(
            status=Refund.Status.FAILED,
            provider_refund_id="",
            refusals=F("refusals") + 1,
            last_error=f"refused: {told.failure}"[:2000],
            **settled,
        )
        return False
    unsettled.filter(status=Refund.Status.PENDING).update(provider_refund_id=told.id, lease_expires_at=None)
    return False


def _tell(refund: Refund) -> None:
    booking = Booking.objects.told().get(payments=refund.payment_id)
    record_fact(BookingRefunded(**told_of(booking), refund_id=refund.id, refund=refund.amount, why=refund.reason))


def _refund_with(key: str, payments: QuerySet[Payment]) -> Refund | None:
    """Return the refund of this key, unless a later attempt has a newer one."""
    match = OUR_KEY.fullmatch(key)
    if match is None:
        raise RefundMismatch(f"no refund has the key {key}")
    refund = Refund.objects.filter(id=match[1], payment__in=payments).first()
    if refund is None:
        raise RefundMismatch(f"no refund has the key {key}")
    return refund if refund.refusals == int(match[2] or 0) else None


def _payment_of(told: ProviderRefund, payments: QuerySet[Payment]) -> Payment:
    """Find what was paid back, by our own key or by the provider's."""
    mine = (
        payments.filter(id=told.payment_key)
        if OUR_KEY.fullmatch(told.payment_key)
        else payments.filter(provider_payment_id=told.provider_payment_id).exclude(provider_payment_id="")
    )
    payment = mine.first()
    if payment is None:
        raise RefundMismatch(f"no payment belongs to the refund {told.id}")
    return payment


def _write_down_foreign(payment: Payment, told: ProviderRefund, now: datetime) -> None:
    enough = Payment.objects.succeeded().filter(id=payment.id, amount__gte=F("refunded") + told.amount.amount)
    if not enough.update(refunded=F("refunded") + told.amount.amount):
        raise RefundMismatch(f"{payment.id}: {told.amount} is more than is left of it")
    refund = Refund.objects.create(
        payment=payment,
        amount=told.amount.amount,
        currency=told.amount.currency,
        reason=Refund.Reason.AT_PROVIDER,
        status=Refund.Status.SUCCEEDED,
        provider_refund_id=told.id,
        next_attempt_at=now,
        settled_at=now,
    )
    record_entry(
        actor_id=None,
        action="bookings.refund",
        target_type="bookings.payment",
        target_id=str(payment.id),
        changes={"refunded": [str(payment.refunded), str(payment.refunded + told.amount.amount)]},
        reason=Refund.Reason.AT_PROVIDER,
    )
    _tell(refund)
    log.warning("payment.refunded_elsewhere", payment_id=str(payment.id))
