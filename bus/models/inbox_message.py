"""What a Kafka consumer has already done."""

from django.db import models
from django.db.models.functions import Now


class InboxMessage(models.Model):
    """One message, once per consumer; written in the transaction of its effect."""

    consumer = models.CharField(max_length=120)
    message_id = models.CharField(max_length=200)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A consumer acts on a message once.
            models.UniqueConstraint(fields=["consumer", "message_id"], name="bus_inbox_one_per_consumer_and_message"),
        ]
        indexes = [
            # retention
            models.Index(fields=["received_at"], name="bus_inbox_received"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} {self.message_id}"
