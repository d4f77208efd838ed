"""Facts of the messenger."""

from dataclasses import dataclass
from uuid import UUID

from bus.facts import Fact, states


@dataclass(frozen=True, kw_only=True)
class CommittedMessage:
    """A message by its numbers: no text leaves the conversation."""

    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    kind: str


@states("messaging.message.committed.v1", key="lane")
@dataclass(frozen=True, kw_only=True)
class MessagesCommitted(Fact):
    """A batch of messages was stored: one fact per commit, in the order of each conversation.

    The key is the writer's lane. A conversation always has the same one, so its order holds on Kafka too.
    """

    lane: str
    messages: list[CommittedMessage]
