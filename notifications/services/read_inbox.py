"""Note what a user has read."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from common.transactions import requires_transaction
from notifications.live import show_after_commit
from notifications.selectors.inbox import list_inbox


@requires_transaction
def read_inbox(*, user_id: UUID, item_ids: Collection[UUID] | None, now: datetime) -> int:
    """Mark these unread items (None: all) as read; return how many there were."""
    unread = list_inbox(user_id=user_id).unread()
    if item_ids is not None:
        unread = unread.filter(id__in=item_ids)
    count = unread.update(read_at=now)
    if count:
        show_after_commit(user_ids=[user_id])
    return count
