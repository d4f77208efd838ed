"""Give a project a new key that signs its webhooks; the old ones are still right for a while."""

import uuid
from datetime import datetime, timedelta

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction
from loyalty.models import Project, SigningKey
from loyalty.secrets_of_shops import new_signing_key

HOUR = timedelta(hours=1)
OVERLAP = timedelta(hours=24)


@requires_transaction
def rotate_signing_key(*, project: Project, actor_id: uuid.UUID, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """Return the new key, shown this once; without an overlap the old ones end now, as after a leak."""
    SigningKey.objects.filter(project=project).end_by(now + overlap)
    key = new_signing_key()
    created = SigningKey.objects.create(project=project, key=key)
    record_entry(
        actor_id=actor_id,
        action="loyalty.rotate_signing_key",
        target_type="loyalty.project",
        target_id=str(project.id),
        changes={"key": [None, str(created.id)], "overlap_hours": [None, overlap / HOUR]},
    )
    return key
