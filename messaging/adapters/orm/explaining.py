"""What has become of a message, for an operator: from its acceptance to everybody who has read it, without its text."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bus.models import OutboxRow
from common.problems import NotFound
from messaging.domain_events import (
    BufferOverflowed,
    MessagesCommitted,
    MessagesRedelivered,
    NodeJoined,
    NodeLeft,
    PressureChanged,
)
from messaging.models import Conversation, Membership, Message, MessageId

# The outbox row of a message is written in the same statement.
AROUND = timedelta(seconds=5)
LATELY = timedelta(hours=1)
MONITORED = [one.wire_type for one in (NodeJoined, NodeLeft, PressureChanged, BufferOverflowed, MessagesRedelivered)]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far one member is."""

    user_id: uuid.UUID
    name: str
    is_sender: bool
    has_received: bool
    has_read: bool
    was_reminded: bool
    # Where the member has a socket now.
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """The stages of a message; `batch` is None when its outbox row is gone (7 days)."""

    conversation: Conversation
    seq: int
    message_id: uuid.UUID
    sender_id: uuid.UUID
    kind: str
    accepted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    batch: Mapping[str, Any] | None
    members: list[Reached] = field(default_factory=list)


def find_place(*, message_id: uuid.UUID) -> tuple[uuid.UUID, int]:
    """Return conversation and number of a message by the id that its client has made.

    Raises:
        NotFound: no message was ever stored under this id.
    """
    place = MessageId.objects.filter(id=message_id).values_list("conversation_id", "seq").first()
    if place is None:
        raise NotFound
    return place


def explain_message(
    *, conversation_id: uuid.UUID, seq: int, nodes_of: Mapping[uuid.UUID, tuple[str, ...]] | None = None
) -> Explained:
    """Return what has become of a message.

    Raises:
        NotFound: there is none, or it is past its retention.
    """
    message = Message.objects.select_related("conversation").filter(conversation_id=conversation_id, seq=seq).first()
    if message is None:
        raise NotFound
    memberships = Membership.objects.filter(conversation_id=conversation_id, left_at__isnull=True)
    return Explained(
        conversation=message.conversation,
        seq=seq,
        message_id=message.id,
        sender_id=message.sender_id,
        kind=message.kind,
        accepted_at=message.at,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
        batch=_batch_of(message),
        members=[
            Reached(
                user_id=one.user_id,
                name=one.user.public_name,
                is_sender=one.user_id == message.sender_id,
                has_received=one.delivered_seq >= seq,
                has_read=one.read_seq >= seq,
                was_reminded=one.reminded_seq >= seq,
                nodes=(nodes_of or {}).get(one.user_id, ()),
            )
            for one in memberships.select_related("user").order_by("joined_at", "id")[:200]
        ],
    )


def list_monitoring(*, now: datetime, limit: int) -> list[OutboxRow]:
    """Return what nodes have noticed lately, the latest first."""
    rows = OutboxRow.objects.filter(wire_type__in=MONITORED, occurred_at__gte=now - LATELY)
    return list(rows.order_by("-id")[:limit])


def members_of(conversation_id: uuid.UUID) -> list[uuid.UUID]:
    present = Membership.objects.filter(conversation_id=conversation_id, left_at__isnull=True)
    return list(present.order_by("joined_at", "id").values_list("user_id", flat=True)[:200])


def _batch_of(message: Message) -> Mapping[str, Any] | None:
    """Return the commit that the message was part of: its writer's lane, its size, its fact."""
    rows = OutboxRow.objects.filter(
        wire_type=MessagesCommitted.wire_type,
        occurred_at__range=(message.at - AROUND, message.at + AROUND),
        payload__contains=str(message.id),
    )
    row = rows.order_by("id").first()
    if row is None:
        return None
    fact = msgspec.json.decode(row.payload)
    return {
        "fact_id": row.fact_id,
        "committed_at": row.occurred_at,
        "lane": fact["lane"],
        "size": len(fact["messages"]),
    }
