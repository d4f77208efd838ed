"""Start a planned order, stop one that runs, or let it go on."""

import uuid
from datetime import datetime
from typing import Any

from bus.wakeup import queue_after_commit
from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import BulkOperation
from events.models.bulk_operation import BulkStatus
from events.selectors.bulk import get_bulk_operation
from events.services.order_bulk_operation import audit_order

# From which status each step leads where.
STEPS: dict[str, tuple[BulkStatus, BulkStatus]] = {
    "start": (BulkStatus.PLANNED, BulkStatus.RUNNING),
    "stop": (BulkStatus.RUNNING, BulkStatus.STOPPED),
    "resume": (BulkStatus.STOPPED, BulkStatus.RUNNING),
}


class OperationNotThere(Problem):
    """The order is in another status than the step needs: `operation_status`."""

    code = "operation_in_other_status"
    status = 409
    title = "This order can't be started, stopped or resumed now."


@requires_transaction
def steer_bulk_operation(
    *, actor: Actor, operation_id: uuid.UUID, step: str, now: datetime, parameters: dict[str, Any] | None = None
) -> BulkOperation:
    """Take a step; the event that is being worked on is finished first.

    Raises:
        NotFound: there is no such order of the actor's; administrators steer those of administrators.
        OperationNotThere
    """
    operation = get_bulk_operation(actor=actor, operation_id=operation_id)
    source, target = STEPS[step]
    more = {} if parameters is None else {"parameters": parameters}
    steered = BulkOperation.objects.filter(id=operation_id, status=source).update(
        status=target, lease_expires_at=now, **more
    )
    operation.refresh_from_db()
    if not steered:
        raise OperationNotThere(operation_status=operation.status)
    audit_order(actor=actor, operation=operation, step=step)
    if target == BulkStatus.RUNNING:
        wake_workers(operation_id=operation_id)
    return operation


def wake_workers(*, operation_id: uuid.UUID) -> None:
    """Send the order to the workers; when that is lost, their sweep finds it."""
    queue_after_commit("events.run_bulk_operation", [str(operation_id)], queue="bulk")
