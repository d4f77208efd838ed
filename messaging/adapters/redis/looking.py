"""Presence for code outside the event loop."""

import time
import uuid
from collections.abc import Collection

import redis
import structlog
from django.conf import settings

from messaging.adapters.redis.presence import key_of

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 1.0


def people_there(user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return who of them has a socket on some node; without Redis, nobody is known to be there."""
    people, now = list(user_ids), time.time()
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        ) as client:
            pipe = client.pipeline(transaction=False)
            for user_id in people:
                pipe.zcount(key_of(user_id), now, "+inf")
            answers = pipe.execute()
    except redis.RedisError as error:
        log.warning("messaging.presence.unavailable", error=type(error).__name__)
        return set()
    return {user_id for user_id, nodes in zip(people, answers, strict=True) if nodes}
