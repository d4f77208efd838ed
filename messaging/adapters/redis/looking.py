"""What nodes show in Redis, for code outside the event loop: who is where, and how loaded each node is."""

import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import redis
import structlog
from django.conf import settings

from bus.pressure import KEY, highest
from messaging.adapters.redis.credits import key_of as credits_of
from messaging.adapters.redis.presence import key_of
from messaging.domain.pressure import state_of

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """How loaded a process says that it is."""

    name: str
    level: float
    state: str


def people_there(user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return who of them has a socket on some node; without Redis, nobody is known to be there."""
    return set(nodes_of_people(user_ids))


def nodes_of_people(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
    """Return the nodes of those who have a socket somewhere; without Redis, of nobody."""
    people, now = list(user_ids), time.time()
    found: list[list[bytes]] = []
    with answering() as client:
        pipe = client.pipeline(transaction=False)
        for user_id in people:
            pipe.zrangebyscore(key_of(user_id), now, "+inf")
        found = pipe.execute()
    # Without an answer there is nothing to go through.
    return {
        user_id: tuple(node.decode() for node in nodes) for user_id, nodes in zip(people, found, strict=False) if nodes
    }


def loads_of_nodes() -> list[NodeLoad]:
    """Return the pressure of all processes that show one, the highest first."""
    now = time.time()
    entries: dict[bytes, bytes] = {}
    with answering() as client:
        entries = cast("dict[bytes, bytes]", client.hgetall(KEY))
    loads = [(name.decode(), highest({name: entry}, now=now)) for name, entry in entries.items()]
    return [
        NodeLoad(name, level, str(state_of(level))) for name, level in sorted(loads, key=lambda one: (-one[1], one[0]))
    ]


def credits_left(user_id: uuid.UUID) -> tuple[int | None, int]:
    """Return what a user's bucket held when it was last touched (None: it is full), and what was granted beyond it."""
    left: int | None = None
    extra = 0
    with answering() as client:
        stored = client.hmget(credits_of(user_id), ["left", "extra"])
        left = None if stored[0] is None else int(stored[0])
        extra = int(stored[1] or 0)
    return left, extra


@contextmanager
def answering() -> Iterator["redis.Redis"]:
    """Lend a client; when Redis doesn't answer, what was to be asked is left out."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        ) as client:
            yield client
    except redis.RedisError as error:
        log.warning("messaging.look.unavailable", error=type(error).__name__)
