"""Which transaction wrote a row: lets readers stay behind the oldest one that is still running."""

from typing import NamedTuple

from django.db import connection, models

# A snapshot spans the whole cluster: without the NOT IN, a long transaction in a neighbouring database would hold every
# reader back. A transaction whose session is gone by the time of the second look counts as running: later, never wrong.
HORIZON_SQL = """
    SELECT coalesce(min(running), pg_snapshot_xmax(pg_current_snapshot()))::text::bigint,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    FROM pg_snapshot_xip(pg_current_snapshot()) AS running
    WHERE running::xid NOT IN (SELECT backend_xid FROM pg_stat_activity
                               WHERE backend_xid IS NOT NULL AND datname <> current_database())
"""


class TransactionId(models.Func):
    """The id of the transaction that writes the row (xid8 as bigint: it never wraps)."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class Horizon(NamedTuple):
    """Every transaction of this database before `finished_before` has ended; none has reached `not_yet_given` yet."""

    finished_before: int
    not_yet_given: int


def read_horizon() -> Horizon:
    """Return the present horizon; it may step back by a moment, never behind a running transaction."""
    with connection.cursor() as cursor:
        cursor.execute(HORIZON_SQL)
        return Horizon(*cursor.fetchone())
