"""The ring of recent messages: a sorted set per conversation, by seq."""

import itertools
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from messaging.adapters.redis.client import RedisLine

KEPT_MESSAGES = 200
KEPT_SECONDS = 900


class RedisRecentMessages:
    def __init__(self, line: RedisLine) -> None:
        self._line = line

    async def remember(self, messages: Sequence[tuple[uuid.UUID, int, bytes]]) -> None:
        if not messages:
            return
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            for conversation_id, group in itertools.groupby(
                sorted(messages, key=lambda one: one[0]), key=lambda one: one[0]
            ):
                key = key_of(conversation_id)
                pipe.zadd(key, {payload: seq for _, seq, payload in group})
                pipe.zremrangebyrank(key, 0, -KEPT_MESSAGES - 1)
                pipe.expire(key, KEPT_SECONDS)
            await pipe.execute()

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
