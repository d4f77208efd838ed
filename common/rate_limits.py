"""How often a caller may do something: one atomic step in Redis, and counting on one's own while Redis is away.

The generic cell rate algorithm (ITU-T I.371): a caller may spend the whole quota at once and gets it back evenly over
the window. What is refused costs nothing, so a caller that is too fast is slowed down, never shut out. Each process
counts for itself while Redis doesn't answer: an outage of the counter makes limits laxer, never the service silent.
"""

import hashlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import redis
import structlog
from django.conf import settings
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 0.05
QUIET_SECONDS = 1.0
FORGET_ABOVE = 10_000
FALLBACKS = Counter("rate_limit_fallbacks_total", "Requests counted by a process on its own: Redis did not answer.")

# KEYS: the callers. ARGV: now in ms, then for each caller its window and its interval between two requests, in ms.
# A key holds the time at which its caller will have the whole quota again.
TAKE = """
local now, allowed, full_at = tonumber(ARGV[1]), 1, {}
for i, key in ipairs(KEYS) do
  full_at[i] = math.max(tonumber(redis.call('GET', key) or 0), now)
  if full_at[i] + tonumber(ARGV[2 * i + 1]) - now > tonumber(ARGV[2 * i]) then allowed = 0 end
end
local told = {allowed}
for i, key in ipairs(KEYS) do
  if allowed == 1 then
    full_at[i] = full_at[i] + tonumber(ARGV[2 * i + 1])
    redis.call('SET', key, string.format('%.3f', full_at[i]), 'PX', math.ceil(full_at[i] - now) + 1)
  end
  told[i + 1] = string.format('%.3f', full_at[i] - now)
end
return told
"""
# By this name Redis knows the script once it has seen it.
TAKE_SHA = hashlib.sha1(TAKE.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Quota:
    """So many requests in so many seconds, for one caller."""

    name: str
    caller: str
    requests: int
    window_seconds: int
    # What one request takes: so many records in a batch, say.
    cost: int = 1

    @property
    def taken_ms(self) -> float:
        return self.interval_ms * self.cost

    @property
    def interval_ms(self) -> float:
        return self.window_seconds * 1000 / self.requests


@dataclass(frozen=True)
class Standing:
    """How far a quota is spent: it is whole again after `spent_ms`."""

    quota: Quota
    spent_ms: float

    @property
    def remaining(self) -> int:
        left_ms = self.quota.window_seconds * 1000 - self.spent_ms
        # The added part of a request outweighs what the store rounds away.
        return max(0, math.floor(left_ms / self.quota.interval_ms + 0.001))

    @property
    def reset_seconds(self) -> int:
        return math.ceil(self.spent_ms / 1000)

    @property
    def wait_seconds(self) -> int:
        """Return after how long one more request like this is allowed."""
        too_much_ms = self.spent_ms + self.quota.taken_ms - self.quota.window_seconds * 1000
        return max(0, math.ceil(too_much_ms / 1000))


@dataclass(frozen=True)
class Verdict:
    """Whether the request may go on, and how its caller stands in each quota."""

    is_allowed: bool
    standings: tuple[Standing, ...]
    is_shared: bool

    @property
    def wait_seconds(self) -> int:
        return max(1, *(one.wait_seconds for one in self.standings))

    @cached_property
    def headers(self) -> dict[str, str]:
        """The caller's quotas and how they stand, as structured fields (RFC 9651); several requests may share a verdict."""
        policies = (f'"{one.quota.name}";q={one.quota.requests};w={one.quota.window_seconds}' for one in self.standings)
        standings = (f'"{one.quota.name}";r={one.remaining};t={one.reset_seconds}' for one in self.standings)
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(standings)}


class RateLimiter:
    """Takes a request out of all its quotas, or out of none."""

    def __init__(self, prefix: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._prefix = prefix
        self._line = RedisLine(timeout_seconds)
        self._silent_until = 0.0
        self._own = OwnCounts()

    def take(self, quotas: Sequence[Quota], *, now_seconds: float) -> Verdict:
        """Count one request at a time."""
        told = self._take_shared(quotas, now_seconds * 1000)
        is_shared = told is not None
        if told is None:
            FALLBACKS.inc()
            told = self._own.take(quotas, now_seconds * 1000)
        is_allowed, *spent = told
        standings = tuple(Standing(quota, ms) for quota, ms in zip(quotas, spent, strict=True))
        return Verdict(bool(is_allowed), standings, is_shared)

    def _take_shared(self, quotas: Sequence[Quota], now_ms: float) -> list[float] | None:
        if time.monotonic() < self._silent_until:
            return None
        keys = [f"{self._prefix}:{one.name}:{one.caller}" for one in quotas]
        args = [number for one in quotas for number in (one.window_seconds * 1000, one.taken_ms)]
        try:
            return [float(number) for number in self._line.take(keys, [now_ms, *args])]
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + QUIET_SECONDS
            log.warning("rate_limit.unavailable", error=type(error).__name__)
            return None


class OwnCounts:
    """The same algorithm in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._full_at: dict[tuple[str, str], float] = {}

    def take(self, quotas: Sequence[Quota], now_ms: float) -> list[float]:
        with self._lock:
            self._forget(now_ms)
            full_at = [max(self._full_at.get((one.name, one.caller), 0.0), now_ms) for one in quotas]
            is_allowed = all(
                at + one.taken_ms - now_ms <= one.window_seconds * 1000 for at, one in zip(full_at, quotas, strict=True)
            )
            if is_allowed:
                full_at = [at + one.taken_ms for at, one in zip(full_at, quotas, strict=True)]
                self._full_at.update(((one.name, one.caller), at) for at, one in zip(full_at, quotas, strict=True))
            return [float(is_allowed), *(at - now_ms for at in full_at)]

    def _forget(self, now_ms: float) -> None:
        """Drop who has the whole quota again; and everybody, should even that be too many."""
        if len(self._full_at) <= FORGET_ABOVE:
            return
        self._full_at = {caller: at for caller, at in self._full_at.items() if at > now_ms}
        if len(self._full_at) > FORGET_ABOVE:
            self._full_at.clear()


class RedisLine:
    """A thread's own connection on which only the script is called: the client's pool takes longer than the script."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._threads = threading.local()

    def take(self, keys: Sequence[str], args: Sequence[float]) -> list[Any]:
        """Run the script and return its answer.

        Raises:
            RedisError: also when Redis is too slow; the next call begins on a new connection.
        """
        connection = self._connection()
        try:
            return self._call(connection, keys, args)
        except redis.ConnectionError:
            # Redis may have been started anew since the last call.
            return self._call(connection, keys, args)

    def _connection(self) -> redis.connection.ConnectionInterface:
        connection = getattr(self._threads, "connection", None)
        if connection is None:
            pool = redis.ConnectionPool.from_url(
                settings.REDIS_URL,
                socket_timeout=self._timeout_seconds,
                socket_connect_timeout=self._timeout_seconds,
                retry=Retry(NoBackoff(), 0),
            )
            connection = self._threads.connection = pool.make_connection()
        return connection

    @staticmethod
    def _call(
        connection: redis.connection.ConnectionInterface, keys: Sequence[str], args: Sequence[float]
    ) -> list[Any]:
        try:
            connection.send_command("EVALSHA", TAKE_SHA, len(keys), *keys, *args)
            answer: list[Any] = connection.read_response()
        except redis.exceptions.NoScriptError:
            connection.send_command("EVAL", TAKE, len(keys), *keys, *args)
            answer = connection.read_response()
        return answer
