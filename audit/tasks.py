"""Celery tasks of the audit log."""

from celery import shared_task

from audit.services.seal_entries import seal_entries
from common.transactions import use_case

SCHEDULE = {"audit.seal_entries": 3.0}


@shared_task(name="audit.seal_entries", queue="critical")
def seal_entries_task(**_: object) -> None:
    """Seal what has been committed since the last seal."""
    with use_case():
        seal_entries()
