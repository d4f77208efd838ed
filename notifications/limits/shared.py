"""The way to Redis, where what all workers share about providers is kept; whoever gets no answer goes on alone."""

import redis
from django.conf import settings

CONNECT_SECONDS = 0.2
ANSWER_SECONDS = 0.5


def connect() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
    )
