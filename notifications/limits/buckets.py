"""Shared token buckets: how fast all workers together may call a provider.

A bucket gives slots at equal distances, never two at once, so that no second has more of them than its rate. Whoever
finds the next slot too far away gets a time instead at which to come back; those times are handed out at the same rate,
so that a thousand who were turned away don't come back together. A provider's `Retry-After` closes the bucket for all.
Without Redis each process keeps buckets of its own, at a quarter of the rate: slower, and still within the limit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
import structlog

from notifications.limits import shared

log = structlog.get_logger(__name__)

KEPT_MS = 3_600_000
SHARE_WITHOUT_REDIS = 0.25

# KEYS: next free slot, closed until, next time to come back. ARGV: now, distance, longest wait, how long to keep (ms).
TAKE_LUA = """
local now, distance, patience, kept = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local slot = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(redis.call('GET', KEYS[2]) or 0))
if slot - now <= patience then
  redis.call('SET', KEYS[1], string.format('%.3f', slot + distance), 'PX', kept)
  return {1, string.format('%.3f', slot - now)}
end
local turn = math.max(slot, tonumber(redis.call('GET', KEYS[3]) or 0))
redis.call('SET', KEYS[3], string.format('%.3f', turn + distance), 'PX', kept)
return {0, string.format('%.3f', turn - now)}
"""
# Closing never opens earlier than somebody else was told.
CLOSE_LUA = """
local until_ms = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.3f', until_ms), 'PX', tonumber(ARGV[2]))
"""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """`is_given`: the slot is the caller's, `wait_seconds` from now. Else: come back after so long."""

    is_given: bool
    wait_seconds: float


class Buckets:
    """The buckets of all providers; `now` is in seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._client: redis.Redis | None = None
        self._own: dict[str, float] = {}

    def take(self, name: str, *, per_second: float, patience_seconds: float) -> Turn:
        """Ask for the next slot, if it isn't further away than the caller can wait."""
        try:
            answer: Any = self._redis().eval(
                TAKE_LUA,
                3,
                *(f"notify:bucket:{name}:{part}" for part in ("slot", "closed", "turn")),
                f"{self._now() * 1000:.3f}",
                f"{1000 / per_second:.3f}",
                f"{patience_seconds * 1000:.0f}",
                KEPT_MS,
            )
        except redis.RedisError as error:
            log.warning("notifications.bucket.kept_alone", bucket=name, error=type(error).__name__)
            return self._take_alone(name, per_second * SHARE_WITHOUT_REDIS, patience_seconds)
        given, wait_ms = answer
        return Turn(is_given=bool(given), wait_seconds=float(wait_ms) / 1000)

    def close_for(self, name: str, *, seconds: float) -> None:
        """Give no slot for so long."""
        until = self._now() + seconds
        self._own[name] = max(until, self._own.get(name, 0.0))
        try:
            key = f"notify:bucket:{name}:closed"
            kept = int(seconds * 1000) + KEPT_MS
            self._redis().eval(CLOSE_LUA, 1, key, f"{until * 1000:.3f}", kept)
        except redis.RedisError as error:
            log.warning("notifications.bucket.kept_alone", bucket=name, error=type(error).__name__)

    def _take_alone(self, name: str, per_second: float, patience_seconds: float) -> Turn:
        now = self._now()
        slot = max(now, self._own.get(name, 0.0))
        if slot - now <= patience_seconds:
            self._own[name] = slot + 1 / per_second
            return Turn(is_given=True, wait_seconds=slot - now)
        return Turn(is_given=False, wait_seconds=slot - now)

    def _redis(self) -> redis.Redis:
        if self._client is None:
            self._client = shared.connect()
        return self._client
