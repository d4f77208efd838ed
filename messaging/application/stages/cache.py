"""The cache: the ring of recent messages, where reconnecting clients fill their gaps from."""

from messaging.application.ports import RecentMessages
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage


class Cache(SimpleStage):
    """A copy, so it may fail: the ring is only believed where it has no hole."""

    def __init__(self, recent: RecentMessages) -> None:
        self._recent = recent

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        messages, changed = [], []
        for parcel in parcels:
            if parcel.draft is not None and parcel.draft.refers_to is not None:
                changed.append((parcel.draft.conversation_id, parcel.draft.refers_to))
            announcement = parcel.type.announce(parcel)
            parcel.answer = announcement
            if announcement is not None and announcement.conversation_id is not None:
                messages.append((announcement.conversation_id, announcement.seq, announcement.payload))
        try:
            await self._recent.remember(messages)
            if changed:
                await self._recent.forget(changed)
        except PortUnavailable:
            return parcels
        return parcels
