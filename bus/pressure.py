"""Pressure that loaded processes publish in Redis, and that whoever feeds them obeys. Losable: without Redis, none is felt."""

import time
from collections.abc import Mapping

import redis
import structlog
from django.conf import settings
from prometheus_client import Gauge

log = structlog.get_logger(__name__)

# A hash: source → "level expiry", the expiry in seconds since the epoch; what is not renewed ends by itself.
KEY = "pressure"
HOLDS_SECONDS = 5.0
LOOK_SECONDS = 0.5
QUIET_SECONDS = 2.0

THROTTLED = 0.5
SHEDDING = 0.8
RELIEVED = 0.6
LONGEST_PAUSE_SECONDS = 1.0

FELT = Gauge("bus_pressure_felt", "The highest pressure that this process obeys.", multiprocess_mode="livemax")


def entry(level: float, *, now: float) -> str:
    """Return what a source writes into the hash."""
    return f"{level:.3f} {now + HOLDS_SECONDS:.1f}"


def highest(entries: Mapping[bytes, bytes], *, now: float) -> float:
    """Return the highest level that still holds; what can't be read is left out."""
    levels = [0.0]
    for value in entries.values():
        try:
            level, until = (float(part) for part in value.split())
        except ValueError:
            continue
        if until > now:
            levels.append(min(1.0, level))
    return max(levels)


def pause_after(level: float) -> float:
    """Return how long a reader rests between two batches: nothing while all is well, up to a second at the top."""
    if level < THROTTLED:
        return 0.0
    return LONGEST_PAUSE_SECONDS * (level - THROTTLED + 0.1) / (1.1 - THROTTLED)


class PressureGauge:
    """Reads the highest pressure, not more often than twice a second."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._level = 0.0
        self._look_at = 0.0
        self._read_at = 0.0

    @property
    def level(self) -> float:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._level = self._read()
            FELT.set(self._level)
        return self._level

    def _read(self) -> float:
        try:
            if self._client is None:
                self._client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
            level = highest(self._client.hgetall(KEY), now=time.time())  # type: ignore[arg-type]
        except redis.RedisError as error:
            now = time.monotonic()
            self._look_at = now + QUIET_SECONDS
            log.warning("pressure.unavailable", error=type(error).__name__)
            # Redis answers late when everything is late: what was felt holds as long as it would have held there.
            return self._level if now - self._read_at < HOLDS_SECONDS else 0.0
        self._read_at = time.monotonic()
        return level


class Valve:
    """Open or closed, with hysteresis: what is paused at the top goes on when it has become clearly better."""

    def __init__(self) -> None:
        self.is_closed = False

    def follow(self, level: float) -> bool:
        """Return whether to stay closed at this level."""
        self.is_closed = level > RELIEVED if self.is_closed else level >= SHEDDING
        return self.is_closed
