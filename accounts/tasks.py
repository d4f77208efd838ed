"""Celery tasks of accounts: mails with secret links, and files with everything kept about a person."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts.selectors import list_due_exports, list_due_mails
from accounts.services.make_export import make_export
from accounts.services.send_mail import send_mail

SCHEDULE = {"accounts.send_due_mails": 5.0, "accounts.make_due_exports": 20.0}
BATCH = 50


@shared_task(name="accounts.send_mail", queue="critical")
def send_mail_task(mail_id: str, **_: object) -> None:
    """Send one mail."""
    send_mail(mail_id=UUID(mail_id), now=timezone.now())


@shared_task(name="accounts.send_due_mails", queue="critical")
def send_due_mails(**_: object) -> None:
    """Send what is due: mails whose task was lost, and those that failed before."""
    for mail_id in list_due_mails(limit=BATCH):
        send_mail(mail_id=mail_id, now=timezone.now())


@shared_task(name="accounts.make_export", queue="bulk")
def make_export_task(export_id: str, **_: object) -> None:
    """Make one export."""
    make_export(export_id=UUID(export_id), now=timezone.now())


@shared_task(name="accounts.make_due_exports", queue="bulk")
def make_due_exports(**_: object) -> None:
    """Make what is due: exports whose task was lost, and those that failed before."""
    for export_id in list_due_exports(now=timezone.now(), limit=BATCH):
        make_export(export_id=export_id, now=timezone.now())
