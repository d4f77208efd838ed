"""How far each reader of the outbox has come."""

from django.db import models
from django.db.models.functions import Now


class RelayCursor(models.Model):
    """A reader's place.

    Note [Windows]: ids are given out before commit, so `id > last` would skip a row that commits late. A reader
    therefore takes a window of transactions, `from_transaction <= transaction_id < to_transaction`, whose end is the
    oldest transaction of this database still running: nothing can appear in it any more. Inside a window it reads
    in id order. Two facts of one aggregate are written under that aggregate's row lock, so their ids have their order;
    and when they fall into two windows, the earlier transaction has the earlier window.
    """

    name = models.CharField(primary_key=True, max_length=40)
    from_transaction = models.BigIntegerField(default=0)
    to_transaction = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)
    # Of the Kafka reader: the cluster it writes to, to notice one that has forgotten everything.
    cluster_id = models.CharField(max_length=80, blank=True)
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # A window never runs backwards.
            models.CheckConstraint(
                condition=models.Q(to_transaction__gte=models.F("from_transaction")),
                name="bus_relay_cursor_window_forwards",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> tuple[int, int, int, str]:
        """Where the reader stands; compared before the stored place is moved."""
        return self.from_transaction, self.to_transaction, self.last_id, self.cluster_id
