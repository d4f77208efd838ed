"""Order the same step for many events: the order is a row, and so is each of its events."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from audit.services.record_entry import record_entry
from common.problems import NotAllowed, Problem
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import BulkItem, BulkOperation

# Whoever works on an order says again and again that they still do; after a silence of this length somebody else does.
LEASE = timedelta(seconds=30)


class OrderExists(Problem):
    """The same order was written by another request at the same moment."""

    code = "order_exists"
    status = 409
    title = "This order was given already."


@requires_transaction
def order_bulk_operation(
    *,
    actor: Actor,
    operation_id: uuid.UUID,
    action: str,
    event_ids: Sequence[uuid.UUID],
    parameters: dict[str, Any],
    status: str = BulkOperation.Status.RUNNING,
    now: datetime,
) -> BulkOperation:
    """Write the order, with its events in the given order; `planned` ones wait for somebody to start them.

    Whether the actor may take the step is asked for each event when its turn comes.

    Raises:
        NotAllowed: a guest orders nothing.
        OrderExists: there is one of this id.
    """
    if actor.user_id is None:
        raise NotAllowed
    with violations({"events_bulkoperation_pkey": OrderExists}):
        operation = BulkOperation.objects.create(
            id=operation_id,
            user_id=actor.user_id,
            by_administrator=actor.oversees,
            action=action,
            parameters=parameters,
            status=status,
            lease_expires_at=now,
            created_at=now,
        )
    BulkItem.objects.bulk_create(
        BulkItem(operation=operation, event_id=event_id, position=position)
        for position, event_id in enumerate(dict.fromkeys(event_ids))
    )
    if status == BulkOperation.Status.RUNNING:
        audit_order(actor=actor, operation=operation, step="order")
    return operation


def audit_order(*, actor: Actor, operation: BulkOperation, step: str) -> None:
    """Write down who ordered, stopped or resumed what."""
    record_entry(
        actor_id=actor.user_id,
        action=f"events.{step}_bulk_operation",
        target_type="events.bulk_operation",
        target_id=str(operation.id),
        changes={"action": [None, operation.action], "events": [None, operation.items.count()]},
        reason=str(operation.parameters.get("reason", "")),
    )
