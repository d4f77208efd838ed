"""Settle a payment by what its provider says, in any order and any number of times.

A success confirms the hold. When the hold has expired, the seats are taken again if they are free; when they are not,
when the booking was cancelled, or when it was paid already, the money goes back in full.
"""

from datetime import datetime

import structlog
from django.db import transaction

from bookings.models import Booking, Payment, Refund
from bookings.models.payment import RefundReason
from bookings.ports import points
from bookings.providers.port import ProviderPayment
from bookings.services.apply_change import apply_paid_change
from bookings.services.change_status import change_status
from bookings.services.confirm_booking import admit, confirm_booking
from bookings.services.insert_booking import ONE_ACTIVE, AlreadyBooked
from bookings.services.promise_refund import promise_refund_of_payment
from common.problems import Problem
from common.transactions import requires_transaction, violations
from events.services.take_promo_use import take_promo_use
from events.services.take_seats import take_seats

log = structlog.get_logger(__name__)

UNSUCCESSFUL = (Payment.Status.CREATED, Payment.Status.PENDING, Payment.Status.FAILED)


class PaymentMismatch(RuntimeError):
    """The provider speaks of another amount than was asked for: somebody has to look at it."""


@requires_transaction
def settle_payment(*, payment: Payment, told: ProviderPayment, now: datetime) -> None:
    """Apply what the provider says; what is known already, or is older than what is known, changes nothing.

    Raises:
        PaymentMismatch: the amounts differ.
    """
    if told.amount != payment.money:
        raise PaymentMismatch(f"{payment.id}: {told.amount} instead of {payment.money}")
    if told.outcome == "succeeded":
        _succeed(payment, told, now)
    elif told.outcome == "failed":
        Payment.objects.open().filter(id=payment.id).update(
            status=Payment.Status.FAILED,
            provider_payment_id=told.id,
            failure=told.failure[:200],
            settled_at=now,
            lease_expires_at=None,
        )


def _succeed(payment: Payment, told: ProviderPayment, now: datetime) -> None:
    # Booking before payment, as everywhere: a cancellation goes the same way.
    booking = Booking.objects.locked().get(id=payment.booking_id)
    unsettled = Payment.objects.filter(id=payment.id, status__in=UNSUCCESSFUL)
    facts = {"provider_payment_id": told.id, "settled_at": now, "lease_expires_at": None, "failure": ""}
    if not unsettled.update(status=Payment.Status.SUCCEEDED, **facts):
        return
    if payment.change_id:
        # Whoever was let in meanwhile has used the old seats: new tickets would let more people in.
        is_unused = booking.status == Booking.Status.CONFIRMED
        if not (is_unused and apply_paid_change(change_id=payment.change_id, now=now)):
            _give_back(payment, Refund.Reason.LATE_PAYMENT, now)
    elif booking.status == Booking.Status.HELD:
        confirm_booking(booking_id=booking.id, now=now)
    elif booking.status != Booking.Status.EXPIRED:
        late = booking.status == Booking.Status.CANCELLED
        _give_back(payment, Refund.Reason.LATE_PAYMENT if late else Refund.Reason.PAID_TWICE, now)
    elif not _revive(booking, now):
        _give_back(payment, Refund.Reason.LATE_PAYMENT, now)


def _revive(booking: Booking, now: datetime) -> bool:
    """Take the seats of an expired hold again; return False when they are gone or the person has booked anew."""
    try:
        with transaction.atomic():
            # The status first: waiting for the person's new booking must not happen with seats in hand.
            with violations({ONE_ACTIVE: AlreadyBooked}):
                revived = change_status(booking_id=booking.id, action="revive", confirmed_at=now, expired_at=None)
            if booking.points:
                points().reserve(booking_id=booking.id, user_id=booking.user_id, points=booking.points, now=now)
            take_seats(event_id=booking.event_id, quantities=booking.quantities)
            if booking.promo_code_id:
                take_promo_use(promo_code_id=booking.promo_code_id, user_id=booking.user_id)
    except Problem as refusal:
        log.info("payment.came_too_late", booking_id=str(booking.id), why=refusal.code)
        return False
    admit(booking=revived, now=now)
    return True


def _give_back(payment: Payment, reason: RefundReason, now: datetime) -> None:
    payment.refresh_from_db()
    promise_refund_of_payment(payment=payment, amount=payment.money, reason=reason, actor_id=None, now=now)
