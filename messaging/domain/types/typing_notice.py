"""Somebody is typing: ephemeral, for the other members who are there right now."""

import uuid

from msgspec import Struct

from messaging.domain import stages
from messaging.domain.messages import TypingNotice, encode
from messaging.domain.parcels import Announcement, Parcel
from messaging.domain.registry import MessageType, OnOverflow, Policy


class Typing(Struct, tag="typing", frozen=True):
    conversation: uuid.UUID


def announce(parcel: Parcel) -> Announcement:
    user_id = parcel.origin.user_id
    notice = TypingNotice(conversation=parcel.message.conversation, user=user_id)
    return Announcement(
        to=[member for member in parcel.members if member != user_id], payload=encode(notice), is_ephemeral=True
    )


TYPING = MessageType(
    name="typing",
    schema=Typing,
    stages=(stages.VALIDATE, stages.DELIVER, stages.FINALIZE),
    weight=5,
    policy=Policy(on_overflow=OnOverflow.DROP, is_shed=True, buffer=500),
    announce=announce,
)
