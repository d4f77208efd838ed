"""Facts of the messenger."""

from dataclasses import dataclass
from typing import Any
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


@states("messaging.conversation.changed.v1", key="conversation_id")
@dataclass(frozen=True, kw_only=True)
class ConversationChanged(Fact):
    """Members, roles or rights have changed; `user_ids` are those who came, left or were changed."""

    conversation_id: UUID
    user_ids: list[UUID]


@states("messaging.messages.unread.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class MessagesUnread(Fact):
    """A member has not seen what was written a while ago, on no device: worth a push or a mail.

    `is_mentioned`: the sender has named the member by their handle.
    """

    user_id: UUID
    conversation_id: UUID
    title: str
    sender_name: str
    unread: int
    last_seq: int
    is_mentioned: bool = False


@states("messaging.system.ordered.v1", key="code")
@dataclass(frozen=True, kw_only=True)
class SystemMessageOrdered(Fact):
    """Something to tell people's sockets, as far as they have one now; who is away misses nothing."""

    code: str
    user_ids: list[UUID]
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MonitoringFact(Fact):
    """What a chat node noticed about itself; `figures` are what it measured."""

    node: str
    figures: dict[str, float]


@states("messaging.monitoring.node_joined.v1", key="node")
@dataclass(frozen=True, kw_only=True)
class NodeJoined(MonitoringFact):
    """A chat node has begun to work."""


@states("messaging.monitoring.node_left.v1", key="node")
@dataclass(frozen=True, kw_only=True)
class NodeLeft(MonitoringFact):
    """A chat node has drained; one that was killed doesn't say so."""


@states("messaging.monitoring.pressure_changed.v1", key="node")
@dataclass(frozen=True, kw_only=True)
class PressureChanged(MonitoringFact):
    """A node is under more or less load than before: `normal`, `throttled` or `shedding`."""

    state: str


@states("messaging.monitoring.buffer_overflowed.v1", key="node")
@dataclass(frozen=True, kw_only=True)
class BufferOverflowed(MonitoringFact):
    """Objects were refused or left out since the last such fact, by type, stage and reason."""


@states("messaging.monitoring.redelivered.v1", key="node")
@dataclass(frozen=True, kw_only=True)
class MessagesRedelivered(MonitoringFact):
    """Devices did not confirm messages in time and were given them again."""
