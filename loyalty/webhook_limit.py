"""How many webhooks a secret has sent in the last minute: one call to Redis, and never a reason to lose a webhook.

A sliding window from two counters: this minute's, and the share of the last one that still lies in the window. While
Redis doesn't answer within 5 ms each process counts for itself, which lets a shop through up to as many times as there
are processes: an outage of the counter must not refuse purchases.
"""

import math
import threading
import time
from dataclasses import dataclass

import redis
import structlog
from django.conf import settings
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
TIMEOUT_SECONDS = 0.005
QUIET_SECONDS = 1.0
MOST_SENDERS = 100_000
FALLBACKS = Counter("loyalty_webhook_limit_fallbacks_total", "Webhooks counted without Redis.")


@dataclass(frozen=True)
class Spent:
    """What a sender has used of its minute, this request included."""

    requests: int
    seconds_left: int
    is_shared: bool

    def exceeds(self, limit: int) -> bool:
        return self.requests > limit


class WebhookLimiter:
    """Counts requests; whether they are too many is decided by who knows the limit."""

    def __init__(self) -> None:
        self._redis: redis.Redis | None = None
        self._silent_until = 0.0
        self._own = OwnCounters()

    def count(self, sender: bytes, *, now_seconds: float) -> Spent:
        """Count one request of the sender."""
        minute, passed = divmod(now_seconds, WINDOW_SECONDS)
        own = self._own.count(sender, int(minute))
        shared = self._count_shared(sender, int(minute))
        is_shared = shared is not None
        if not is_shared:
            FALLBACKS.inc()
        this, last = shared or own
        weighted = this + math.floor(last * (1 - passed / WINDOW_SECONDS))
        return Spent(weighted, max(1, math.ceil(WINDOW_SECONDS - passed)), is_shared)

    def _count_shared(self, sender: bytes, minute: int) -> tuple[int, int] | None:
        if time.monotonic() < self._silent_until:
            return None
        key = f"webhooks:{sender.hex()[:32]}"
        try:
            pipeline = self._client().pipeline(transaction=False)
            pipeline.incr(f"{key}:{minute}")
            pipeline.expire(f"{key}:{minute}", 2 * WINDOW_SECONDS + 5)
            pipeline.get(f"{key}:{minute - 1}")
            this, _, last = pipeline.execute()
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + QUIET_SECONDS
            log.warning("loyalty.webhook_limit.unavailable", error=type(error).__name__)
            return None
        return int(this), int(last or 0)

    def _client(self) -> redis.Redis:
        if self._redis is None:
            self._redis = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        return self._redis


class OwnCounters:
    """Counters of this process, for this minute and the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._this: dict[bytes, int] = {}
        self._last: dict[bytes, int] = {}

    def count(self, sender: bytes, minute: int) -> tuple[int, int]:
        with self._lock:
            if minute != self._minute:
                self._last = self._this if minute == self._minute + 1 else {}
                self._minute, self._this = minute, {}
            if len(self._this) >= MOST_SENDERS:
                self._this.clear()
            self._this[sender] = self._this.get(sender, 0) + 1
            return self._this[sender], self._last.get(sender, 0)


limiter = WebhookLimiter()
