"""Send nothing more to an address, whoever it belongs to."""

from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import Suppression
from notifications.models.suppression import hash_of_address


@requires_transaction
def suppress_address(*, channel: str, address: str, reason: str, job_id: UUID | None = None) -> bool:
    """Put it on the list; return whether it is new there."""
    _, is_new = Suppression.objects.get_or_create(
        channel=channel,
        address_hash=hash_of_address(address),
        category="",
        defaults={"reason": reason, "job_id": job_id},
    )
    return is_new
