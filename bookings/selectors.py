"""Reads of bookings, always scoped to who asks."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from accounts.selectors import get_managed_organizer, list_managed_organizer_ids, list_organizers_of
from bookings.models import (
    Booking,
    BookingChange,
    EventAttendance,
    EventCancellation,
    Payment,
    ProviderAccount,
    ProviderWebhook,
    Refund,
    Ticket,
    TicketTransfer,
    WaitingEntry,
)
from bookings.models.lifecycle import SOLD, BookingStatus
from common.problems import NotFound
from events.models import Answer, Event, Question, TicketType
from events.selectors.questions import list_questions_of_types
from events.services.complete_answers import missing_answers

SHORTEST_SEARCH = 2
MOST_FOUND = 50


def attended_event(*, user_id: uuid.UUID, event_id: uuid.UUID) -> bool:
    """Tell whether the user has a booking of the event that counts as attended."""
    return Booking.objects.filter(user_id=user_id, event_id=event_id, status=Booking.Status.ATTENDED).exists()


def get_booking_of_user(*, user_id: uuid.UUID, booking_id: uuid.UUID) -> Booking:
    """Return the user's own booking with its event and items.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    booking = Booking.objects.told().of_user(user_id).filter(id=booking_id).first()
    if booking is None:
        raise NotFound()
    return booking


def list_bookings_of_user(*, user_id: uuid.UUID) -> QuerySet[Booking]:
    """Return the user's bookings, newest first."""
    return Booking.objects.told().of_user(user_id).order_by("-created_at", "-id")


def list_bookings_of_event(*, manager_id: uuid.UUID, event_id: uuid.UUID) -> QuerySet[Booking]:
    """Return the bookings of an event that the person manages, with their answers, newest first.

    Raises:
        NotFound: there is no such event, or it isn't theirs.
    """
    managed = list_managed_organizer_ids(user_id=manager_id)
    if not Event.objects.filter(id=event_id, organizer_id__in=managed).exists():
        raise NotFound()
    theirs = Booking.objects.told().with_answers().select_related("user").filter(event_id=event_id)
    return theirs.order_by("-created_at", "-id")


def list_no_bookings() -> QuerySet[Booking]:
    """Return nothing, typed: the API document looks at it."""
    return Booking.objects.none()


def list_no_tickets() -> QuerySet[Ticket]:
    """Return nothing, typed: the API document looks at it."""
    return Ticket.objects.none()


def get_event_at_door(*, staff_id: uuid.UUID, event_id: uuid.UUID) -> Event:
    """Return an event of an organizer that the person works for, in any role.

    Raises:
        NotFound: there is none, or it isn't theirs.
    """
    event = Event.objects.filter(id=event_id, organizer__in=list_organizers_of(user_id=staff_id).order_by()).first()
    if event is None:
        raise NotFound()
    return event


def get_organizer_id_of_booking(*, user_id: uuid.UUID, booking_id: uuid.UUID) -> uuid.UUID:
    """Return whose event the user's own booking is for.

    Raises:
        NotFound: there is no such booking, or it is somebody else's.
    """
    return get_booking_of_user(user_id=user_id, booking_id=booking_id).event.organizer_id


def list_tickets_of_booking(*, user_id: uuid.UUID, booking_id: uuid.UUID) -> QuerySet[Ticket]:
    """Return the tickets of the user's own booking that are still valid.

    Raises:
        NotFound: the booking isn't the user's.
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)
    valid = Ticket.objects.of_booking(booking_id).valid().select_related("ticket_type")
    return valid.order_by("ticket_type__position", "id")


@dataclass(frozen=True)
class Asked:
    """What is asked for the seats of a booking, what was answered, and how many required answers lack."""

    booking: Booking
    questions: tuple[Question, ...]
    given: tuple[Answer, ...]
    missing: int

    @property
    def answers(self) -> list[dict[str, object]]:
        """The words that were asked and answered."""
        return [
            {"question": one.prompt, "ticket_type": one.ticket_type.name, "seat": one.seat, "value": one.value}
            for one in self.given
        ]


def get_asked(*, user_id: uuid.UUID, booking_id: uuid.UUID) -> Asked:
    """Return what the event asks for the seats of the user's own booking.

    Raises:
        NotFound: the booking isn't the user's.
    """
    booking = get_booking_of_user(user_id=user_id, booking_id=booking_id)
    seats = booking.quantities
    given = Answer.objects.filter(booking_id=booking_id, event_id=booking.event_id).select_related("ticket_type")
    return Asked(
        booking=booking,
        questions=tuple(list_questions_of_types(event_id=booking.event_id, ticket_type_ids=seats)),
        given=tuple(given.order_by("ticket_type__position", "ticket_type_id", "seat", "question_id")),
        missing=missing_answers(event_id=booking.event_id, booking_id=booking_id, quantities=seats),
    )


def get_last_payment(*, booking_id: uuid.UUID) -> Payment | None:
    """Return the payment that was started last."""
    return Payment.objects.filter(booking_id=booking_id).order_by("-created_at", "-id").first()


def list_refunds_of_booking(*, booking_id: uuid.UUID) -> QuerySet[Refund]:
    """Return what goes or went back."""
    return Refund.objects.filter(payment__booking_id=booking_id).order_by("created_at", "id")


def list_overdue_holds(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Return ids of holds whose time is over, the oldest first."""
    return list(Booking.objects.overdue(now).order_by("hold_expires_at", "id").values_list("id", flat=True)[:limit])


