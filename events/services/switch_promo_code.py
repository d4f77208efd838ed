"""Switch a promo code off or on again, for an administrator: one that leaked, say. Bookings that use it keep their prices."""

import uuid

from audit.services.record_entry import record_entry
from common.problems import NotFound
from common.transactions import requires_transaction
from events.models import PromoCode


@requires_transaction
def switch_promo_code(*, administrator_id: uuid.UUID, promo_code_id: uuid.UUID, is_active: bool, reason: str) -> None:
    """Write the new state and why.

    Raises:
        NotFound: there is no such code, or it is so already.
    """
    if not PromoCode.objects.filter(id=promo_code_id, is_active=not is_active).update(is_active=is_active):
        raise NotFound()
    record_entry(
        actor_id=administrator_id,
        action="events.switch_promo_code",
        target_type="events.promo_code",
        target_id=str(promo_code_id),
        changes={"is_active": [str(not is_active), str(is_active)]},
        reason=reason,
    )
