"""Start to pay for a hold: two transactions around the call to the provider.

First the intent is committed, with a lease: from then on a second request for the same booking finds it and asks the
provider for nothing. Then, with no lock held, the provider is asked; its key is the intent's id, so an answer that got
lost is asked for again without a second payment. Last, what it answered is written down.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from bookings.models import Booking, Payment
from bookings.providers.port import (
    PaymentOrder,
    PaymentProvider,
    ProviderPayment,
    ProviderRefused,
    ProviderUnavailable,
    ReceiptLine,
)
from bookings.providers.registry import PaymentsUnavailable, provider_of
from bookings.selectors import get_booking_of_user, get_open_change
from bookings.services.answer_questions import demand_answers
from bookings.services.end_change import end_overdue_change
from bookings.services.expire_holds import expire_hold
from bookings.services.settle_payment import PaymentMismatch, settle_payment
from common.money import Money
from common.problems import Problem
from common.transactions import use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
# When the webhook doesn't come, the provider is asked.
FIRST_QUESTION = timedelta(seconds=60)


class HoldExpired(Problem):
    """The seats were held for a limited time, and it is over."""

    code = "hold_expired"
    title = "The time to pay is over. Book again if there are seats left."


class NotPayable(Problem):
    """There is nothing to pay: the booking is confirmed, or was cancelled."""

    code = "not_payable"
    title = "There is nothing to pay for this booking."


class PaymentInProgress(Problem):
    """Another request is talking to the provider right now."""

    code = "payment_in_progress"
    title = "The payment is being prepared. Try again in a moment."


def start_payment(
    *, user_id: uuid.UUID, booking_id: uuid.UUID, provider: PaymentProvider, return_url: str, now: datetime
) -> Payment:
    """Return the payment with the address where the person pays; asked again, the same payment while it can be paid.

    Raises:
        NotFound: the booking isn't the user's.
        HoldExpired, NotPayable, AnswersMissing, PaymentInProgress, PaymentsUnavailable
    """
    payment = _intent(user_id, booking_id, provider, now)
    if payment.status == Payment.Status.PENDING and _has_ended(payment, provider, now):
        payment = _intent(user_id, booking_id, provider, now)
    if payment.status == Payment.Status.PENDING:
        return payment
    provider = _where_begun(payment, provider)
    try:
        told = provider.create_payment(_order(payment, return_url))
    except ProviderUnavailable as error:
        _end_lease(payment, now)
        raise PaymentsUnavailable(headers={"Retry-After": "5"}) from error
    except ProviderRefused as error:
        _give_up(payment, str(error), now)
        raise PaymentsUnavailable() from error
    return _write_down(payment, told)


def _where_begun(payment: Payment, provider: PaymentProvider) -> PaymentProvider:
    """Return who has the payment: the organizer's money may go elsewhere since, it is finished where it was begun."""
    is_same = (payment.provider, payment.account_id) == (provider.code, provider.account_id)
    return provider if is_same else provider_of(payment)


def _has_ended(payment: Payment, provider: PaymentProvider, now: datetime) -> bool:
    """Ask the provider, whose webhook may be late, and settle what it says: nobody is sent to a page that is dead."""
    try:
        told = _where_begun(payment, provider).fetch_payment(payment.provider_payment_id)
        with use_case():
            settle_payment(payment=payment, told=told, now=now)
    except (ProviderUnavailable, ProviderRefused, PaymentMismatch) as error:
        # `reconcile_payments` asks again; meanwhile the page is the best that is known.
        log.warning("payment.not_asked_about", payment_id=str(payment.id), error=str(error))
        return False
    return told.outcome != "pending"


def _order(payment: Payment, return_url: str) -> PaymentOrder:
    booking = payment.booking
    lines = tuple(
        ReceiptLine(name=f"{booking.event.title}: {item.name}", quantity=item.quantity, price=item.price)
        for item in booking.items.all()
    )
    whole = sum((line.price * line.quantity for line in lines), Money.zero(payment.currency))
    return PaymentOrder(
        key=str(payment.id),
        amount=payment.money,
        description=booking.event.title,
        return_url=return_url,
        email=booking.user.email,
        # A receipt adds up to what is paid: with a discount, or for a difference, it has one line.
        lines=lines if whole == payment.money else (),
    )


def _intent(user_id: uuid.UUID, booking_id: uuid.UUID, provider: PaymentProvider, now: datetime) -> Payment:
    payment = _commit_intent(user_id, booking_id, provider, now)
    if payment is None:
        # Outside of the transaction, in which the hold has just been ended.
        raise HoldExpired()
    return payment


def _commit_intent(
    user_id: uuid.UUID, booking_id: uuid.UUID, provider: PaymentProvider, now: datetime
) -> Payment | None:
    """Return a new intent, or the open one; None when the hold is over."""
    with use_case():
        get_booking_of_user(user_id=user_id, booking_id=booking_id)
        booking = Booking.objects.locked().get(id=booking_id)
        if booking.status == Booking.Status.EXPIRED or expire_hold(booking_id=booking_id, now=now):
            return None
        end_overdue_change(booking_id=booking_id, now=now)
        change = get_open_change(booking_id=booking_id) if booking.status == Booking.Status.CONFIRMED else None
        due = change or booking
        if not due.amount or (change is None and booking.status != Booking.Status.HELD):
            raise NotPayable(booking_status=booking.status)
        demand_answers(booking=booking)
        present = (
            Payment.objects.open()
            .select_related("account", "booking__event", "booking__user")
            .filter(booking=booking, change=change)
            .first()
        )
        if present is not None:
            return _take_up(present, now)
        return Payment.objects.create(
            booking=booking,
            provider=provider.code,
            account_id=provider.account_id,
            change=change,
            amount=due.amount,
            currency=due.currency,
            lease_expires_at=now + LEASE,
            next_attempt_at=now + FIRST_QUESTION,
            created_at=now,
        )


def _take_up(payment: Payment, now: datetime) -> Payment:
    if payment.status == Payment.Status.PENDING:
        return payment
    lapsed = Payment.objects.filter(Q(lease_expires_at__lte=now), id=payment.id, status=Payment.Status.CREATED)
    if not lapsed.update(lease_expires_at=now + LEASE):
        raise PaymentInProgress(headers={"Retry-After": "1"})
    return payment


def _give_up(payment: Payment, failure: str, now: datetime) -> None:
    """End an intent that the provider won't have; the next one has a key of its own."""
    log.error("payment.order_refused", payment_id=str(payment.id), error=failure)
    with use_case():
        Payment.objects.filter(id=payment.id, status=Payment.Status.CREATED).update(
            status=Payment.Status.FAILED, failure=failure[:200], settled_at=now, lease_expires_at=None
        )


def _end_lease(payment: Payment, now: datetime) -> None:
    with use_case():
        Payment.objects.filter(id=payment.id, status=Payment.Status.CREATED).update(lease_expires_at=now)


def _write_down(payment: Payment, told: ProviderPayment) -> Payment:
    """Remember where to pay; a webhook may have been faster, then the status stays as it is."""
    with use_case():
        facts = {"provider_payment_id": told.id, "confirmation_url": told.confirmation_url, "lease_expires_at": None}
        created = Payment.objects.filter(id=payment.id, status=Payment.Status.CREATED)
        if not created.update(status=Payment.Status.PENDING, **facts):
            Payment.objects.filter(id=payment.id).update(**facts)
    return Payment.objects.select_related("booking").get(id=payment.id)
