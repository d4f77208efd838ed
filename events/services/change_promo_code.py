"""Change how long and how often a promo code counts. What it takes off stays: people were told."""

import uuid
from typing import Any

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import PromoCode
from events.selectors.promo_codes import get_promo_code
from events.services.add_promo_codes import check_promo_fields


class PromoLimitTaken(Problem):
    """The code was used more often than the new limit allows: `used`."""

    code = "promo_limit_taken"
    title = "This promo code has been used more often than that already."


@requires_transaction
def change_promo_code(
    *, actor: Actor, event_id: uuid.UUID, promo_code_id: uuid.UUID, fields: dict[str, Any]
) -> PromoCode:
    """Return the changed code; bookings that use it keep their prices.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's, or has no such code.
        PromoLimitTaken, InvalidInput
    """
    promo = get_promo_code(actor=actor, event_id=event_id, promo_code_id=promo_code_id)
    window = {"opens_at": promo.opens_at, "closes_at": promo.closes_at}
    check_promo_fields(event=promo.event, fields=window | fields)
    before = {name: getattr(promo, name) for name in fields}
    if not fields:
        return promo
    rows = PromoCode.objects.filter(id=promo.id)
    if fields.get("total_limit") is not None:
        rows = rows.filter(used__lte=fields["total_limit"])
    if not rows.update(**fields):
        promo.refresh_from_db(fields=["used"])
        raise PromoLimitTaken(used=promo.used)
    promo.refresh_from_db(fields=["used", *fields])
    record_entry(
        actor_id=actor.user_id,
        action="events.change_promo_code",
        target_type="events.promo_code",
        target_id=str(promo.id),
        changes={name: [str(before[name]), str(value)] for name, value in fields.items()},
    )
    return promo
