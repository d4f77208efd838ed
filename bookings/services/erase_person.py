"""Forget what a person has said about themselves and their company; what was bought and paid stays, as the law asks.

Names on tickets, answers, addresses of offers and printed files go. Seats of what is still to come are the person's to
give back first: with them somebody would lose money.
"""

import uuid
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.models import (
    Booking,
    BookingChange,
    Payment,
    Refund,
    Ticket,
    TicketFile,
    TicketTransfer,
    WaitingEntry,
)
from bookings.models.lifecycle import BookingStatus
from common.problems import Problem
from common.transactions import requires_transaction
from events.services.complete_answers import forget_answers_of_person

STILL_TO_COME = (BookingStatus.HELD, BookingStatus.CONFIRMED)


class BookingsAhead(Problem):
    """The person has seats at events that are not over: `bookings` names them."""

    code = "bookings_ahead"
    title = "You have bookings for events that are still to come. Cancel them or hand the tickets over first."


class MoneyOnItsWay(Problem):
    """A payment or a refund of the person isn't settled yet: `bookings` names whose."""

    code = "money_on_its_way"
    title = "A payment or a refund of yours is still on its way. Try again once it has arrived."


@requires_transaction
def erase_person(*, user_id: uuid.UUID, email: str, now: datetime) -> None:
    """Erase; done again, it changes nothing. `email` is the address that others may have offered tickets to.

    Raises:
        BookingsAhead, MoneyOnItsWay
    """
    mine = Booking.objects.of_user(user_id)
    _refuse_what_is_unfinished(mine, now)
    forget_answers_of_person(user_id=user_id)
    BookingChange.objects.filter(booking__in=mine).exclude(answers=[]).update(answers=[])
    Ticket.objects.filter(booking__in=mine).exclude(holder_name="").update(holder_name="")
    TicketFile.objects.filter(booking__in=mine).delete()
    _forget_offers(user_id, email, now)
    waiting = WaitingEntry.objects.filter(user_id=user_id)
    waiting.waiting().update(status=WaitingEntry.Status.LEFT, ended_at=now)
    waiting.update(answers=[], access_code="")


def _refuse_what_is_unfinished(mine: QuerySet[Booking], now: datetime) -> None:
    """Let seats and money arrive first: a late payment would sell seats to nobody, a refund's receipt has an address."""
    ahead = mine.filter(status__in=STILL_TO_COME, event__ends_at__gt=now).order_by("event__starts_at", "id")
    if ids := list(ahead.values_list("id", flat=True)):
        raise BookingsAhead(bookings=[str(one) for one in ids])
    asked = Payment.objects.open().filter(booking=OuterRef("pk"))
    owed = Refund.objects.filter(payment__booking=OuterRef("pk")).exclude(status=Refund.Status.SUCCEEDED)
    unsettled = mine.filter(Exists(asked) | Exists(owed)).order_by("created_at", "id")
    if ids := list(unsettled.values_list("id", flat=True)):
        raise MoneyOnItsWay(bookings=[str(one) for one in ids])


def _forget_offers(user_id: uuid.UUID, email: str, now: datetime) -> None:
    """Blank the addresses of what was offered by the person or to them; a link on its way opens nothing any more."""
    given = TicketTransfer.objects.filter(Q(ticket__booking__user_id=user_id) | Q(email__iexact=email))
    ids = list(given.exclude(email="").values_list("id", flat=True))
    offers = TicketTransfer.objects.filter(id__in=ids)
    offers.open().update(status=TicketTransfer.Status.ENDED, ended_at=now)
    offers.update(email="")
