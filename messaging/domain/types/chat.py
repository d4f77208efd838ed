"""An ordinary chat message: guaranteed, ordered, stored exactly once.

The seed's section 6.1, one to one: validation (rights, format, credits), the store with its outbox row, the ACK, the
attempt at delivery, the recipient's ACK, the new state, and the end with what is given again.
"""

import re
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.conversations import ANNOUNCEMENT
from messaging.domain.drafts import Draft, fingerprint
from messaging.domain.errors import INVALID, Refusal
from messaging.domain.messages import ChatMessage, encode
from messaging.domain.parcels import Announcement, Parcel
from messaging.domain.registry import MessageType, OnOverflow, Policy

# PostgreSQL keeps no NUL in text, and no other control character has a place in what people write.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


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


class CallBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a call: the only part of it that is stored."""

    call: uuid.UUID
    state: Annotated[str, Meta(pattern="^(started|ended|missed)$")]


TEXT = msgspec.json.Decoder(TextBody)
BODIES: Mapping[str, msgspec.json.Decoder[Any]] = {
    "text": TEXT,
    ANNOUNCEMENT: TEXT,
    "call": msgspec.json.Decoder(CallBody),
}


def check(parcel: Parcel) -> None:
    """Hold the body against its kind, and make the draft of what will be stored.

    Raises:
        Refusal: the kind is unknown, the body isn't of it, or there is nothing to be seen in it.
    """
    message: Send = parcel.message
    decoder = BODIES.get(message.kind)
    if decoder is None:
        raise Refusal(INVALID)
    try:
        body = decoder.decode(message.body)
    except msgspec.MsgspecError as error:
        raise Refusal(INVALID) from error
    if isinstance(body, TextBody):
        check_text(body.text)
    parcel.draft = draft_of(parcel, kind=message.kind, body=encode(body), reply_to=message.reply_to)


def check_text(text: str) -> None:
    """Refuse text with control characters, and text without anything to be seen."""
    if CONTROL.search(text) or all(unicodedata.category(one) in INVISIBLE for one in text):
        raise Refusal(INVALID)


def draft_of(
    parcel: Parcel, *, kind: str, body: bytes, reply_to: int | None = None, refers_to: int | None = None
) -> Draft:
    """Return what will be stored; its fingerprint tells a retry from another message under the same id."""
    message = parcel.message
    return Draft(
        sender_id=parcel.origin.user_id,
        id=message.id,
        conversation_id=message.conversation,
        kind=kind,
        body=body,
        reply_to=reply_to,
        refers_to=refers_to,
        fingerprint=fingerprint(message.conversation, kind, body, reply_to, refers_to),
    )


def announce(parcel: Parcel) -> Announcement | None:
    """Tell all members, on all devices but the one it came from; a duplicate was told before."""
    stored, draft = parcel.stored, parcel.draft
    if stored is None or stored.is_duplicate or draft is None:
        return None
    message = ChatMessage(
        id=draft.id,
        conversation=stored.conversation_id,
        seq=stored.seq,
        sender=draft.sender_id,
        kind=draft.kind,
        body=msgspec.Raw(draft.body),
        at=stored.at,
        reply_to=draft.reply_to,
        refers_to=draft.refers_to,
    )
    return Announcement(
        to=stored.members,
        payload=encode(message),
        conversation_id=stored.conversation_id,
        seq=stored.seq,
        except_session=parcel.origin.session_id,
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
    policy=Policy(on_overflow=OnOverflow.REFUSE, longest_wait_seconds=limits.LONGEST_WAIT_SECONDS),
    cost=1,
    check=check,
    announce=announce,
)
