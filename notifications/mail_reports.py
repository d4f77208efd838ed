"""Reports of mail services about mails that they took: anymail's views read and check them."""

from typing import Any
from uuid import UUID

from anymail.signals import tracking
from django.dispatch import receiver
from django.utils import timezone

from common.transactions import use_case
from notifications.services.receive_mail_report import receive_mail_report


@receiver(tracking)
def on_mail_report(event: Any, **_: Any) -> None:
    """Take one report."""
    with use_case():
        receive_mail_report(
            kind=str(event.event_type),
            address=str(event.recipient or ""),
            job_id=_job_id(event.metadata),
            now=timezone.now(),
        )


def _job_id(metadata: Any) -> UUID | None:
    try:
        return UUID(str((metadata or {}).get("job_id", "")))
    except ValueError:
        return None
