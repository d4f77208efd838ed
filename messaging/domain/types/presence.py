"""Presence: who of these people has a socket open somewhere."""

import uuid
from typing import Annotated

from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.registry import MessageType, OnOverflow, Policy


class Watch(Struct, tag="watch", frozen=True):
    """Ask for the presence of people whom the user shares a conversation with."""

    users: Annotated[list[uuid.UUID], Meta(min_length=1, max_length=limits.WATCHED)]


WATCH = MessageType(
    name="watch",
    schema=Watch,
    stages=(stages.READ, stages.FINALIZE),
    weight=10,
    policy=Policy(on_overflow=OnOverflow.DROP, is_shed=True, buffer=200),
)
