"""Take what a mail service reports of a mail: it was delivered, it bounced, or somebody complained."""

from datetime import datetime
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import NotificationJob, Suppression
from notifications.models.choices import Channel
from notifications.services.suppress_address import suppress_address

SUPPRESSED_FOR = {
    "bounced": Suppression.Reason.BOUNCE,
    "complained": Suppression.Reason.COMPLAINT,
    "unsubscribed": Suppression.Reason.UNSUBSCRIBE,
}


@requires_transaction
def receive_mail_report(
    *, kind: str, address: str, job_id: UUID | None, now: datetime, is_lasting: bool = True
) -> None:
    """Note it at the job, and on the suppression list; reports of other kinds change nothing.

    Args:
        is_lasting: of a bounce, whether the address itself was refused; a full mailbox or a busy server takes the next.
    """
    jobs = NotificationJob.objects.filter(id__in=[job_id] if job_id else [], channel=Channel.EMAIL)
    if kind == "delivered":
        jobs.filter(status=NotificationJob.Status.SENT).update(status=NotificationJob.Status.DELIVERED)
    if kind in SUPPRESSED_FOR and address and (kind != "bounced" or is_lasting):
        known = jobs.values_list("id", flat=True).first()
        suppress_address(channel=Channel.EMAIL, address=address, reason=SUPPRESSED_FOR[kind], job_id=known)
    if kind == "bounced":
        reached = jobs.filter(status__in=[NotificationJob.Status.SENT, NotificationJob.Status.DELIVERED])
        reached.update(status=NotificationJob.Status.UNDELIVERABLE, reason="refused", finished_at=now)
