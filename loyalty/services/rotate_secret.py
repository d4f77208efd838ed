"""Give a project a new webhook secret; the old one still opens the door for a while, so that no order is lost."""

import uuid
from datetime import datetime, timedelta

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction
from loyalty.models import Project, WebhookSecret
from loyalty.secrets_of_shops import PREFIX_LENGTH, digest_of, new_webhook_secret

HOUR = timedelta(hours=1)
OVERLAP = timedelta(hours=24)


@requires_transaction
def rotate_secret(*, project: Project, actor_id: uuid.UUID, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """Return the new secret, shown this once; without an overlap the old ones end now, as after a leak."""
    WebhookSecret.objects.filter(project=project).end_by(now + overlap)
    secret = new_webhook_secret()
    WebhookSecret.objects.create(project=project, digest=digest_of(secret), prefix=secret[:PREFIX_LENGTH])
    record_entry(
        actor_id=actor_id,
        action="loyalty.rotate_secret",
        target_type="loyalty.project",
        target_id=str(project.id),
        changes={"prefix": [None, secret[:PREFIX_LENGTH]], "overlap_hours": [None, overlap / HOUR]},
    )
    return secret
