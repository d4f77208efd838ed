"""Write down a critical operation, in the transaction that carries it out: both happen, or neither.

To be written down: every action of an administrator, publishing, cancelling and suspending, prices and capacity,
refunds, manual overrides, roles and permissions, rotated secrets, moderation, second factors, exports and erasures.
"""

from typing import Any
from uuid import UUID

from audit.models import AuditEntry
from common.request_ids import current_request_id
from common.transactions import requires_transaction


@requires_transaction
def record_entry(
    *,
    actor_id: UUID | None,
    action: str,
    target_type: str,
    target_id: str,
    changes: dict[str, Any],
    reason: str = "",
) -> None:
    """Append an entry.

    Args:
        actor_id: the user who acts; None when the platform itself does.
        action: what is done, as `app.verb`: `events.suspend`.
        target_type: what it is done to, as `app.model`: `events.event`.
        changes: `{"field": [before, after]}`; never a secret.

    Raises:
        NoTransaction: no transaction is open.
    """
    AuditEntry.objects.create(
        actor_id=actor_id,
        action=action,
        target_type=target_type,
        target_id=str(target_id),
        changes=changes,
        reason=reason,
        request_id=current_request_id(),
    )
