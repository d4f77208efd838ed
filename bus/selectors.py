"""Reads of the bus."""

from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from bus.models import Delivery

LAG_SQL = """
    SELECT coalesce(extract(epoch FROM now() - min(row.occurred_at)), 0)
    FROM bus_relaycursor AS cursor
    JOIN LATERAL (
        (SELECT occurred_at FROM bus_outboxrow
         WHERE transaction_id >= cursor.from_transaction AND transaction_id < cursor.to_transaction
           AND id > cursor.last_id
         ORDER BY id LIMIT 1)
        UNION ALL
        (SELECT occurred_at FROM bus_outboxrow
         WHERE transaction_id >= cursor.to_transaction ORDER BY transaction_id, id LIMIT 1)
    ) AS row ON true
"""


def get_relay_lag_seconds() -> float:
    """Return the age of the oldest fact that a reader of the outbox has not reached; 0 when there is none."""
    with connection.cursor() as sql:
        sql.execute(LAG_SQL)
        return float(sql.fetchone()[0])


def list_due_deliveries(*, handler: str, limit: int) -> list[int]:
    """Return ids of pending deliveries whose time has come and whose task may have been lost."""
    due = Delivery.objects.pending().filter(handler=handler, next_attempt_at__lte=Now() - timedelta(seconds=2))
    return list(due.order_by("next_attempt_at", "id").values_list("id", flat=True)[:limit])


def list_handlers_with_due_deliveries() -> list[str]:
    """Return the handlers that `list_due_deliveries` would find something for."""
    due = Delivery.objects.pending().filter(next_attempt_at__lte=Now() - timedelta(seconds=2))
    return sorted(set(due.order_by("handler").values_list("handler", flat=True).distinct()))
