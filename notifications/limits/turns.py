"""One at a time: whoever speaks to a slow partner keeps the other workers from waiting for the same one."""

import redis
import structlog

from notifications.limits import shared

log = structlog.get_logger(__name__)


class Turns:
    """A turn per name, given back or over by itself; without Redis everybody has one."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None

    def take(self, name: str, *, seconds: float) -> bool:
        """Return whether nobody else is at it; the turn is over after `seconds` if it isn't given back."""
        try:
            return bool(self._redis().set(_key(name), b"", nx=True, px=int(seconds * 1000)))
        except redis.RedisError as error:
            log.warning("notifications.turns.unknown", error=type(error).__name__)
            return True

    def give_back(self, name: str) -> None:
        try:
            self._redis().delete(_key(name))
        except redis.RedisError as error:
            log.warning("notifications.turns.unknown", error=type(error).__name__)

    def _redis(self) -> redis.Redis:
        if self._client is None:
            self._client = shared.connect()
        return self._client


def _key(name: str) -> str:
    return f"notify:turn:{name}"