def list_overdue_changes(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Return ids of bookings with an open change whose time is over, the oldest first."""
    overdue = BookingChange.objects.overdue(now).order_by("hold_expires_at", "id")
    return list(overdue.values_list("booking_id", flat=True)[:limit])


def list_ticket_types_on_offer(
    *, event_id: uuid.UUID, access_code: str = "", also: tuple[uuid.UUID, ...] = ()
) -> QuerySet[TicketType]:
    """Return the event's ticket types that everybody may see, those that the code opens, and those in `also`."""
    seen = Q(access_code__in=["", access_code]) | Q(id__in=also)
    return TicketType.objects.filter(seen, event_id=event_id).order_by("position", "created_at", "id")


def get_claimable_transfer(*, token: str, now: datetime) -> TicketTransfer:
    """Return the offer that a link leads to, with its ticket, event and giver.

    Raises:
        NotFound: the link is too old, was used, or was taken back.
    """
    digest = hashlib.sha256(token.encode()).digest()
    transfer = TicketTransfer.objects.claimable(now).told().filter(token_digest=digest).first()
    if transfer is None:
        raise NotFound()
    return transfer


def list_open_transfers(*, booking_id: uuid.UUID, now: datetime) -> QuerySet[TicketTransfer]:
    """Return the offers of a booking's tickets that may still be accepted."""
    return TicketTransfer.objects.claimable(now).filter(ticket__booking_id=booking_id).order_by("created_at", "id")


def find_waiting_entry(*, user_id: uuid.UUID, event_id: uuid.UUID) -> WaitingEntry | None:
    """Return the user's place on the waiting list of an event: waiting, or with an offer."""
    present = WaitingEntry.objects.told().filter(user_id=user_id, event_id=event_id)
    return present.filter(status__in=["waiting", "offered"]).first()


def get_waiting_entry(*, user_id: uuid.UUID, event_id: uuid.UUID) -> WaitingEntry:
    """Return the user's place on the waiting list of an event.

    Raises:
        NotFound: they are not on it.
    """
    entry = find_waiting_entry(user_id=user_id, event_id=event_id)
    if entry is None:
        raise NotFound()
    return entry


def find_lapsed_offer(*, user_id: uuid.UUID, event_id: uuid.UUID) -> WaitingEntry | None:
    """Return the last that became of the user's wait when that was an offer whose time ran out, or None."""
    theirs = WaitingEntry.objects.told().filter(user_id=user_id, event_id=event_id)
    entry = theirs.order_by("-joined_at", "-id").first()
    booking = None if entry is None or entry.status != WaitingEntry.Status.DONE else entry.booking
    return entry if booking is not None and booking.status == BookingStatus.EXPIRED else None


def get_last_waiting_entry(*, user_id: uuid.UUID, event_id: uuid.UUID) -> WaitingEntry:
    """Return the user's place on the waiting list of an event, or the offer that it came to, ended as it may be.

    Raises:
        NotFound: they never waited, or have left.
    """
    theirs = WaitingEntry.objects.told().filter(user_id=user_id, event_id=event_id)
    entry = theirs.order_by("-joined_at", "-id").first()
    if entry is None or entry.status == WaitingEntry.Status.LEFT:
        raise NotFound()
    return entry


def get_position(*, entry: WaitingEntry) -> int | None:
    """Return how many wait up to and including this one, or None when it doesn't wait any more."""
    if entry.status != WaitingEntry.Status.WAITING:
        return None
    before = Q(joined_at__lt=entry.joined_at) | Q(joined_at=entry.joined_at, id__lte=entry.id)
    return WaitingEntry.objects.waiting().filter(before, event_id=entry.event_id).count()


def list_events_waited_for() -> list[uuid.UUID]:
    """Return ids of events that somebody waits for."""
    return list(WaitingEntry.objects.waiting().order_by("event_id").values_list("event_id", flat=True).distinct())


def get_open_change(*, booking_id: uuid.UUID) -> BookingChange | None:
    """Return the change that waits for its payment."""
    return BookingChange.objects.open().told().filter(booking_id=booking_id).first()


def list_active_booking_ids(*, event_id: uuid.UUID) -> list[uuid.UUID]:
    """Return ids of active bookings of an event."""
    active = Booking.objects.active().filter(event_id=event_id)
    return list(active.order_by("id").values_list("id", flat=True))


def list_unsettled_payments(*, now: datetime, limit: int) -> list[Payment]:
    """Return open payments that nobody has told about for too long."""
    due = Payment.objects.open().select_related("account").filter(next_attempt_at__lte=now)
    return list(due.order_by("next_attempt_at", "id")[:limit])


def list_due_webhooks(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Return ids of stored webhooks whose time has come."""
    return list(ProviderWebhook.objects.due(now).order_by("next_attempt_at", "id").values_list("id", flat=True)[:limit])


def list_due_refunds(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Return ids of promised refunds whose time has come."""
    return list(Refund.objects.due(now).order_by("next_attempt_at", "id").values_list("id", flat=True)[:limit])


def list_due_event_cancellations(*, now: datetime) -> list[uuid.UUID]:
    """Return ids of cancelled events whose bookings are still to be ended."""
    return list(EventCancellation.objects.due(now).order_by("next_attempt_at").values_list("event_id", flat=True))


def list_due_attendances() -> list[uuid.UUID]:
    """Return ids of finished events whose bookings are still to be counted as attended, the oldest first."""
    return list(EventAttendance.objects.due().order_by("created_at").values_list("event_id", flat=True))


def list_tickets_at_door(*, staff_id: uuid.UUID, event_id: uuid.UUID) -> QuerySet[Ticket]:
    """Return all valid tickets of an event that the person works at, with whose they are.

    Raises:
        NotFound: the person doesn't work at this event.
    """
    get_event_at_door(staff_id=staff_id, event_id=event_id)
    valid = Ticket.objects.valid().filter(booking__event_id=event_id, booking__status__in=SOLD)
    return valid.select_related("ticket_type", "booking__user").order_by("id")


def find_tickets_at_door(*, staff_id: uuid.UUID, event_id: uuid.UUID, words: str) -> QuerySet[Ticket]:
    """Return valid tickets whose holder, buyer, address or printed code fits; at least two characters are wanted.

    Raises:
        NotFound: the person doesn't work at this event.
    """
    tickets = list_tickets_at_door(staff_id=staff_id, event_id=event_id)
    words = words.strip()
    if len(words) < SHORTEST_SEARCH:
        return tickets.none()
    fits = (
        Q(holder_name__icontains=words)
        | Q(booking__user__display_name__icontains=words)
        | Q(booking__user__email__istartswith=words)
        | Q(code=words.upper().replace(" ", ""))
    )
    return tickets.filter(fits)[:MOST_FOUND]


def count_at_door(*, event_id: uuid.UUID) -> tuple[int, int]:
    """Return how many valid tickets an event has, and how many of them were used."""
    valid = Ticket.objects.valid().filter(booking__event_id=event_id, booking__status__in=SOLD)
    told = valid.aggregate(all=Count("id"), used=Count("checked_in_at"))
    return told["all"], told["used"]


def get_provider_account(*, user_id: uuid.UUID, organizer_id: uuid.UUID) -> ProviderAccount:
    """Return the account in use of an organizer that the user manages.

    Raises:
        NotFound: there is none, or the organizer isn't theirs.
    """
    get_managed_organizer(user_id=user_id, organizer_id=organizer_id)
    account = ProviderAccount.objects.in_use().filter(organizer_id=organizer_id).first()
    if account is None:
        raise NotFound()
    return account
