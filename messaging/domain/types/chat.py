"""An ordinary chat message: guaranteed, ordered, stored exactly once.

The seed's section 6.1, one to one: validation (rights, format, credits), the store with its outbox row, the ACK, the
attempt at delivery, the recipient's ACK, the new state, and the end with what is given again.
"""

import uuid
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.errors import INVALID, Refusal
from messaging.domain.messages import ChatMessage, encode
from messaging.domain.parcels import Announcement, Parcel, Stored
from messaging.domain.registry import MessageType, OnOverflow, Policy


class Send(Struct, tag="send", frozen=True):
    """A message for a conversation. `id` is made once per user action and kept across retries."""

    id: uuid.UUID
    conversation: uuid.UUID
    body: msgspec.Raw
    kind: Annotated[str, Meta(max_length=20)] = "text"
    reply_to: Annotated[int, Meta(ge=1, le=limits.GREATEST_SEQ)] | None = None


class TextBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Source text; it is rendered, safely, where it is shown."""

    text: Annotated[str, Meta(min_length=1, max_length=limits.TEXT_CHARACTERS)]


BODIES: Mapping[str, msgspec.json.Decoder[Struct]] = {"text": msgspec.json.Decoder(TextBody)}


def check(message: Send) -> None:
    """Hold the body against its kind.

    Raises:
        Refusal: the kind is unknown, or the body isn't of it.
    """
    decoder = BODIES.get(message.kind)
    if decoder is None:
        raise Refusal(INVALID)
    try:
        decoder.decode(message.body)
    except msgspec.MsgspecError as error:
        raise Refusal(INVALID) from error
    # PostgreSQL keeps no NUL in text, and one poisoned row would fail its whole batch.
    if b"\\u0000" in bytes(message.body):
        raise Refusal(INVALID)


def announce(parcel: Parcel) -> Announcement | None:
    """Tell all members, on all devices but the one it came from; a duplicate was told before."""
    if parcel.stored is None or parcel.stored.is_duplicate:
        return None
    return Announcement(
        to=parcel.stored.members,
        payload=encode(as_message(parcel.message, parcel.origin.user_id, parcel.stored)),
        conversation_id=parcel.stored.conversation_id,
        seq=parcel.stored.seq,
        except_session=parcel.origin.session_id,
    )


def as_message(message: Send, sender_id: uuid.UUID, stored: Stored) -> ChatMessage:
    return ChatMessage(
        id=message.id,
        conversation=stored.conversation_id,
        seq=stored.seq,
        sender=sender_id,
        kind=message.kind,
        body=message.body,
        at=stored.at,
        reply_to=message.reply_to,
    )


CHAT = MessageType(
    name="send",
    schema=Send,
    stages=(
        stages.VALIDATE,
        stages.DEDUPLICATE,
        stages.SPEND_CREDIT,
        stages.PERSIST,
        stages.ACK,
        stages.CACHE,
        stages.DELIVER,
        stages.AWAIT_RECEIPT,
        stages.STORE_STATE,
        stages.FINALIZE,
    ),
    optional=frozenset({stages.CACHE}),
    policy=Policy(on_overflow=OnOverflow.REFUSE),
    cost=1,
    check=check,
    announce=announce,
)
