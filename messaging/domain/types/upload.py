"""A message with a file, in two phases.

First the slot: validation, its row, the address to upload to, the answer. Then, when the storage has reported the file and
what it holds is what was announced, a message of kind `file` that all members get like any other (`settle_upload`).
"""

import re
import uuid
from typing import Annotated

from msgspec import Meta, Struct

from messaging.domain import stages
from messaging.domain.errors import INVALID, TOO_BIG, Refusal
from messaging.domain.files import BEGINNINGS, FILE_BYTES, NAME_CHARACTERS
from messaging.domain.parcels import Parcel
from messaging.domain.registry import MessageType, OnOverflow, Policy

UNFIT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\u202a-\u202e\u2066-\u2069]")


class Upload(Struct, tag="upload", frozen=True):
    """Ask for a slot. `id` will be the message's; the same one gets the same slot."""

    request: Annotated[str, Meta(max_length=64)]
    id: uuid.UUID
    conversation: uuid.UUID
    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS)]
    size: Annotated[int, Meta(ge=1)]
    media_type: Annotated[str, Meta(max_length=100)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


def check(parcel: Parcel) -> None:
    """Refuse what may not be sent, before anything is uploaded."""
    asked: Upload = parcel.message
    if asked.size > FILE_BYTES:
        raise Refusal(TOO_BIG)
    if asked.media_type not in BEGINNINGS or UNFIT_IN_NAMES.search(asked.name) or not asked.name.strip(". "):
        raise Refusal(INVALID)


UPLOAD = MessageType(
    name="upload",
    schema=Upload,
    stages=(
        stages.VALIDATE,
        stages.SPEND_CREDIT,
        stages.PERSIST,
        stages.ISSUE_UPLOAD,
        stages.FINALIZE,
    ),
    policy=Policy(on_overflow=OnOverflow.REFUSE, buffer=200),
    cost=5,
    check=check,
)
