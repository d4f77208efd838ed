"""A signal, such as a step of setting up a video call: real time, at most once, stored nowhere."""

import uuid
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.messages import SignalNotice, encode
from messaging.domain.parcels import Announcement, Parcel
from messaging.domain.registry import MessageType, OnOverflow, Policy


class Signal(Struct, tag="signal", frozen=True):
    """`n` orders the signals of a call; after `ttl` seconds it is worth nothing."""

    id: uuid.UUID
    to: uuid.UUID
    call: uuid.UUID
    n: Annotated[int, Meta(ge=0, le=limits.GREATEST_SEQ)]
    body: msgspec.Raw
    ttl: Annotated[int, Meta(ge=1, le=60)] = 15


def announce(parcel: Parcel) -> Announcement:
    signal: Signal = parcel.message
    notice = SignalNotice(id=signal.id, sender=parcel.origin.user_id, call=signal.call, n=signal.n, body=signal.body)
    return Announcement(to=[signal.to], payload=encode(notice), is_ephemeral=True)


SIGNAL = MessageType(
    name="signal",
    schema=Signal,
    stages=(stages.VALIDATE, stages.DEDUPLICATE, stages.ACK, stages.DELIVER, stages.FINALIZE),
    policy=Policy(on_overflow=OnOverflow.DROP, buffer=500),
    announce=announce,
)
