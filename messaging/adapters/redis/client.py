"""Redis for code that runs in the event loop; it may be away at any time."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from messaging.domain.errors import PortUnavailable

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 1.0
QUIET_SECONDS = 2.0


class RedisLine:
    """A client that, after a failure, isn't tried for a moment: nobody waits for a Redis that is away."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)
        self._quiet_until = 0.0

    @asynccontextmanager
    async def answered(self) -> AsyncIterator[redis.Redis]:
        """Lend the client.

        Raises:
            PortUnavailable: Redis doesn't answer, or didn't a moment ago.
        """
        if time.monotonic() < self._quiet_until:
            raise PortUnavailable("redis")
        try:
            yield self.client
        except (RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("messaging.redis.unavailable", error=type(error).__name__)
            raise PortUnavailable("redis") from error

    async def close(self) -> None:
        await self.client.aclose()
