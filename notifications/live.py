"""Say that an inbox has changed to whoever has a page open. Losable: the page asks again when it opens."""

from collections.abc import Collection
from uuid import UUID

from bus.wakeup import publish_after_commit

# One channel for all: a server of sockets reads it once and knows which users are with it.
CHANNEL = "notifications:inbox"


def show_after_commit(*, user_ids: Collection[UUID]) -> None:
    """Tell these users' pages to count anew."""
    if user_ids:
        publish_after_commit(CHANNEL, ",".join(sorted(map(str, user_ids))).encode())
