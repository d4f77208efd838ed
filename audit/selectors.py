"""Reads of the audit log."""

from django.db.models import QuerySet

from audit.models import AuditEntry, AuditSeal


def list_entries_between(*, from_transaction: int, to_transaction: int) -> QuerySet[AuditEntry]:
    """Return the entries that a seal of this window covers, in the order in which it covers them."""
    return AuditEntry.objects.filter(transaction_id__gte=from_transaction, transaction_id__lt=to_transaction).order_by(
        "id"
    )


def get_last_seal() -> AuditSeal | None:
    """Return the newest link of the chain, or None before the first."""
    return AuditSeal.objects.order_by("-number").first()


def list_seals() -> QuerySet[AuditSeal]:
    """Return the chain from its first link."""
    return AuditSeal.objects.order_by("number")
