"""The count of unread notifications, live: a topic of the chat's sockets that each open page of a person follows.

A page opens the socket without its cookie, so the topic's name itself is the permission: it ends in a code that only
this server can make. A bell carries no count, only whose inbox to look at again; one that is lost heals by the next look.
"""

from collections.abc import Collection
from hmac import compare_digest
from uuid import UUID

import msgspec
from django.utils.crypto import salted_hmac

from bus.wakeup import publish_after_commit
from notifications.selectors.inbox import get_live_unread

# One message for a whole batch of inboxes: its words are the topics.
CHANNEL = "wake:topic:inboxes"
SALT = "notifications.live"


def topic_of(user_id: UUID) -> str:
    """Return the name of a user's topic, which is as secret as the count."""
    code = salted_hmac(SALT, user_id.hex, algorithm="sha256").hexdigest()[:32]
    return f"inbox:{user_id}:{code}"


def user_of(topic: str) -> UUID | None:
    """Return whose topic it is; None when it isn't one that this server has made."""
    try:
        kind, given_id, _ = topic.split(":")
        user_id = UUID(given_id)
    except ValueError:
        return None
    is_genuine = kind == "inbox" and compare_digest(topic.encode(), topic_of(user_id).encode())
    return user_id if is_genuine else None


def show_after_commit(*, user_ids: Collection[UUID]) -> None:
    """Let these users' open pages count anew."""
    if user_ids:
        publish_after_commit(CHANNEL, " ".join(sorted(map(topic_of, user_ids))).encode())


class UnreadCounts:
    """What the chat's sockets tell about inboxes."""

    def knows(self, name: str) -> bool:
        return user_of(name) is not None

    def read(self, name: str) -> tuple[int, bytes] | None:
        """Return a version that grows, and the count as JSON."""
        user_id = user_of(name)
        if user_id is None:
            return None
        version, unread = get_live_unread(user_id=user_id)
        return version, msgspec.json.encode({"unread": unread})
