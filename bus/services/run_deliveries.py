"""Run the deliveries of a task together: one transaction, so that many small reactions cost one COMMIT.

A reaction that fails undoes them all; then each is run alone, and only the one that fails is put off or parked. A fact
waits while an earlier one of the same key is pending for the same handler; whoever is done with the earlier one goes on
with those behind it, so that a hundred facts about one thing don't wait for a hundred sweeps.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from django.db import connection

from bus.models import OutboxRow
from bus.services.run_delivery import react, run_delivery
from common.transactions import requires_transaction, use_case

log = structlog.get_logger(__name__)

# An open transaction holds the readers of the outbox back (Note [Windows]), so none is kept open longer.
LONGEST_SECONDS = 0.25
MOST = 50

# What another worker has in hand is passed over, and so is what stands behind it.
CLAIM_SQL = """
    WITH free AS MATERIALIZED (
        SELECT mine.id, mine.handler, mine.key, mine.outbox_id FROM bus_delivery AS mine
        WHERE mine.id = ANY(%(ids)s) AND mine.status = 'pending'
          AND NOT EXISTS (SELECT 1 FROM bus_delivery AS earlier
                          WHERE earlier.handler = mine.handler AND earlier.key = mine.key
                            AND earlier.status = 'pending' AND earlier.id < mine.id AND earlier.id <> ALL(%(ids)s))
        ORDER BY mine.id FOR UPDATE SKIP LOCKED
    )
    SELECT id, handler, outbox_id FROM free
    WHERE NOT EXISTS (SELECT 1 FROM bus_delivery AS earlier
                      WHERE earlier.handler = free.handler AND earlier.key = free.key AND earlier.status = 'pending'
                        AND earlier.id < free.id AND earlier.id NOT IN (SELECT id FROM free))
    ORDER BY id
"""
FINISH_SQL = """
    UPDATE bus_delivery SET status = 'done', finished_at = now(), attempts = attempts + 1 WHERE id = ANY(%s)
"""
# A fact that has failed before waits for its time.
BEHIND_SQL = """
    SELECT behind.id
    FROM (SELECT DISTINCT handler, key FROM bus_delivery WHERE id = ANY(%(ids)s)) AS done
    JOIN LATERAL (SELECT id FROM bus_delivery AS next
                  WHERE next.handler = done.handler AND next.key = done.key AND next.status = 'pending'
                    AND (next.attempts = 0 OR next.next_attempt_at <= now())
                  ORDER BY id LIMIT %(most)s) AS behind ON true
    ORDER BY behind.id LIMIT %(most)s
"""


class Claimed(NamedTuple):
    """A delivery that is this worker's until the end of the transaction."""

    id: int
    handler: str
    outbox_id: int


def run_deliveries(*, delivery_ids: Sequence[int]) -> list[int]:
    """Open the transaction of a batch; return the ids to go on with, [] when nothing was left or nothing could be done."""
    if len(delivery_ids) == 1:
        return _run_alone(delivery_ids)
    try:
        with use_case():
            done = _run_together(delivery_ids)
    except Exception as error:
        log.warning("bus.deliveries.run_one_by_one", count=len(delivery_ids), error=type(error).__name__)
        return _run_alone(delivery_ids)
    if not done:
        return []
    return sorted(set(delivery_ids).difference(done).union(_behind(done)))[:MOST]


def _run_alone(delivery_ids: Sequence[int]) -> list[int]:
    """Run each in a transaction of its own, and return what stands behind those that were done."""
    return _behind([delivery_id for delivery_id in sorted(delivery_ids) if run_delivery(delivery_id=delivery_id)])


@requires_transaction
def _run_together(delivery_ids: Sequence[int]) -> list[int]:
    """Return those that were run; the rest waits for others, or for the next transaction."""
    with connection.cursor() as sql:
        sql.execute(CLAIM_SQL, {"ids": list(delivery_ids)})
        claimed = [Claimed._make(row) for row in sql.fetchall()]
    facts = OutboxRow.objects.in_bulk([one.outbox_id for one in claimed])
    stop_at = time.monotonic() + LONGEST_SECONDS
    done: list[int] = []
    for one in claimed:
        react(handler_name=one.handler, row=facts[one.outbox_id])
        done.append(one.id)
        if time.monotonic() > stop_at:
            break
    with connection.cursor() as sql:
        sql.execute(FINISH_SQL, [done])
    return done


def _behind(done: Sequence[int]) -> list[int]:
    """Return the next facts of the keys that these were of."""
    if not done:
        return []
    with connection.cursor() as sql:
        sql.execute(BEHIND_SQL, {"ids": list(done), "most": MOST})
        return [delivery_id for (delivery_id,) in sql.fetchall()]
