"""Facts that any app may state: requests to the platform that must hold if and only if a transaction commits."""

from dataclasses import dataclass
from uuid import UUID

from bus.facts import Fact, states


@states("messaging.post.requested.v1", key="key_id")
@dataclass(frozen=True, kw_only=True)
class PostRequested(Fact):
    """A message is to stand in a conversation, exactly once, because something has happened.

    `message_id` is made from what has happened (`uuid5`), so that stating it twice posts once. The conversation is named
    by itself or by its event; `sender_id` None is the platform, which is a member nowhere.
    """

    message_id: UUID
    text: str
    conversation_id: UUID | None = None
    event_id: UUID | None = None
    sender_id: UUID | None = None

    @property
    def key_id(self) -> UUID:
        """Posts of one conversation keep their order."""
        return self.conversation_id or self.event_id or self.message_id
