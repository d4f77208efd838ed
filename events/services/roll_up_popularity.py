"""Weigh how much people care about each listed event now.

A favourite weighs 1, a booking 3; both halve every week. What is older than 90 days weighs next to nothing and is left
out, so the work doesn't grow with the age of the site.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from common.transactions import requires_transaction

HALF_LIFE_DAYS = 7.0
REMEMBERED = timedelta(days=90)
SCALE = 1000
WEIGHTS = {"favorite": 1, "booking": 3}
ROLL_UP = """
    WITH signs AS (
        SELECT event_id, created_at AS at, %(favorite)s AS weight FROM events_favorite WHERE created_at > %(since)s
        UNION ALL
        SELECT event_id, granted_at, %(booking)s FROM events_eventaccess WHERE granted_at > %(since)s
    ), weighed AS (
        SELECT event_id,
               round(%(scale)s * sum(weight * 0.5 ^ (extract(epoch FROM %(now)s - at) / %(half_life)s)))::int AS weight
        FROM signs WHERE at <= %(now)s GROUP BY event_id
    ), changed AS (
        SELECT id, coalesce(weight, 0) AS weight
        FROM events_event LEFT JOIN weighed ON event_id = id
        WHERE status IN ('published', 'running') AND popularity <> coalesce(weight, 0)
        ORDER BY id FOR UPDATE OF events_event SKIP LOCKED
    )
    UPDATE events_event SET popularity = changed.weight FROM changed WHERE events_event.id = changed.id
"""


@requires_transaction
def roll_up_popularity(*, now: datetime) -> int:
    """Write the scores that have changed in one statement; return how many did.

    Rows that somebody is changing are left for the next run.
    """
    parameters: dict[str, Any] = {
        **WEIGHTS,
        "now": now,
        "since": now - REMEMBERED,
        "scale": SCALE,
        "half_life": timedelta(days=HALF_LIFE_DAYS).total_seconds(),
    }
    with connection.cursor() as sql:
        sql.execute(ROLL_UP, parameters)
        return sql.rowcount
