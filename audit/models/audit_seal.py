"""A link of the chain over the entries."""

from django.db import models
from django.db.models.functions import Now


class AuditSeal(models.Model):
    """Covers the entries of a window of transactions, `from_transaction <= transaction_id < to_transaction`.

    Windows touch each other and end behind the oldest running transaction (Note [Windows] in bus.models.relay_cursor),
    so every entry falls into exactly one seal, however late it commits. Append-only like the entries.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    from_transaction = models.BigIntegerField()
    to_transaction = models.BigIntegerField()
    entry_count = models.PositiveIntegerField()
    # SHA-256 in hex; see audit.seal_digest.
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A window runs forwards.
            models.CheckConstraint(
                condition=models.Q(to_transaction__gt=models.F("from_transaction")), name="audit_seal_window_forwards"
            ),
            # Two seals don't begin at the same place.
            models.UniqueConstraint(fields=["from_transaction"], name="audit_seal_window_once"),
            # The chain never forks.
            models.UniqueConstraint(fields=["previous_digest"], name="audit_seal_chain_has_no_fork"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"
