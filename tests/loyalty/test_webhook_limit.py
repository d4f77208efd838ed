import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from loyalty import webhook_limit
from loyalty.webhook_limit import WebhookLimiter

MINUTE = 1_795_262_400.0
SENDER = b"s" * 32


@pytest.fixture
def frozen_redis(settings: Any) -> Iterator[None]:
    """A Redis that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield


class TestWebhookLimiter:
    def test_counts_in_a_sliding_minute(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhook_limit, "TIMEOUT_SECONDS", 5)
        limiter = WebhookLimiter()
        redis.Redis.from_url(settings.REDIS_URL).delete(
            *(f"webhooks:{SENDER.hex()[:32]}:{int(MINUTE // 60) + n}" for n in range(2))
        )

        for _ in range(9):
            limiter.count(SENDER, now_seconds=MINUTE)
        at_once = limiter.count(SENDER, now_seconds=MINUTE + 59)
        half_way = limiter.count(SENDER, now_seconds=MINUTE + 90)

        assert (at_once.requests, at_once.seconds_left, at_once.is_shared) == (10, 1, True)
        assert half_way.requests == 1 + 5

    def test_counts_for_itself_while_redis_is_away(self, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        limiter = WebhookLimiter()

        spent = [limiter.count(SENDER, now_seconds=MINUTE) for _ in range(3)]

        assert [(one.requests, one.is_shared) for one in spent] == [(1, False), (2, False), (3, False)]

    @pytest.mark.usefixtures("frozen_redis")
    def test_waits_for_a_frozen_redis_only_once_and_shortly(self) -> None:
        limiter = WebhookLimiter()
        started_at = time.monotonic()

        for _ in range(100):
            limiter.count(SENDER, now_seconds=MINUTE)

        assert time.monotonic() - started_at < 1

    def test_asks_again_after_a_moment(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        limiter, working = WebhookLimiter(), settings.REDIS_URL
        monkeypatch.setattr(webhook_limit, "QUIET_SECONDS", 0.0)
        monkeypatch.setattr(webhook_limit, "TIMEOUT_SECONDS", 5)
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        limiter.count(SENDER, now_seconds=MINUTE)

        settings.REDIS_URL = working
        limiter._redis = None

        assert limiter.count(SENDER, now_seconds=MINUTE).is_shared
