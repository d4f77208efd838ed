"""Stop using an address that was refused for good."""

from datetime import datetime
from uuid import UUID

import structlog

from common.transactions import requires_transaction
from notifications.models import ContactPoint

log = structlog.get_logger(__name__)


@requires_transaction
def switch_off_contact_point(*, contact_point_id: UUID, reason: str, now: datetime) -> bool:
    """Return whether it was in use until now."""
    in_use = ContactPoint.objects.active().filter(id=contact_point_id)
    changed = in_use.update(switched_off_at=now, switched_off_reason=reason[:200] or "refused")
    if changed:
        log.info("notifications.contact_point.switched_off", contact_point_id=str(contact_point_id))
    return bool(changed)
