"""The cache: a copy that may be lost at any moment, so a Redis that is away is a miss, not an error.

Counted attempts are no copy: allauth keeps wrong passwords here, and a miss would switch their limit off. While Redis is
away each process counts them on its own, as `common.rate_limits` does.
"""

from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# The beginning of allauth's keys (allauth.core.internal.ratelimit).
COUNTED = "allauth:rl:"
MOST_COUNTED = 10_000


class OneClient(RedisCacheClient):
    """Asks through one client: Django makes a new one for each command, which costs more than asking."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        self._clients: dict[bool, Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        if write not in self._clients:
            self._clients[write] = super().get_client(key, write=write)
        return self._clients[write]


class LosableRedisCache(RedisCache):
    """Django's Redis cache that answers with misses while Redis is away, and goes on counting attempts."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.setdefault("OPTIONS", {})
        options.setdefault("socket_timeout", 0.5)
        options.setdefault("socket_connect_timeout", 0.5)
        super().__init__(server, params)
        self._class = OneClient
        # One store for all threads of the process, by its name.
        self._own_counts = LocMemCache("attempts", {"OPTIONS": {"MAX_ENTRIES": MOST_COUNTED}})
        self._nothing = DummyCache("", {})

    def ping(self) -> bool:
        """Ask Redis for a sign of life.

        Raises:
            RedisError: there is none.
        """
        return bool(self._cache.get_client(None, write=True).ping())

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return self._instead(error, key).get(key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        try:
            return super().get_many(keys, version)
        except RedisError as error:
            return self._instead(error).get_many(keys, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except RedisError as error:
            self._instead(error, key).set(key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError as error:
            return bool(self._instead(error, key).add(key, value, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            return bool(self._instead(error, key).delete(key, version))

    def _instead(self, error: RedisError, key: str = "") -> BaseCache:
        log.warning("cache.unavailable", error=type(error).__name__)
        return self._own_counts if key.startswith(COUNTED) else self._nothing
