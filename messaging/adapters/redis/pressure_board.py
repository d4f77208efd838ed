"""The pressure of all nodes, in Redis, where relay and consumer see it too (bus.pressure)."""

import time
from typing import Any

from bus.pressure import KEY, entry, highest
from messaging.adapters.redis.client import RedisLine


class RedisPressureBoard:
    def __init__(self, line: RedisLine, *, node_id: str) -> None:
        self._line = line
        self._source = f"chat:{node_id}"

    async def share(self, level: float) -> float:
        now = time.time()
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            pipe.hset(KEY, self._source, entry(level, now=now))
            pipe.hgetall(KEY)
            answers: Any = await pipe.execute()
        return highest(answers[1], now=now)

    async def leave(self) -> None:
        async with self._line.answered() as redis:
            await redis.hdel(KEY, self._source)
