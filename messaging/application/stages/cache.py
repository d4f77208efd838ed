"""The cache: the ring of recent messages, where reconnecting clients fill their gaps from."""

from uuid import UUID

from messaging.application.ports import RecentMessages
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage
from messaging.domain.types.commands import DELETE


class Cache(SimpleStage):
    """A copy, so it may fail: the ring is only believed where it has no hole.

    Of a conversation in which something was deleted the whole ring goes: the text may stand in edits too. What couldn't be
    dropped because the ring is away is dropped with the next batch.
    """

    def __init__(self, recent: RecentMessages) -> None:
        self._recent = recent
        self._to_drop: set[UUID] = set()

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        messages, changed = [], []
        for parcel in parcels:
            draft = parcel.draft
            if parcel.type is DELETE and draft is not None:
                self._to_drop.add(draft.conversation_id)
            elif draft is not None and draft.refers_to is not None:
                changed.append((draft.conversation_id, draft.refers_to))
            announcement = parcel.type.announce(parcel)
            parcel.answer = announcement
            if announcement is not None and announcement.conversation_id is not None:
                messages.append((announcement.conversation_id, announcement.seq, announcement.payload))
        try:
            await self._refresh(messages, changed)
        except PortUnavailable:
            return parcels
        return parcels

    async def _refresh(self, messages: list[tuple[UUID, int, bytes]], changed: list[tuple[UUID, int]]) -> None:
        await self._recent.remember(messages)
        if changed:
            await self._recent.forget(changed)
        if self._to_drop:
            await self._recent.drop(self._to_drop)
            self._to_drop.clear()
