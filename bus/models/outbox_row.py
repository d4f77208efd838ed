"""The outbox: every fact, written in the transaction that made it true."""

from django.db import models
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual

from bus.facts import LARGEST_PAYLOAD_BYTES
from common.transaction_ids import TransactionId


class OutboxRow(models.Model):
    """One fact. Append-only: the relay remembers its place in cursors, never in the rows.

    No status column: updating each row once per reader would triple the writes of the hottest table.
    """

    id = models.BigAutoField(primary_key=True)
    fact_id = models.UUIDField(unique=True)
    # Which transaction wrote it: readers stay behind the oldest one that is still running (see RelayCursor).
    transaction_id = models.BigIntegerField(db_default=TransactionId())
    wire_type = models.CharField(max_length=120)
    topic = models.CharField(max_length=120)
    key = models.CharField(max_length=120)
    payload = models.TextField()
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Kafka takes it: the relay never meets a fact that it can neither send nor pass.
            models.CheckConstraint(
                condition=LessThanOrEqual(models.Func("payload", function="octet_length"), LARGEST_PAYLOAD_BYTES),
                name="bus_outbox_fits_kafka",
            ),
        ]
        indexes = [
            # next_window: the rows between two horizons
            models.Index(fields=["transaction_id", "id"], name="bus_outbox_transaction"),
            # retention, and rewinding the Kafka cursor by time
            models.Index(fields=["occurred_at"], name="bus_outbox_occurred"),
        ]

    def __str__(self) -> str:
        return f"{self.wire_type} {self.key}"
