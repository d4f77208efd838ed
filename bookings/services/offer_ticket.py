"""Hand a ticket over, first half: offer it by e-mail. The link that is mailed is the only way to it, for 48 hours."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.services.queue_mail import queue_mail
from bookings.models import Booking, Payment, Ticket, TicketTransfer
from bookings.models.lifecycle import allowed_from
from bookings.selectors import get_booking_of_user, get_open_change
from bookings.services.cancel_booking import check_cancellable
from bookings.services.change_booking import ChangeInProgress
from bookings.services.change_status import InvalidTransition
from bookings.services.check_in_ticket import TicketAlreadyUsed
from common.problems import NotFound, Problem
from common.transactions import requires_transaction

CLAIM_WITHIN = timedelta(hours=48)
# Mails to addresses that nobody has confirmed: enough for a family's tickets and some typing errors.
MOST_A_DAY = 30
DAY = timedelta(days=1)


class TicketOnItsWay(Problem):
    """The ticket was offered to somebody until `expires_at`."""

    code = "ticket_on_its_way"
    title = "This ticket is being handed over already. Take it back first."


class OfferedToGiver(Problem):
    """The address is the giver's own: the ticket is theirs already."""

    code = "offered_to_giver"
    title = "This is your own address: the ticket is yours already."


class TooManyOffers(Problem):
    """The person has had so many links mailed within a day: `most`."""

    code = "too_many_offers"
    status = 429
    title = "You have offered as many tickets as possible for today."


class ChangedSinceHandedOver(Problem):
    """The seats were handed over to this person, who has paid for other ones since: two people's money is in them."""

    code = "changed_since_handed_over"
    title = "You have changed these seats since they were given to you: they can't be handed on."


@requires_transaction
def offer_ticket(
    *, user_id: uuid.UUID, booking_id: uuid.UUID, ticket_id: uuid.UUID, email: str, now: datetime
) -> TicketTransfer:
    """Return the offer; until it is claimed the ticket stays the giver's and opens the door.

    Raises:
        NotFound: the booking isn't the user's, or has no such ticket.
        InvalidTransition, CancellationClosed, TicketAlreadyUsed, TicketOnItsWay, ChangedSinceHandedOver
        OfferedToGiver, TooManyOffers
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)
    Booking.objects.locked().get(id=booking_id)
    booking = get_booking_of_user(user_id=user_id, booking_id=booking_id)
    ticket = check_handing_over(booking=booking, ticket_id=ticket_id, now=now)
    if email.casefold() == booking.user.email.casefold():
        raise OfferedToGiver()
    offers = TicketTransfer.objects.open().filter(ticket=ticket)
    present = offers.filter(expires_at__gt=now).first()
    if present is not None:
        raise TicketOnItsWay(expires_at=present.expires_at)
    _check_day(user_id, now)
    offers.update(status=TicketTransfer.Status.ENDED, ended_at=now)
    token = secrets.token_urlsafe(32)
    transfer = TicketTransfer.objects.create(
        ticket=ticket, email=email, token_digest=digest_of(token), expires_at=now + CLAIM_WITHIN, created_at=now
    )
    _mail(booking, email, token)
    return transfer


def _check_day(user_id: uuid.UUID, now: datetime) -> None:
    """Count the person's offers of the last day, those taken back included: the mails went out."""
    with connection.cursor() as sql:
        # Offers of several bookings at once wait for each other, or each would see room for itself.
        sql.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"bookings.offer_ticket:{user_id}"])
    recent = TicketTransfer.objects.filter(ticket__booking__user_id=user_id, created_at__gt=now - DAY)
    told = recent.aggregate(number=Count("id"), first=Min("created_at"))
    if told["number"] >= MOST_A_DAY:
        wait = told["first"] + DAY - now
        raise TooManyOffers(most=MOST_A_DAY, headers={"Retry-After": str(int(wait.total_seconds()) + 1)})


def check_handing_over(*, booking: Booking, ticket_id: uuid.UUID, now: datetime) -> Ticket:
    """Return the ticket if it may be handed over now.

    Raises:
        NotFound, InvalidTransition, CancellationClosed, TicketAlreadyUsed, ChangeInProgress, ChangedSinceHandedOver
    """
    ticket = Ticket.objects.of_booking(booking.id).valid().filter(id=ticket_id).first()
    if ticket is None:
        raise NotFound()
    if ticket.checked_in_at is not None:
        raise TicketAlreadyUsed(checked_in_at=ticket.checked_in_at, gate=ticket.gate)
    if booking.status != Booking.Status.CONFIRMED:
        raise InvalidTransition(action="transfer", booking_status=booking.status, allowed=allowed_from(booking.status))
    check_cancellable(booking=booking, now=now)
    # The change counts on the seats that the booking had when it was begun.
    change = get_open_change(booking_id=booking.id)
    if change is not None:
        raise ChangeInProgress(hold_expires_at=change.hold_expires_at)
    # A refund goes to whoever has paid, and a receiver's booking remembers one booking before it.
    if booking.source_id and Payment.objects.succeeded().filter(booking=booking).exists():
        raise ChangedSinceHandedOver()
    return ticket


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _mail(booking: Booking, email: str, token: str) -> None:
    link = settings.PUBLIC_URL + reverse("bookings:claim", kwargs={"token": token})
    with override(booking.user.locale):
        queue_mail(
            recipient=email,
            subject=_("A ticket for you: %(title)s") % {"title": booking.event.title},
            text=_("%(name)s gives you a ticket for “%(title)s”. Open this link within 48 hours to accept it:")
            % {"name": booking.user.public_name, "title": booking.event.title}
            + f"\n\n{link}\n",
        )
