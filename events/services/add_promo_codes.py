"""Make promo codes for an event: one with a word of the organizer's own, or many with random ones."""

import secrets
import uuid
from typing import Any

from django.utils.translation import gettext as _

from audit.services.record_entry import record_entry
from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import Event, PromoCode, TicketType
from events.selectors.events import get_managed_event

MOST_AT_ONCE = 1000
# Without letters and digits that look alike.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
RANDOM_LENGTH = 10


@requires_transaction
def add_promo_code(*, actor: Actor, event_id: uuid.UUID, fields: dict[str, Any]) -> PromoCode:
    """Return the new code.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        InvalidInput: the code is taken, or the fields contradict each other.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    check_promo_fields(event=event, fields=fields)
    with violations({"events_promo_code_unique": _taken}):
        promo = PromoCode.objects.create(event=event, **fields)
    _record(actor, event, {"codes": [0, 1], "code": ["", promo.code]})
    return promo


@requires_transaction
def generate_promo_codes(
    *, actor: Actor, event_id: uuid.UUID, prefix: str, count: int, fields: dict[str, Any]
) -> list[PromoCode]:
    """Return new codes that differ in their random part only; written by one statement.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        InvalidInput: the fields contradict each other.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    check_promo_fields(event=event, fields=fields)
    words: set[str] = set()
    while len(words) < count:
        words.add(prefix + "".join(secrets.choice(ALPHABET) for _place in range(RANDOM_LENGTH)))
    # 50 random bits: a word that exists already is next to impossible, and then the constraint refuses all of them.
    with violations({"events_promo_code_unique": _taken}):
        made = PromoCode.objects.bulk_create(PromoCode(event=event, code=word, **fields) for word in sorted(words))
    _record(actor, event, {"codes": [0, count], "prefix": ["", prefix]})
    return made


def check_promo_fields(*, event: Event, fields: dict[str, Any]) -> None:
    """Refuse what the database would refuse, with a pointer; `fields` may be some of them or all.

    Raises:
        InvalidInput
    """
    wrong = []
    if fields.get("kind") == PromoCode.Kind.PERCENT and fields["value"] > 100:
        wrong.append(FieldProblem("/value", "too_big", _("A discount is 100 percent at most.")))
    opens_at, closes_at = fields.get("opens_at"), fields.get("closes_at")
    if opens_at and closes_at and closes_at <= opens_at:
        wrong.append(FieldProblem("/closes_at", "invalid", _("The code must end after it begins.")))
    wanted = set(fields.get("ticket_type_ids", ()))
    if wanted and TicketType.objects.filter(event=event, id__in=wanted).count() < len(wanted):
        wrong.append(FieldProblem("/ticket_types", "unknown_ticket_type", _("Choose ticket types of this event.")))
    if wrong:
        raise InvalidInput(errors=tuple(wrong))


def _taken() -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("/code", "unique", _("The event has this promo code already.")),))


def _record(actor: Actor, event: Event, changes: dict[str, list[Any]]) -> None:
    record_entry(
        actor_id=actor.user_id,
        action="events.add_promo_codes",
        target_type="events.event",
        target_id=str(event.id),
        changes=changes,
    )
