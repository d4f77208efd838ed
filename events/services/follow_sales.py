"""Let events cost what can be bought of them now: a sale has opened or closed since their prices were last looked at."""

from datetime import datetime

from django.db import connection

from common.transactions import requires_transaction

BATCH = 500
# The function is the one by which the ticket types' triggers keep the prices.
FOLLOW = """
    WITH due AS (
        SELECT id FROM events_event WHERE prices_until <= %(now)s
        ORDER BY prices_until, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ), events AS (
        SELECT array_agg(id) AS ids FROM due
    )
    SELECT events_keep_prices(ids, %(now)s), cardinality(ids) FROM events WHERE ids IS NOT NULL
"""


@requires_transaction
def follow_sales(*, now: datetime) -> int:
    """Bring a batch of events up to date; return how many were due.

    What came due while the system was down is due still. Rows that somebody is changing are left for the next run.
    Uses index events_event_prices_due.
    """
    with connection.cursor() as sql:
        sql.execute(FOLLOW, {"now": now, "batch": BATCH})
        found = sql.fetchone()
        return int(found[1]) if found else 0
