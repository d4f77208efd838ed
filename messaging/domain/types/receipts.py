"""Confirmations of devices: they end the wait of chat messages and go on in the route of these."""

import uuid
from typing import Annotated

from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.registry import MessageType, OnOverflow, Policy

Positions = Annotated[
    list[tuple[uuid.UUID, Annotated[int, Meta(ge=0, le=limits.GREATEST_SEQ)]]],
    Meta(min_length=1, max_length=limits.POSITIONS),
]


class Received(Struct, tag="received", frozen=True):
    """This device has everything of these conversations up to `seq`: cumulative."""

    positions: Positions


class Read(Struct, tag="read", frozen=True):
    """The user has seen everything of these conversations up to `seq`: cumulative, and true of all devices."""

    positions: Positions


RECEIVED = MessageType(
    name="received",
    schema=Received,
    stages=(stages.RELEASE,),
    policy=Policy(on_overflow=OnOverflow.REFUSE),
)
READ = MessageType(
    name="read",
    schema=Read,
    stages=(stages.RELEASE,),
    policy=Policy(on_overflow=OnOverflow.REFUSE),
)
