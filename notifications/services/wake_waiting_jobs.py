"""Send what was waiting for an address, now that there is one."""

from uuid import UUID

from django.db.models.functions import Now

from common.transactions import requires_transaction
from notifications.models import NotificationJob
from notifications.services.queue_jobs import WANTED, send_to_workers


@requires_transaction
def wake_waiting_jobs(*, recipient_id: UUID, channel: str) -> int:
    """Make the waiting jobs due and wake a worker; return how many there were."""
    waiting = NotificationJob.objects.waiting_for_address(recipient_id=recipient_id, channel=channel)
    jobs = list(waiting.order_by("id").values_list(*WANTED))
    count = waiting.filter(id__in=[job_id for job_id, *_ in jobs]).update(next_attempt_at=Now())
    send_to_workers(jobs)
    return count
