"""Deduplication: the same sender and id, seen before."""

from messaging.application.ports import MessageStore, SignalMemory
from messaging.domain.errors import DUPLICATE, UNAVAILABLE, PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

RETRY_SECONDS = 2.0


class Deduplicate(SimpleStage):
    """Find chat messages that are stored already: they cost nothing and are only acknowledged again.

    Two that arrive at the same moment both pass here; the store takes one, and the other's credit is given back.
    """

    def __init__(self, store: MessageStore) -> None:
        self._store = store

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        try:
            stored = await self._store.find([(one.origin.user_id, one.message.id) for one in parcels])
        except PortUnavailable:
            for parcel in parcels:
                parcel.refuse(UNAVAILABLE, retry_after=RETRY_SECONDS)
            return []
        for parcel in parcels:
            parcel.stored = stored.get((parcel.origin.user_id, parcel.message.id))
        return parcels


class DeduplicateSignals(SimpleStage):
    """Let a signal pass once; its memory lasts as long as a signal may."""

    def __init__(self, memory: SignalMemory) -> None:
        self._memory = memory

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        new = await self._memory.claim([(one.origin.user_id, one.message.id) for one in parcels])
        for parcel, is_new in zip(parcels, new, strict=True):
            if not is_new:
                parcel.refuse(DUPLICATE)
        return [parcel for parcel in parcels if parcel.refusal is None]
