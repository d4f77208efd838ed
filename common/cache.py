"""The cache: a copy that may be lost at any moment, so a Redis that is away is a miss, not an error."""

from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class LosableRedisCache(RedisCache):
    """Django's Redis cache that answers with misses while Redis is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.setdefault("OPTIONS", {})
        options.setdefault("socket_timeout", 0.5)
        options.setdefault("socket_connect_timeout", 0.5)
        super().__init__(server, params)

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
            return self._missed(error, default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        try:
            return super().get_many(keys, version)
        except RedisError as error:
            self._missed(error)
            return {}

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except RedisError as error:
            self._missed(error)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError as error:
            return bool(self._missed(error, default=True))

    def delete(self, key: str, version: int | None = None) -> bool:
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            return bool(self._missed(error, default=False))

    @staticmethod
    def _missed(error: RedisError, default: Any = None) -> Any:
        log.warning("cache.unavailable", error=type(error).__name__)
        return default
