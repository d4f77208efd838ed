"""Reads of the bus."""

from django.db import connection

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
