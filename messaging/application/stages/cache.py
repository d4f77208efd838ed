"""The cache: the ring of recent messages, where reconnecting clients fill their gaps from."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from messaging.application.ports import RecentMessages
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage
from messaging.domain.types.commands import DELETE


class Cache(SimpleStage):
    """A copy, so it may fail: the ring is only believed where it has no hole. Nobody waits for it either: while one batch
    is being copied, the next ones gather.

    What is not to be read any more is waited for. Of a conversation in which something was deleted the whole ring goes:
    the text may stand in edits too. What couldn't be dropped because the ring is away is dropped with the next batch.
    """

    def __init__(self, recent: RecentMessages) -> None:
        self._recent = recent
        self._to_copy: list[tuple[UUID, int, bytes]] = []
        self._to_drop: set[UUID] = set()
        self._writing = asyncio.Lock()
        self._copying: asyncio.Task[None] | None = None

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        changed = []
        for parcel in parcels:
            draft = parcel.draft
            if parcel.type is DELETE and draft is not None:
                self._to_drop.add(draft.conversation_id)
            elif draft is not None and draft.refers_to is not None:
                changed.append((draft.conversation_id, draft.refers_to))
            announcement = parcel.type.announce(parcel)
            parcel.answer = announcement
            if announcement is not None and announcement.conversation_id is not None:
                self._to_copy.append((announcement.conversation_id, announcement.seq, announcement.payload))
        if changed or self._to_drop:
            await self._write(changed)
        elif self._copying is None or self._copying.done():
            self._copying = asyncio.create_task(self._copy())
        return parcels

    async def _copy(self) -> None:
        while self._to_copy:
            await self._write([])

    async def _write(self, changed: Sequence[tuple[UUID, int]]) -> None:
        """Copy what has gathered, then let go of what has changed: in this order, and one after the other."""
        async with self._writing:
            batch, self._to_copy = self._to_copy, []
            # Not what is added while this is under way: an edit of it may wait to be copied.
            to_drop, self._to_drop = self._to_drop, set()
            try:
                await self._recent.remember(batch)
                if changed:
                    await self._recent.forget(changed)
                if to_drop:
                    await self._recent.drop(to_drop)
            except PortUnavailable:
                self._to_drop |= to_drop
