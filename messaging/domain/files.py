"""Files that people may send, and how their bytes show what they are."""

import codecs
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable
from typing import NamedTuple

FILE_BYTES = 25 * 1024 * 1024
SLOT_SECONDS = 3600
DOWNLOAD_SECONDS = 300
NAME_CHARACTERS = 200
# What one person may announce within 24 hours.
DAY_FILES = 200
DAY_BYTES = 500 * 1024 * 1024
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def is_text(head: bytes) -> bool:
    """Tell whether these are the first bytes of a text in UTF-8."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return "\0" not in text


# How the bytes of each accepted type begin; nothing that a browser would run is among them.
BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda head: head.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda head: head.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
    "application/pdf": lambda head: head.startswith(b"%PDF-"),
    "application/zip": lambda head: head.startswith(b"PK\x03\x04"),
    "video/mp4": lambda head: head[4:8] == b"ftyp",
    "video/webm": lambda head: head.startswith(b"\x1a\x45\xdf\xa3"),
    "audio/mpeg": lambda head: head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"),
    "audio/ogg": lambda head: head.startswith(b"OggS"),
    "text/plain": is_text,
}
HEAD_BYTES = 512


class Slot(NamedTuple):
    """A place for one file."""

    id: uuid.UUID
    key: str
    token: str
    size: int
    media_type: str
    sha256: str


class StoredFile(NamedTuple):
    """What the storage holds under a key."""

    size: int
    sha256: str
    head: bytes
    token: str


def key_of(attachment_id: uuid.UUID) -> str:
    """Return where a slot's upload goes. The storage keeps what belongs to it under longer keys that begin so."""
    return f"attachments/{attachment_id.hex[-2:]}/{attachment_id.hex}"


def another_key(key: str) -> str:
    """Return a key that nobody can guess, for what was uploaded under the given one; no address to upload leads there."""
    return f"{key}-{secrets.token_hex(8)}"


def token_of(attachment_id: uuid.UUID, *, secret: str) -> str:
    """Return the token of a slot: the same each time it is asked for, so none has to be stored."""
    return hmac.new(secret.encode(), b"attachment:" + attachment_id.bytes, hashlib.sha256).hexdigest()


def refusal_of(slot: Slot, file: StoredFile) -> str | None:
    """Return why a file isn't what was announced, if so: its token, its size, its hash, its bytes."""
    if not hmac.compare_digest(file.token, slot.token):
        return "token"
    if file.size != slot.size:
        return "size"
    if file.sha256 != slot.sha256:
        return "hash"
    return None if BEGINNINGS[slot.media_type](file.head) else "type"
