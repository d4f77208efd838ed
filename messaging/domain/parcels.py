"""What travels through the pipeline: one object of a client or of the server, with what the stages found out about it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from messaging.domain.drafts import Draft
from messaging.domain.errors import Refusal

if TYPE_CHECKING:
    from messaging.domain.registry import MessageType


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent it, over which socket; the server's own objects come from nobody."""

    session_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a message stands for ever, and who is to get it."""

    conversation_id: uuid.UUID
    seq: int
    at: datetime
    is_duplicate: bool
    members: Collection[uuid.UUID]
    # Of what the id stands for (messaging.domain.drafts); 0 when it isn't known.
    fingerprint: int = 0


@dataclass(slots=True, eq=False)
class Parcel:
    """Made by the intake, changed by stages, gone after the last one."""

    type: "MessageType"
    origin: Origin
    message: Any
    received_at: float
    members: Collection[uuid.UUID] = ()
    # What is stored of it, if it is of a type that is stored.
    draft: Draft | None = None
    stored: Stored | None = None
    credits_left: int | None = None
    credits_spent: int = 0
    refusal: Refusal | None = None
    answer: Any = None

    def refuse(self, code: str, *, retry_after: float | None = None) -> None:
        """Send it to the last stage, which tells the sender and gives back what it has cost."""
        self.refusal = Refusal(code, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something for people's sockets: the encoded object, and whose sockets it is for."""

    to: Collection[uuid.UUID]
    payload: bytes
    conversation_id: uuid.UUID | None = None
    # Durable: has a place in a conversation and is given again until the device confirms it.
    seq: int = 0
    is_ephemeral: bool = False
    # The socket that it came from knows it already.
    except_session: uuid.UUID | None = None


class Delivery(msgspec.Struct, array_like=True, frozen=True):
    """An announcement on its way to another node."""

    to: list[uuid.UUID]
    payload: bytes
    conversation_id: uuid.UUID | None
    seq: int
    is_ephemeral: bool
    except_session: uuid.UUID | None
