"""Send tasks again for deliveries that are due: retries, and tasks that Redis has lost."""

from collections import defaultdict

from django.db import connection

from bus.subscriptions import HANDLERS
from common.transactions import requires_transaction

LIMIT = 1000
# A fresh delivery's task is on its way; one that was sent again is given longer, so that a backlog doesn't fill the
# queue with copies of itself.
GRACE_SECONDS = 2
AGAIN_SECONDS = 15

DUE_SQL = """
    UPDATE bus_delivery SET next_attempt_at = now() + make_interval(secs => %(again)s)
    WHERE id IN (SELECT id FROM bus_delivery
                 WHERE status = 'pending' AND next_attempt_at <= now() - make_interval(secs => %(grace)s)
                   AND handler = ANY(%(handlers)s)
                 ORDER BY next_attempt_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING handler, id
"""


@requires_transaction
def requeue_deliveries() -> dict[str, list[int]]:
    """Return the ids of due deliveries by handler, to be sent to workers after the commit."""
    with connection.cursor() as sql:
        sql.execute(
            DUE_SQL, {"again": AGAIN_SECONDS, "grace": GRACE_SECONDS, "handlers": sorted(HANDLERS), "limit": LIMIT}
        )
        due = sorted(sql.fetchall())
    by_handler: dict[str, list[int]] = defaultdict(list)
    for handler, delivery_id in due:
        by_handler[handler].append(delivery_id)
    return dict(by_handler)
