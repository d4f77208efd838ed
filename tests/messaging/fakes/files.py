"""Slots and a storage in memory."""

import uuid
from datetime import UTC, datetime, timedelta

from messaging.application.ports import Rejected, UploadTarget
from messaging.domain.errors import CONFLICT, QUOTA
from messaging.domain.files import DAY_BYTES, DAY_FILES, Slot, token_of
from messaging.domain.types.upload import Upload

START = datetime(2026, 6, 1, tzinfo=UTC)


class FakeSlots:
    def __init__(self) -> None:
        self._slots: dict[tuple[uuid.UUID, uuid.UUID], Slot] = {}

    async def reserve(self, user_id: uuid.UUID, asked: Upload) -> tuple[Slot, datetime] | Rejected:
        slot = self._slots.get((user_id, asked.id))
        if slot is None:
            own = [one for (uploader, _), one in self._slots.items() if uploader == user_id]
            if len(own) >= DAY_FILES or sum(one.size for one in own) + asked.size > DAY_BYTES:
                return Rejected(QUOTA)
            one = uuid.uuid4()
            slot = Slot(one, one.hex, token_of(one, secret="s"), asked.size, asked.media_type, asked.sha256)
            self._slots[user_id, asked.id] = slot
        if slot[3:] != (asked.size, asked.media_type, asked.sha256):
            return Rejected(CONFLICT)
        return slot, START + timedelta(hours=1)


class FakeDoor:
    def upload_target(self, slot: Slot) -> UploadTarget:
        return UploadTarget("PUT", f"memory:{slot.key}", {"token": slot.token})
