"""Bells of topics: apps below ring them through Redis when a transaction has committed (bus.wakeup)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from redis.exceptions import RedisError

from messaging.adapters.redis.client import RedisLine

log = structlog.get_logger(__name__)

PREFIX = "wake:topic:"
RECONNECT_SECONDS = 0.5


class RedisBells:
    """One pattern for all topics: a node passes over what nobody here follows."""

    def __init__(self, line: RedisLine) -> None:
        self._line = line

    async def listen(self, ring: Callable[[str], None]) -> None:
        while True:
            subscription = self._line.client.pubsub(ignore_subscribe_messages=True)
            try:
                await subscription.psubscribe(f"{PREFIX}*")
                while True:
                    message = await subscription.get_message(timeout=5.0)
                    if message is None:
                        await subscription.ping()  # type: ignore[no-untyped-call]
                    elif message["type"] == "pmessage":
                        for name in topics_of(message):
                            ring(name)
            except (RedisError, OSError) as error:
                log.warning("messaging.topics.unavailable", error=type(error).__name__)
            finally:
                with suppress(RedisError, OSError):
                    await subscription.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(RECONNECT_SECONDS)


def topics_of(message: dict[str, Any]) -> list[str]:
    """Return what a bell names: many topics in its words, or one by its channel."""
    named: list[str] = message["data"].decode().split()
    return named or [message["channel"].decode().removeprefix(PREFIX)]
