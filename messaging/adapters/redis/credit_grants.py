"""Credits given by administrators: outside the event loop."""

import uuid
from collections.abc import Collection

import redis
from django.conf import settings

from common.problems import Problem
from messaging.adapters.redis.credits import GRANT_SECONDS, key_of

ANSWER_SECONDS = 1.0


class CreditsUnavailable(Problem):
    """Redis, where credits are counted, doesn't answer."""

    code = "credits_unavailable"
    status = 503
    title = "Credits can't be granted right now. Try again in a moment."


def add_credits(*, user_ids: Collection[uuid.UUID], amount: int) -> None:
    """Give each of these users credits beyond the capacity of their buckets.

    Raises:
        CreditsUnavailable
    """
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        ) as client:
            pipe = client.pipeline(transaction=True)
            for user_id in user_ids:
                pipe.hincrby(key_of(user_id), "extra", amount)
                pipe.expire(key_of(user_id), GRANT_SECONDS)
            pipe.execute()
    except redis.RedisError as error:
        raise CreditsUnavailable from error
