"""What is about to be stored."""

import hashlib
import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A message on its way into the store."""

    sender_id: uuid.UUID
    id: uuid.UUID
    conversation_id: uuid.UUID
    kind: str
    body: bytes
    reply_to: int | None = None
    # The message that an edit, a deletion or a reaction is about.
    refers_to: int | None = None
    # Of what the id stands for; 0 when it isn't known.
    fingerprint: int = 0


def fingerprint(conversation_id: uuid.UUID, kind: str, body: bytes, reply_to: int | None, refers_to: int | None) -> int:
    """Return 63 bits that differ when the content does; never 0."""
    content = b"\0".join([conversation_id.bytes, kind.encode(), str((reply_to, refers_to)).encode(), body])
    return (int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big") >> 1) or 1


def is_other(one: int, other: int) -> bool:
    """Tell whether two fingerprints under one id are of different messages, as far as both are known."""
    return bool(one and other and one != other)
