"""What a ticket type must be to be offered."""

from collections.abc import Callable
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.problems import FieldProblem, InvalidInput, Problem
from events.models import Event, TicketType
from events.models.lifecycle import Status
from events.services.check_event import missing_in_offer


def check_offer(*, event: Event) -> None:
    """Refuse what a published event may not offer.

    Raises:
        InvalidInput: the organizer isn't approved to sell, or nothing is on sale before the start.
    """
    if event.status == Status.DRAFT:
        return
    missing = missing_in_offer(event=event, types=list(TicketType.objects.filter(event=event)))
    if missing:
        raise InvalidInput(errors=missing)


def meaning_of_violations(pointer: str) -> dict[str, Callable[[], Problem]]:
    """Return what each constraint on a ticket type means for the body at `pointer`."""

    def wrong(field: str, code: str, detail: Any) -> Callable[[], Problem]:
        return lambda: InvalidInput(errors=(FieldProblem(f"{pointer}/{field}", code, detail),))

    return {
        "events_ticket_type_name_unique": wrong(
            "name", "unique", _("The event has a ticket type of this name already.")
        ),
        "events_ticket_type_limits_ordered": wrong(
            "max_per_booking", "invalid", _("The most per booking can't be less than the least.")
        ),
        "events_ticket_type_sale_window_ordered": wrong(
            "sale_closes_at", "invalid", _("Sales must close after they open.")
        ),
    }


def columns_of(*, event: Event, fields: dict[str, Any], pointer: str = "") -> dict[str, Any]:
    """Return the fields as columns: the price, given as Money, must be in the event's currency.

    Raises:
        InvalidInput: it isn't, or the type would have more seats than the whole event.
    """
    capacity = fields.get("capacity")
    if capacity is not None and event.capacity is not None and capacity > event.capacity:
        detail = format_lazy(_("The whole event has only {seats} seats."), seats=event.capacity)
        raise InvalidInput(errors=(FieldProblem(f"{pointer}/capacity", "above_event_capacity", detail),))
    price = fields.get("price")
    if price is None:
        return fields
    if price.currency != event.currency:
        detail = _("All prices of an event are in its currency.")
        raise InvalidInput(errors=(FieldProblem(f"{pointer}/price/currency", "currency_mismatch", detail),))
    return fields | {"price": price.amount}
