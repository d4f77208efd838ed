"""Reactive buffers: what lies between two stages and lets each work at its own pace."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from messaging.domain.parcels import Parcel

# Within how many times the lingering of the last batch a parcel is taken for one of many.
CLOSELY = 5


class Buffer:
    """A bounded queue of parcels with one taker.

    Writers that may wait do so above the high-water mark until the taker has come down to the low one, so that they
    aren't woken for every parcel.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.high_water = max(1, size * 3 // 4)
        self.low_water = size // 2
        self._parcels: deque[Parcel] = deque()
        self._first_at = 0.0
        self._taken_at = 0.0
        self._filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def __len__(self) -> int:
        return len(self._parcels)

    @property
    def fill(self) -> float:
        """How full it is, from 0 to 1."""
        return len(self._parcels) / self.size

    def offer(self, parcels: Sequence[Parcel]) -> int:
        """Take as many as there is room for, now; return how many."""
        taken = min(len(parcels), self.size - len(self._parcels))
        if taken > 0:
            self._add(parcels[:taken])
        return taken

    async def put(self, parcels: Sequence[Parcel]) -> None:
        """Take all of them, as soon as there is room: this is what slows the stage before."""
        start = 0
        while start < len(parcels):
            await self._has_room.wait()
            start += self.offer(parcels[start : start + self.size])

    async def take(self, limit: int, *, linger_seconds: float = 0.0) -> tuple[list[Parcel], float]:
        """Return the next batch and how long its first parcel has waited.

        A parcel that comes alone goes at once; those that follow each other closely wait `linger_seconds` for more.
        """
        await self._filled.wait()
        if len(self._parcels) < limit and time.monotonic() - self._taken_at < CLOSELY * linger_seconds:
            await asyncio.sleep(linger_seconds)
        self._taken_at = time.monotonic()
        waited = time.monotonic() - self._first_at
        if len(self._parcels) <= limit:
            batch = list(self._parcels)
            self._parcels.clear()
            self._filled.clear()
        else:
            batch = [self._parcels.popleft() for _ in range(limit)]
            self._first_at = time.monotonic()
        if len(self._parcels) <= self.low_water:
            self._has_room.set()
        return batch, waited

    def _add(self, parcels: Sequence[Parcel]) -> None:
        if not self._parcels:
            self._first_at = time.monotonic()
        self._parcels.extend(parcels)
        self._filled.set()
        if len(self._parcels) >= self.high_water:
            self._has_room.clear()
