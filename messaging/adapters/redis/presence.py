"""Presence: a sorted set per user, of nodes by the time until which their word holds; and when each was last there."""

import time
import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from messaging.adapters.redis.client import RedisLine

HOLDS_SECONDS = 60
SEEN_SECONDS = 30 * 24 * 3600


class RedisPresence:
    def __init__(self, line: RedisLine, *, node_id: str) -> None:
        self._line = line
        self._node_id = node_id

    async def arrive(self, user_id: uuid.UUID) -> None:
        await self.renew([user_id])

    async def leave(self, user_id: uuid.UUID) -> None:
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            pipe.zrem(key_of(user_id), self._node_id)
            pipe.set(seen_key_of(user_id), int(time.time()), ex=SEEN_SECONDS)
            await pipe.execute()

    async def renew(self, user_ids: Collection[uuid.UUID]) -> None:
        if not user_ids:
            return
        now = int(time.time())
        until = now + HOLDS_SECONDS
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            for user_id in user_ids:
                pipe.zadd(key_of(user_id), {self._node_id: until})
                pipe.expire(key_of(user_id), HOLDS_SECONDS)
                # Whose node is killed was last there at its last word.
                pipe.set(seen_key_of(user_id), now, ex=SEEN_SECONDS)
            await pipe.execute()

    async def nodes_of(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
        if not user_ids:
            return {}
        people = list(user_ids)
        now = time.time()
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            for user_id in people:
                pipe.zrangebyscore(key_of(user_id), now, "+inf")
            answers = await pipe.execute()
        return {
            user_id: {node.decode() for node in nodes} for user_id, nodes in zip(people, answers, strict=True) if nodes
        }

    async def last_seen(self, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
        if not user_ids:
            return {}
        people = list(user_ids)
        async with self._line.answered() as redis:
            answers = await redis.mget([seen_key_of(user_id) for user_id in people])
        return {
            user_id: datetime.fromtimestamp(int(seen), UTC)
            for user_id, seen in zip(people, answers, strict=True)
            if seen is not None
        }


def key_of(user_id: uuid.UUID) -> str:
    return f"chat:presence:{user_id}"


def seen_key_of(user_id: uuid.UUID) -> str:
    return f"chat:seen:{user_id}"
