"""Signals seen by this node: for the time that Redis is away, and for tests."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from messaging.application.ports import MessageKey
from messaging.domain.limits import SIGNAL_TTL_SECONDS


class MemorySignals:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[MessageKey, float] = OrderedDict()

    async def claim(self, keys: Sequence[MessageKey]) -> list[bool]:
        now = self._clock()
        while self._seen and next(iter(self._seen.values())) <= now:
            self._seen.popitem(last=False)
        answers = []
        for key in keys:
            answers.append(key not in self._seen)
            self._seen.setdefault(key, now + SIGNAL_TTL_SECONDS)
        return answers
