"""Let whoever watches an event live look at its seats again."""

import uuid

from bus.wakeup import wake_after_commit
from common.transactions import requires_transaction


@requires_transaction
def ring_availability(*, event_id: uuid.UUID) -> None:
    """Ring after the commit. May be lost: watchers look again by themselves after a while."""
    wake_after_commit(f"topic:event:{event_id}:availability")
