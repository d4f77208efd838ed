"""Slots and a storage in memory."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from messaging.application.ports import Rejected, UploadTarget
from messaging.domain.files import HEAD_BYTES, Slot, StoredFile, token_of
from messaging.domain.types.upload import Upload

START = datetime(2026, 6, 1, tzinfo=UTC)


class FakeSlots:
    def __init__(self) -> None:
        self._slots: dict[tuple[uuid.UUID, uuid.UUID], Slot] = {}

    async def reserve(self, user_id: uuid.UUID, asked: Upload) -> tuple[Slot, datetime] | Rejected:
        slot = self._slots.get((user_id, asked.id))
        if slot is None:
            one = uuid.uuid4()
            slot = Slot(one, one.hex, token_of(one, secret="s"), asked.size, asked.media_type, asked.sha256)
            self._slots[user_id, asked.id] = slot
        if slot[3:] != (asked.size, asked.media_type, asked.sha256):
            return Rejected("conflict")
        return slot, START + timedelta(hours=1)


class FakeStorage:
    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}

    def upload_target(self, slot: Slot) -> UploadTarget:
        return UploadTarget("PUT", f"memory:{slot.key}", {"token": slot.token})

    def stored(self, key: str) -> StoredFile | None:
        if key not in self.files:
            return None
        content, token = self.files[key]
        return StoredFile(len(content), hashlib.sha256(content).hexdigest(), content[:HEAD_BYTES], token)

    def chunks(self, key: str) -> Iterator[bytes]:
        yield self.files[key][0]

    def write(self, key: str, content: bytes) -> None:
        self.files[key] = (content, "")

    def remove(self, key: str) -> None:
        self.files.pop(key, None)
