"""Hand a ticket over, second half: the receiver accepts and has a booking of their own.

The seat stays sold, so no counter moves. The ticket gets a new code; the old one opens nothing. The receiver's booking
takes over its share of the price: what is refunded for it goes back to whoever paid. When the giver has no ticket left,
their booking ends.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from django.db.models import F
from django.utils.translation import gettext_noop

from bookings.domain_events import BookingCancelled, BookingConfirmed, TicketTransferred, told_of
from bookings.models import Booking, BookingItem, Ticket, TicketTransfer
from bookings.models.ticket_code import new_code
from bookings.selectors import get_claimable_transfer
from bookings.services.change_status import change_status
from bookings.services.insert_booking import ONE_ACTIVE, AlreadyBooked
from bookings.services.offer_ticket import check_handing_over
from bus.services.record_fact import record_facts
from common.problems import NotFound
from common.transactions import requires_transaction, violations
from events.services.complete_answers import forget_answers_of_seat
from events.services.grant_access import grant_access
from events.services.withdraw_access import withdraw_access

CENT = Decimal("0.01")
HANDED_OVER = gettext_noop("all tickets were handed over")


@dataclass(frozen=True)
class Share:
    """The part of a booking's price that one seat is."""

    amount: Decimal
    discount: Decimal
    points: Decimal
    points_worth: Decimal


@requires_transaction
def claim_ticket(*, user_id: uuid.UUID, token: str, now: datetime) -> Booking:
    """Return the receiver's booking.

    Raises:
        NotFound: the link is too old, was used, or was taken back.
        AlreadyBooked: the receiver has a booking of this event; also the giver, of course.
        InvalidTransition, CancellationClosed, TicketAlreadyUsed
    """
    transfer = get_claimable_transfer(token=token, now=now)
    Booking.objects.locked().get(id=transfer.ticket.booking_id)
    giver = Booking.objects.told().select_related("user").get(id=transfer.ticket.booking_id)
    ticket = check_handing_over(booking=giver, ticket_id=transfer.ticket_id, now=now)
    present = Booking.objects.active().of_user(user_id).filter(event_id=giver.event_id).first()
    if present is not None:
        raise AlreadyBooked(booking_id=str(present.id))
    accepted = TicketTransfer.objects.claimable(now).filter(id=transfer.id)
    if not accepted.update(status=TicketTransfer.Status.ACCEPTED, accepted_by=user_id, ended_at=now):
        raise NotFound()
    return _hand_over(giver, ticket, user_id, now)


def _hand_over(giver: Booking, ticket: Ticket, user_id: uuid.UUID, now: datetime) -> Booking:
    item = next(one for one in giver.items.all() if one.ticket_type_id == ticket.ticket_type_id)
    share = _share(giver, item)
    _forget_answers(ticket)
    receiver = _receive(giver, item, share, user_id, now)
    Ticket.objects.filter(id=ticket.id).update(voided_at=now)
    Ticket.objects.create(booking=receiver, ticket_type_id=ticket.ticket_type_id, code=new_code())
    grant_access(user_id=user_id, event_id=giver.event_id)
    if giver.seats > 1:
        _give_away(giver, item, share)
        told = told_of(Booking.objects.told().get(id=giver.id))
        ended = []
    else:
        last = change_status(
            booking_id=giver.id,
            action="cancel",
            cancelled_at=now,
            cancelled_by=Booking.CancelledBy.TRANSFER,
            cancel_reason=HANDED_OVER,
        )
        withdraw_access(user_id=giver.user_id, event_id=giver.event_id)
        told = told_of(last)
        ended = [BookingCancelled(**told, cancelled_by=Booking.CancelledBy.TRANSFER, refund=Decimal(0))]
    handed = TicketTransferred(**told, ticket_id=ticket.id, receiver_id=user_id, receiver_booking_id=receiver.id)
    record_facts([handed, *ended, BookingConfirmed(**told_of(receiver))])
    return receiver


def _forget_answers(ticket: Ticket) -> None:
    """What the giver has answered for this seat is nothing about the receiver, who is asked anew."""
    before = Ticket.objects.of_booking(ticket.booking_id).valid().filter(ticket_type_id=ticket.ticket_type_id)
    forget_answers_of_seat(
        booking_id=ticket.booking_id,
        ticket_type_id=ticket.ticket_type_id,
        seat=before.filter(id__lte=ticket.id).count(),
    )


def _share(giver: Booking, item: BookingItem) -> Share:
    """Return what the seat is of the giver's booking; the last one takes everything that is left."""
    points_left = giver.points - giver.points_returned
    if giver.seats == 1:
        return Share(giver.amount, giver.discount, points_left, giver.points_worth)
    whole = sum((one.net.amount for one in giver.items.all()), Decimal(0))
    discount = (item.discount / item.quantity).quantize(CENT, rounding=ROUND_DOWN)
    price = item.unit_price - discount

    def part_of(total: Decimal) -> Decimal:
        return (total * price / whole).quantize(CENT, rounding=ROUND_DOWN) if whole else Decimal(0)

    worth = part_of(giver.points_worth)
    # Seats that were given for nothing have a price and no amount.
    amount = min(price - worth, giver.amount)
    return Share(amount=amount, discount=discount, points=part_of(points_left), points_worth=worth)


def _receive(giver: Booking, item: BookingItem, share: Share, user_id: uuid.UUID, now: datetime) -> Booking:
    receiver = Booking(
        user_id=user_id,
        event=giver.event,
        source_id=giver.payer_id,
        status=Booking.Status.CONFIRMED,
        seats=1,
        amount=share.amount,
        currency=giver.currency,
        promo_code=giver.promo_code,
        discount=share.discount,
        points=share.points,
        points_worth=share.points_worth,
        refund_policy=giver.refund_policy,
        cancellable_hours_before=giver.cancellable_hours_before,
        hold_expires_at=giver.hold_expires_at,
        confirmed_at=now,
        # What the event promised when the seat was booked counts on.
        created_at=giver.created_at,
    )
    with violations({ONE_ACTIVE: AlreadyBooked}):
        receiver.save(force_insert=True)
    BookingItem.objects.create(
        booking=receiver,
        ticket_type_id=item.ticket_type_id,
        name=item.name,
        quantity=1,
        unit_price=item.unit_price,
        discount=share.discount,
        currency=item.currency,
    )
    return Booking.objects.told().get(id=receiver.id)


def _give_away(giver: Booking, item: BookingItem, share: Share) -> None:
    if item.quantity == 1:
        item.delete()
    else:
        BookingItem.objects.filter(id=item.id).update(
            quantity=F("quantity") - 1, discount=F("discount") - share.discount
        )
    Booking.objects.filter(id=giver.id).update(
        seats=F("seats") - 1,
        amount=F("amount") - share.amount,
        discount=F("discount") - share.discount,
        points=F("points") - share.points,
        points_worth=F("points_worth") - share.points_worth,
        version=F("version") + 1,
    )
