"""Wake a waiting process through Redis. Losable: whoever waits also polls."""

import time
from collections.abc import Sequence

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerUnavailable

from common.request_ids import current_request_id

log = structlog.get_logger(__name__)

QUIET_SECONDS = 2.0
# For so long after a ring more facts are expected, and some may not be visible yet.
AWAKE_SECONDS = 2.0
# Of Celery's tasks; each is a list of its own in Redis. What runs by the clock is sent without one, which is the first.
FIRST, LATER, LAST = PRIORITIES = (0, 3, 6)
SEPARATOR = ":"


class Bell:
    """The sending side: one connection per process; silent for a moment after Redis failed to answer."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._silent_until = 0.0

    def say(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish each to its channel now, or lose it."""
        if time.monotonic() < self._silent_until:
            return
        try:
            if self._client is None:
                self._client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2)
            if len(messages) == 1:
                self._client.publish(*messages[0])
                return
            with self._client.pipeline(transaction=False) as pipeline:
                for channel, words in messages:
                    pipeline.publish(channel, words)
                pipeline.execute()
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + QUIET_SECONDS
            channels = [channel for channel, _ in messages]
            log.warning("wakeup.unavailable", channels=channels, error=type(error).__name__)


_bell = Bell()


class Announcement:
    """What is to be said when a transaction commits: all in one round trip, and nothing twice."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, bytes], None] = {}

    def add(self, channel: str, words: bytes) -> None:
        self._said[channel, words] = None

    def __call__(self) -> None:
        _bell.say(list(self._said))


def wake_after_commit(who: str) -> None:
    """Wake `who` when the open transaction commits; a wake-up that is lost heals by the poll."""
    publish_after_commit(f"wake:{who}", b"")


def publish_after_commit(channel: str, words: bytes) -> None:
    """Publish when the open transaction commits; for what a reader finds in the database as well."""
    for _, function, *_ in connection.run_on_commit:
        if isinstance(function, Announcement):
            function.add(channel, words)
            return
    announcement = Announcement()
    announcement.add(channel, words)
    transaction.on_commit(announcement, robust=True)


def queue_after_commit(task: str, args: list[object], *, queue: str, priority: int = LATER) -> None:
    """Send a Celery task when the open transaction commits; one that is lost is sent again by the sweep of its rows."""
    # A batch commits the reactions to many requests at once: each task belongs to the one that asked for it.
    request_id = current_request_id()
    transaction.on_commit(
        lambda: queue_task(task, args, queue=queue, request_id=request_id, priority=priority), robust=True
    )


def queue_task(task: str, args: list[object], *, queue: str, request_id: str = "", priority: int = LATER) -> None:
    """Send a Celery task now, or log that Redis was away: the caller's rows are swept.

    Args:
        priority: FIRST, LATER or LAST; a worker takes what comes first from all of its queues before anything that
            comes later, whatever was sent sooner.
    """
    headers = {"x_request_id": request_id} if request_id else None
    try:
        current_app.send_task(task, args=args, queue=queue, headers=headers, priority=priority)
    except (BrokerUnavailable, redis.RedisError, OSError) as error:
        log.warning("wakeup.task_not_sent", task=task, error=type(error).__name__)


def waiting_tasks(queue: str) -> dict[int, int] | None:
    """Return how many tasks of each priority no worker has taken yet; None when Redis doesn't say."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=0.2) as client:
            return {priority: int(client.llen(list_of(queue, priority))) for priority in PRIORITIES}  # type: ignore[arg-type]
    except redis.RedisError as error:
        log.warning("wakeup.unavailable", channels=[queue], error=type(error).__name__)
        return None


def list_of(queue: str, priority: int) -> str:
    """Return the key of the list in Redis that holds a queue's tasks of one priority."""
    return queue if priority == FIRST else f"{queue}{SEPARATOR}{priority}"


class Alarm:
    """Sleeps until woken or until the poll is due."""

    def __init__(self, who: str) -> None:
        self._channel = f"wake:{who}"
        self._subscription: redis.client.PubSub | None = None
        self._awake_until = 0.0

    def wait(self, seconds: float, *, when_quiet: float) -> None:
        """Return when woken, at the latest after `seconds`; after `when_quiet` when nobody has rung for a while."""
        started_at = time.monotonic()
        if self._subscription is not None and started_at > self._awake_until:
            seconds = when_quiet
        try:
            if self._subscription is None:
                client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2)
                self._subscription = client.pubsub(ignore_subscribe_messages=True)
                self._subscription.subscribe(self._channel)
            if self._subscription.get_message(timeout=seconds) is not None:
                self._awake_until = time.monotonic() + AWAKE_SECONDS
            while self._subscription.get_message(timeout=0):
                pass
        except redis.RedisError:
            self._subscription = None
            time.sleep(max(0.0, seconds - (time.monotonic() - started_at)))
