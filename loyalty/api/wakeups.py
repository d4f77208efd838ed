"""Wake workers for stored webhooks: ten times a second at most, whatever comes, through however many processes.

A batch costs a worker hardly more than one webhook, so what comes within a tenth of a second is woken for together: the
first at once, the others at its end. Which process rings, a key in Redis decides that lives so long. All of it may be
lost: the clock makes it good within a second.
"""

import threading
import time
from collections.abc import Callable

import redis
import structlog
from django.conf import settings

from bus.wakeup import queue_task

log = structlog.get_logger(__name__)

EVERY_SECONDS = 0.1
KEY = "loyalty:webhooks:woken"
TIMEOUT_SECONDS = 0.05


class Bell:
    """What all processes ring: once in a while, however many of them pull."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None

    def ring(self) -> bool:
        """Send a worker its task; return False when somebody has done so a moment ago."""
        try:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
                )
            if not self._client.set(KEY, b"", nx=True, px=int(EVERY_SECONDS * 1000)):
                return False
        except redis.RedisError as error:
            log.warning("wakeup.unavailable", channel=KEY, error=type(error).__name__)
            return True
        queue_task("loyalty.process_webhooks", [], queue="webhooks")
        return True


def in_a_thread(seconds: float, call: Callable[[], object]) -> None:
    """Call something later; a process that ends doesn't wait for it."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


class Waker:
    """The wake-ups of this process: one at once, and one for all that comes in the moment after it."""

    def __init__(
        self,
        ring: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], object]], None] = in_a_thread,
    ) -> None:
        self._ring = ring
        self._clock = clock
        self._later = later
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._is_late_one_due = False

    def wake(self) -> None:
        """Wake a worker now or within a moment; called when the webhook is stored."""
        with self._lock:
            left = self._quiet_until - self._clock()
            if left <= 0:
                self._quiet_until = self._clock() + EVERY_SECONDS
        if left > 0:
            self._ring_after(left)
        else:
            self._ring_or_try_again()

    def _ring_after(self, seconds: float) -> None:
        with self._lock:
            if self._is_late_one_due:
                return
            self._is_late_one_due = True
        self._later(seconds, self._ring_late)

    def _ring_late(self) -> None:
        with self._lock:
            self._is_late_one_due = False
            self._quiet_until = self._clock() + EVERY_SECONDS
        self._ring_or_try_again()

    def _ring_or_try_again(self) -> None:
        if not self._ring():
            # Another process has rung, perhaps before this one's webhook was stored.
            self._ring_after(EVERY_SECONDS)
