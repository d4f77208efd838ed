"""System messages that other systems order: told to sockets right now, kept nowhere."""

import uuid
from collections.abc import Collection
from typing import Any

from bus.services.record_fact import record_fact
from bus.wakeup import wake_after_commit
from common.transactions import requires_transaction
from messaging.domain_events import SystemMessageOrdered
from messaging.models import Membership


@requires_transaction
def order_system_message(
    *, users: Collection[uuid.UUID], conversation_id: uuid.UUID | None, code: str, data: dict[str, Any]
) -> None:
    """Tell these users and the members of this conversation, as far as they have a socket, after the commit."""
    people = set(users)
    if conversation_id is not None:
        members = Membership.objects.filter(conversation_id=conversation_id, left_at__isnull=True)
        people |= set(members.values_list("user_id", flat=True))
    if people:
        record_fact(SystemMessageOrdered(code=code, user_ids=sorted(people), data=data))
        wake_after_commit("chat")
