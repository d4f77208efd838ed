"""Commands about an earlier message: edit, delete, react, unreact.

Each is a message of its own with its own `seq`, so that every device sees it at the same place of the order; the message
it refers to is brought up to date in the same transaction.
"""

import uuid
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.errors import INVALID, Refusal
from messaging.domain.messages import encode
from messaging.domain.parcels import Parcel
from messaging.domain.registry import Check, MessageType, OnOverflow, Policy
from messaging.domain.types.chat import CONTROL, TextBody, announce, check_text, draft_of

Seq = Annotated[int, Meta(ge=1, le=limits.GREATEST_SEQ)]
Emoji = Annotated[str, Meta(min_length=1, max_length=16)]


class Edit(Struct, tag="edit", frozen=True):
    """Other text for an own message."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: Seq
    body: TextBody


class Delete(Struct, tag="delete", frozen=True):
    """Take a message back: one's own, or as a leader of the conversation anybody's."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: Seq


class React(Struct, tag="react", frozen=True):
    """Put an emoji under a message."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: Seq
    emoji: Emoji


class Unreact(Struct, tag="unreact", frozen=True):
    """Take one's emoji back."""

    id: uuid.UUID
    conversation: uuid.UUID
    seq: Seq
    emoji: Emoji


class ReactionBody(Struct, frozen=True):
    emoji: str


def check_edit(parcel: Parcel) -> None:
    check_text(parcel.message.body.text)
    parcel.draft = draft_of(parcel, kind="edit", body=encode(parcel.message.body), refers_to=parcel.message.seq)


def check_delete(parcel: Parcel) -> None:
    parcel.draft = draft_of(parcel, kind="delete", body=b"{}", refers_to=parcel.message.seq)


def check_react(parcel: Parcel) -> None:
    emoji = parcel.message.emoji
    if CONTROL.search(emoji) or emoji.isspace() or emoji.isascii():
        raise Refusal(INVALID)
    body = encode(ReactionBody(emoji))
    parcel.draft = draft_of(parcel, kind=parcel.type.name, body=body, refers_to=parcel.message.seq)


def command(schema: type[msgspec.Struct], check: Check) -> MessageType:
    """Return the type of a command; all of them go one way."""
    return MessageType(
        name=str(schema.__struct_config__.tag),
        schema=schema,
        stages=(
            stages.VALIDATE,
            stages.DEDUPLICATE,
            stages.SPEND_CREDIT,
            stages.PERSIST,
            stages.ACK,
            stages.CACHE,
            stages.DELIVER,
            stages.FINALIZE,
        ),
        optional=frozenset({stages.CACHE}),
        policy=Policy(on_overflow=OnOverflow.REFUSE, buffer=500, longest_wait_seconds=limits.LONGEST_WAIT_SECONDS),
        cost=1,
        check=check,
        announce=announce,
    )


EDIT = command(Edit, check_edit)
DELETE = command(Delete, check_delete)
REACT = command(React, check_react)
UNREACT = command(Unreact, check_react)
COMMANDS = (EDIT, DELETE, REACT, UNREACT)
