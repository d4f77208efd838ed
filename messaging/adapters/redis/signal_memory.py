"""Signals seen in the last minute, on any node."""

from collections.abc import Sequence

from messaging.adapters.redis.client import RedisLine
from messaging.application.ports import MessageKey
from messaging.domain.limits import SIGNAL_TTL_SECONDS


class RedisSignalMemory:
    def __init__(self, line: RedisLine) -> None:
        self._line = line

    async def claim(self, keys: Sequence[MessageKey]) -> list[bool]:
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            for sender_id, signal_id in keys:
                pipe.set(f"chat:signal:{sender_id}:{signal_id}", b"", nx=True, ex=SIGNAL_TTL_SECONDS)
            return [bool(answer) for answer in await pipe.execute()]
