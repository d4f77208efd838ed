"""Check that seats of an event may be booked now.

An event sells while it is published or running. A ticket type sells inside its window; without a closing time of its
own it closes when the event starts. One booking takes between the type's minimum and maximum.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput, NotFound, Problem
from common.statements import composed_once
from events.models import Event, Question, TicketType
from events.models.lifecycle import HIDDEN, LISTED
from events.selectors.hidden_types import list_types_opened_by_promo

# What those who sell look at; a description, say, may be long and is read only when somebody asks for it.
OF_EVENT = (
    "organizer_id",
    "title",
    "status",
    "starts_at",
    "ends_at",
    "time_zone",
    "city",
    "venue",
    "currency",
    "refund_policy",
    "cancellable_hours_before",
    "version",
)
# What the amount of a booking has room for.
MOST_MONEY = Decimal("9999999999.99")


class EventCancelled(Problem):
    """The event will not take place."""

    code = "event_cancelled"
    title = "This event was cancelled."


class NotOnSale(Problem):
    """Sales have not begun, or are over; `opens_at` and `closes_at` say when."""

    code = "not_on_sale"
    title = "Tickets are not on sale now."


class LimitPerBooking(Problem):
    """Fewer or more seats than one booking may take; `minimum` and `maximum` say how many it may."""

    code = "limit_per_booking"
    title = "One booking can't take this number of seats."


@dataclass(frozen=True)
class Sale:
    """What is being sold: the event and the wanted types in id order, with how many of each."""

    event: Event
    lines: tuple[tuple[TicketType, int], ...]
    # Whether the event asks anything of those who come: most don't.
    asks: bool


def check_sale(
    *,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    now: datetime,
    access_code: str = "",
    promo_code: str = "",
) -> Sale:
    """Return the event and its wanted types, if they may be booked now. Says nothing about free seats.

    A type behind another access code than the given one isn't there, unless the promo code names it. Whoever passes a
    promo code takes a use of it.

    Raises:
        NotFound: there is no such event, or it isn't shown to anybody.
        EventCancelled, NotOnSale, LimitPerBooking
        InvalidInput: a type isn't the event's, nothing is wanted, or it costs more than can be written down.
    """
    event = _shown_event.first_prepared(event_id=event_id)
    if event is None:
        raise NotFound()
    if event.status == Event.Status.CANCELLED:
        raise EventCancelled()
    if event.status not in LISTED:
        raise NotOnSale(opens_at=None, closes_at=event.starts_at)
    if not quantities:
        raise InvalidInput(errors=(_unknown_type(),))
    types = _offered_types.prepared(event_id=event_id, type_ids=list(quantities), access_code=access_code)
    if len(types) != len(quantities) and promo_code:
        opened = list_types_opened_by_promo(event_id=event_id, code=promo_code, now=now)
        theirs = Q(id__in=opened) | TicketType.opened_by(access_code)
        types = list(TicketType.objects.filter(theirs, event_id=event_id, id__in=list(quantities)).order_by("id"))
    if len(types) != len(quantities):
        raise InvalidInput(errors=(_unknown_type(),))
    for ticket_type in types:
        _check_window(event, ticket_type, now)
        _check_limits(ticket_type, quantities[ticket_type.id])
    check_cost(prices={one.id: one.price for one in types}, quantities=quantities)
    lines = tuple((one, quantities[one.id]) for one in types)
    return Sale(event=event, lines=lines, asks=event.asks)  # type: ignore[attr-defined]  # from _shown_event


@composed_once
def _shown_event(event_id: uuid.UUID) -> QuerySet[Event]:
    asks = Exists(Question.objects.asked().filter(event_id=OuterRef("pk")))
    shown = Event.objects.exclude(status__in=HIDDEN).filter(id=event_id).annotate(asks=asks)
    return shown.only(*OF_EVENT)


@composed_once
def _offered_types(event_id: uuid.UUID, type_ids: list[uuid.UUID], access_code: str) -> QuerySet[TicketType]:
    offered = TicketType.objects.filter(TicketType.opened_by(access_code), event_id=event_id, id__in=type_ids)
    return offered.order_by("id")


def _unknown_type() -> FieldProblem:
    return FieldProblem("/items", "unknown_ticket_type", _("Choose ticket types of this event."))


def _check_window(event: Event, ticket_type: TicketType, now: datetime) -> None:
    opens_at = ticket_type.sale_opens_at
    closes_at = ticket_type.sale_closes_at or event.starts_at
    if (opens_at is not None and now < opens_at) or now >= closes_at:
        raise NotOnSale(ticket_type=str(ticket_type.id), opens_at=opens_at, closes_at=closes_at)


def check_cost(*, prices: Mapping[uuid.UUID, Decimal], quantities: Mapping[uuid.UUID, int]) -> None:
    """Refuse seats that together cost more than can be written down.

    Raises:
        InvalidInput
    """
    if sum(price * quantities[type_id] for type_id, price in prices.items()) > MOST_MONEY:
        raise InvalidInput(errors=(FieldProblem("/items", "too_much", _("This is more than one booking can cost.")),))


def check_seat_limits(*, kinds: Mapping[uuid.UUID, TicketType], quantities: Mapping[uuid.UUID, int]) -> None:
    """Check the numbers only: for seats that somebody has already.

    Raises:
        LimitPerBooking
        InvalidInput: a type isn't among `kinds`, or nothing is wanted.
    """
    if not quantities or set(quantities) - set(kinds):
        raise InvalidInput(errors=(_unknown_type(),))
    for type_id, quantity in quantities.items():
        _check_limits(kinds[type_id], quantity)


def _check_limits(ticket_type: TicketType, quantity: int) -> None:
    if not ticket_type.min_per_booking <= quantity <= ticket_type.max_per_booking:
        raise LimitPerBooking(
            ticket_type=str(ticket_type.id),
            minimum=ticket_type.min_per_booking,
            maximum=ticket_type.max_per_booking,
        )
