"""Promise money back: from here on it can't be promised again, and a job sees that the provider does it."""

import uuid
from datetime import datetime

from django.db.models import F

from audit.services.record_entry import record_entry
from bookings.models import Booking, Payment, Refund
from bus.wakeup import queue_after_commit
from common.money import Money
from common.transactions import requires_transaction


class RefundExceedsPayment(RuntimeError):
    """More was to be given back than is left of the payments: a defect of the caller."""


@requires_transaction
def promise_refund(*, booking: Booking, amount: Money, reason: str, actor_id: uuid.UUID | None, now: datetime) -> None:
    """Promise an amount back from the payments behind the booking, each to whoever has paid it.

    Raises:
        RefundExceedsPayment: the payments don't hold so much.
    """
    for payment in _payments_behind(booking):
        part = amount if amount < payment.remaining else payment.remaining
        if part:
            promise_refund_of_payment(payment=payment, amount=part, reason=reason, actor_id=actor_id, now=now)
            amount = amount - part
    if amount:
        raise RefundExceedsPayment(f"{booking.id}: {amount} too much")


@requires_transaction
def promise_refund_of_payment(
    *, payment: Payment, amount: Money, reason: str, actor_id: uuid.UUID | None, now: datetime
) -> Refund:
    """Promise an amount of one payment back: one conditional statement, so that nobody promises the same money twice.

    Raises:
        RefundExceedsPayment: the payment doesn't hold so much.
    """
    enough = Payment.objects.succeeded().filter(id=payment.id, amount__gte=F("refunded") + amount.amount)
    if not enough.update(refunded=F("refunded") + amount.amount):
        raise RefundExceedsPayment(f"{payment.id}: {amount}")
    refund = Refund.objects.create(
        payment=payment, amount=amount.amount, currency=amount.currency, reason=reason, next_attempt_at=now
    )
    record_entry(
        actor_id=actor_id,
        action="bookings.refund",
        target_type="bookings.payment",
        target_id=str(payment.id),
        changes={"refunded": [str(payment.refunded), str(payment.refunded + amount.amount)]},
        reason=reason,
    )
    queue_after_commit("bookings.refund_payment", [str(refund.id)], queue="critical")
    return refund


def refundable_of(*, booking: Booking) -> Money:
    """Return what is left of the payments behind the booking."""
    return sum((one.remaining for one in _payments_behind(booking)), Money.zero(booking.currency))


def _payments_behind(booking: Booking) -> list[Payment]:
    """Return the booking's own payments, then those of the booking that its seats were handed over from; oldest first.

    Own ones first: what somebody has paid on top for a seat that was given to them never comes out of the giver's money.
    """
    behind = Payment.objects.refundable().filter(booking_id__in=[booking.id, booking.payer_id])
    return sorted(behind.order_by("created_at", "id"), key=lambda one: one.booking_id != booking.id)
