"""Which transaction wrote a row: lets readers stay behind the oldest one that is still running."""

from django.db import models


class TransactionId(models.Func):
    """The id of the transaction that writes the row (xid8 as bigint: it never wraps)."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()
