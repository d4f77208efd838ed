"""Take a kind of ticket away from a draft: nobody has seen it, so it goes with all that was written for it alone."""

import uuid
from typing import Any

from django.db.models import F, Func, ProtectedError

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event, PromoCode, TicketType
from events.models.lifecycle import Status
from events.selectors.events import get_managed_event, get_ticket_type
from events.services.update_event import write_fields


class TicketTypeOffered(Problem):
    """The event is out, so people may have the ticket, or a link to it."""

    code = "ticket_type_offered"
    status = 409
    title = "This ticket has been offered: let its sale end instead of removing it."


@requires_transaction
def remove_ticket_type(
    *, actor: Actor, event_id: uuid.UUID, ticket_type_id: uuid.UUID, expected_version: int | None = None
) -> None:
    """Delete the ticket type with its questions, its part of the refunds, and promo codes that count for it alone.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's, or has no such ticket type.
        TicketTypeOffered: the event is no draft any more.
        StaleVersion: it was changed since the actor read it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    ticket_type = get_ticket_type(event=event, ticket_type_id=ticket_type_id)
    if event.status != Status.DRAFT:
        raise TicketTypeOffered
    # Of a draft that somebody publishes meanwhile, the version has grown.
    write_fields(
        event=event,
        fields=_refunds_without(event, ticket_type_id),
        expected_version=event.version if expected_version is None else expected_version,
    )
    promo_codes = _let_go_of_promo_codes(event, ticket_type_id)
    try:
        TicketType.objects.filter(id=ticket_type.id).delete()
    except ProtectedError as error:
        raise TicketTypeOffered from error
    record_entry(
        actor_id=actor.user_id,
        action="events.remove_ticket_type",
        target_type="events.ticket_type",
        target_id=str(ticket_type.id),
        changes={"name": [ticket_type.name, None], "promo_codes": [promo_codes, 0]},
    )


def _refunds_without(event: Event, ticket_type_id: uuid.UUID) -> dict[str, Any]:
    types = event.refund_policy.get("types", {})
    if str(ticket_type_id) not in types:
        return {}
    kept = {name: bands for name, bands in types.items() if name != str(ticket_type_id)}
    return {"refund_policy": event.refund_policy | {"types": kept}}


def _let_go_of_promo_codes(event: Event, ticket_type_id: uuid.UUID) -> int:
    """Return how many were for this type alone and are gone: with no type named, they would count for every one."""
    codes = PromoCode.objects.filter(event=event)
    deleted, _by_model = codes.filter(ticket_type_ids=[ticket_type_id]).delete()
    codes.filter(ticket_type_ids__contains=[ticket_type_id]).update(
        ticket_type_ids=Func(F("ticket_type_ids"), ticket_type_id, function="array_remove")
    )
    return deleted
