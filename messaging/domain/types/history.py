"""History: a page of stored messages, for scrolling back and for filling gaps alike."""

import uuid
from typing import Annotated

from msgspec import Meta, Struct

from messaging.domain import limits, stages
from messaging.domain.registry import MessageType, OnOverflow, Policy


class History(Struct, tag="history", frozen=True):
    """Messages after one `seq` or before another; without either, the last ones. `request` comes back in the page."""

    request: Annotated[str, Meta(max_length=64)]
    conversation: uuid.UUID
    after: Annotated[int, Meta(ge=0, le=limits.GREATEST_SEQ)] | None = None
    before: Annotated[int, Meta(ge=1, le=limits.GREATEST_SEQ)] | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.PAGE_MESSAGES)] = 50


HISTORY = MessageType(
    name="history",
    schema=History,
    stages=(stages.VALIDATE, stages.READ, stages.FINALIZE),
    is_reading=True,
    weight=5,
    policy=Policy(on_overflow=OnOverflow.REFUSE, buffer=500),
)
