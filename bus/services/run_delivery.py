"""Run one delivery alone: mark it done and let the handler work, in one transaction, or neither.

A fact waits while an earlier one of the same key is still pending for the same handler; facts of other keys don't.
"""

import msgspec
import structlog
from django.db import connection
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.models import Delivery, OutboxRow
from bus.subscriptions import HANDLERS, Handler
from common.request_ids import begin_request
from common.transactions import requires_transaction, use_case

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0

FINISH_SQL = """
    UPDATE bus_delivery AS mine SET status = 'done', finished_at = now(), attempts = attempts + 1
    WHERE mine.id = %s AND mine.status = 'pending'
      AND NOT EXISTS (SELECT 1 FROM bus_delivery AS earlier
                      WHERE earlier.handler = mine.handler AND earlier.key = mine.key
                        AND earlier.status = 'pending' AND earlier.id < mine.id)
    RETURNING handler, outbox_id
"""
FAIL_SQL = """
    UPDATE bus_delivery
    SET attempts = attempts + 1,
        last_error = %(error)s,
        next_attempt_at = now() + make_interval(secs => least(%(longest)s, %(first)s * power(2, attempts)) * (0.75 + random() / 2)),
        status = CASE WHEN attempts + 1 >= %(max)s THEN 'parked' ELSE 'pending' END,
        finished_at = CASE WHEN attempts + 1 >= %(max)s THEN now() END
    WHERE id = %(id)s AND status = 'pending'
    RETURNING status
"""


def run_delivery(*, delivery_id: int) -> bool:
    """Open the transaction of one delivery; on failure schedule the next attempt or park it.

    Returns:
        Whether the handler's work was done now.
    """
    try:
        with use_case():
            return _run(delivery_id)
    except Exception as error:
        log.exception("bus.delivery.failed", delivery_id=delivery_id)
        _record_failure(delivery_id, f"{type(error).__name__}: {error}")
        return False


@requires_transaction
def _run(delivery_id: int) -> bool:
    with connection.cursor() as sql:
        sql.execute(FINISH_SQL, [delivery_id])
        finished = sql.fetchone()
    if finished is None:
        return False
    handler_name, outbox_id = finished
    react(handler_name=handler_name, row=OutboxRow.objects.get(id=outbox_id))
    return True


@requires_transaction
def react(*, handler_name: str, row: OutboxRow) -> None:
    """Let a handler act on a fact, in the name of the request that has caused it."""
    handler = HANDLERS[handler_name]
    begin_request(row.request_id)
    handler.react(_received(row, handler))


def _received(row: OutboxRow, handler: Handler) -> ReceivedFact:
    return ReceivedFact(
        id=str(row.fact_id),
        type=row.wire_type,
        key=row.key,
        occurred_at=row.occurred_at,
        data=msgspec.json.decode(row.payload, type=handler.schema),
    )


def _record_failure(delivery_id: int, error: str) -> None:
    with use_case(), connection.cursor() as sql:
        sql.execute(
            FAIL_SQL,
            {
                "id": delivery_id,
                "error": error[:2000],
                "first": FIRST_DELAY_SECONDS,
                "longest": LONGEST_DELAY_SECONDS,
                "max": MAX_ATTEMPTS,
            },
        )
        outcome = sql.fetchone()
    if outcome and outcome[0] == Delivery.Status.PARKED:
        log.error("bus.delivery.parked", delivery_id=delivery_id, at=timezone.now().isoformat())
