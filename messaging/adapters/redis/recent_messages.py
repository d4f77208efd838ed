"""The ring of recent messages: a sorted set per conversation, by seq."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from messaging.adapters.redis.client import RedisLine

KEPT_MESSAGES = 200
KEPT_SECONDS = 900
# One call for all conversations of a batch; for each: how many messages, and then their numbers and payloads.
REMEMBER = """
local kept, seconds, at = tonumber(ARGV[1]), ARGV[2], 3
for _, key in ipairs(KEYS) do
  local last = at + 2 * tonumber(ARGV[at])
  redis.call('ZADD', key, unpack(ARGV, at + 1, last))
  redis.call('ZREMRANGEBYRANK', key, 0, -kept - 1)
  redis.call('EXPIRE', key, seconds)
  at = last + 1
end
"""


class RedisRecentMessages:
    def __init__(self, line: RedisLine) -> None:
        self._line = line
        self._remember = line.client.register_script(REMEMBER)

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None:
        if not messages:
            return
        rings: dict[uuid.UUID, list[int | bytes]] = defaultdict(list)
        for conversation_id, seq, payload in messages:
            rings[conversation_id] += (seq, payload)
        arguments: list[int | bytes] = [KEPT_MESSAGES, KEPT_SECONDS]
        for ring in rings.values():
            arguments += (len(ring) // 2, *ring)
        async with self._line.answered():
            await self._remember(keys=[key_of(one) for one in rings], args=arguments)

    async def forget(self, places: Sequence[tuple[uuid.UUID, int]]) -> None:
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            for conversation_id, seq in places:
                pipe.zremrangebyscore(key_of(conversation_id), seq, seq)
            await pipe.execute()

    async def drop(self, conversation_ids: Collection[uuid.UUID]) -> None:
        async with self._line.answered() as redis:
            await redis.delete(*[key_of(one) for one in conversation_ids])

    async def after(self, conversation_id: uuid.UUID, seq: int, *, limit: int) -> list[tuple[int, bytes]] | None:
        async with self._line.answered() as redis:
            # From the known one on: its presence shows that nothing between is missing.
            found: Any = await redis.zrangebyscore(
                key_of(conversation_id), seq, "+inf", start=0, num=limit + 1, withscores=True
            )
        messages = [(int(score), payload) for payload, score in found]
        numbers = [number for number, _ in messages]
        if not numbers or numbers != list(range(seq, seq + len(numbers))):
            return None
        # What it doesn't know, the store may: the last copies may have got lost.
        return messages[1:] or None


def key_of(conversation_id: uuid.UUID) -> str:
    return f"chat:recent:{conversation_id}"
