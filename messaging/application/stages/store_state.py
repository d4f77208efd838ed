"""State: how far members have got, written together."""

import asyncio
from typing import ClassVar
from uuid import UUID

from messaging.application.ports import Advance, Cursors
from messaging.domain.errors import PortUnavailable
from messaging.domain.parcels import Parcel
from messaging.domain.stages import SimpleStage

PAUSES_SECONDS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)


class StoreState(SimpleStage):
    """Waits a little for more: a device confirms often, and only the furthest place counts."""

    batch: ClassVar[int] = 500
    linger_seconds: ClassVar[float] = 0.1
    is_awaited: ClassVar[bool] = False

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def run(self, parcels: list[Parcel]) -> list[Parcel]:
        moved = await self._advance(furthest(parcels))
        carrier = parcels[0]
        carrier.answer = moved
        return [carrier] if moved else []

    async def _advance(self, places: list[Advance]) -> list[Advance]:
        """Try again while the store is away: a device says once that it has read, and nobody would ask it."""
        for pause in PAUSES_SECONDS:
            try:
                return await self._cursors.advance(places)
            except PortUnavailable:
                await asyncio.sleep(pause)
        try:
            return await self._cursors.advance(places)
        except PortUnavailable:
            # Cumulative: the device's confirmation of something later says it again.
            return []


def furthest(parcels: list[Parcel]) -> list[Advance]:
    """Return one advance per member and conversation."""
    places: dict[tuple[UUID, UUID], Advance] = {}
    for parcel in parcels:
        for one in parcel.answer:
            key = (one.conversation_id, one.user_id)
            known = places.get(key)
            places[key] = (
                one
                if known is None
                else Advance(*key, delivered=max(one.delivered, known.delivered), read=max(one.read, known.read))
            )
    return list(places.values())
