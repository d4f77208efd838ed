import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from common import rate_limits
from common.rate_limits import FALLBACKS, Quota, RateLimiter

NOON = 1_795_262_400.0
# A busy machine's Redis may answer late, and then the process counts for itself.
PATIENCE_SECONDS = 10.0
NOWHERE = "redis://127.0.0.1:1/0"


def quota(requests: int = 3, *, name: str = "user", caller: str = "anna") -> Quota:
    return Quota(name, caller, requests, window_seconds=60)


@pytest.fixture(params=["shared", "alone"])
def limiter(request: Any, settings: Any) -> RateLimiter:
    """A limiter with Redis, and one without: both must count alike."""
    if request.param == "alone":
        settings.REDIS_URL = NOWHERE
    return RateLimiter("test", timeout_seconds=PATIENCE_SECONDS)


@pytest.fixture
def frozen_redis(settings: Any) -> Iterator[None]:
    """A Redis that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield


class TestRateLimiter:
    def test_lets_the_whole_quota_through_at_once_and_no_more(self, limiter: RateLimiter) -> None:
        verdicts = [limiter.take([quota(3)], now_seconds=NOON) for _ in range(4)]

        assert [one.is_allowed for one in verdicts] == [True, True, True, False]
        assert [one.standings[0].remaining for one in verdicts] == [2, 1, 0, 0]

    def test_says_when_to_come_back_and_keeps_its_word(self, limiter: RateLimiter) -> None:
        for _ in range(3):
            limiter.take([quota(3)], now_seconds=NOON)
        refused = limiter.take([quota(3)], now_seconds=NOON + 0.5)

        too_early = limiter.take([quota(3)], now_seconds=NOON + 0.5 + refused.wait_seconds - 1)
        in_time = limiter.take([quota(3)], now_seconds=NOON + 0.5 + refused.wait_seconds)

        assert refused.wait_seconds == 20
        assert (too_early.is_allowed, in_time.is_allowed) == (False, True)

    def test_gives_the_quota_back_evenly(self, limiter: RateLimiter) -> None:
        for _ in range(3):
            limiter.take([quota(3)], now_seconds=NOON)

        later = limiter.take([quota(3)], now_seconds=NOON + 40)

        assert (later.standings[0].remaining, later.standings[0].reset_seconds) == (1, 40)

    def test_never_shuts_out_a_caller_that_keeps_knocking(self, limiter: RateLimiter) -> None:
        allowed = sum(limiter.take([quota(60)], now_seconds=NOON + n / 10).is_allowed for n in range(1200))

        assert 60 + 118 <= allowed <= 60 + 120

    def test_keeps_callers_apart(self, limiter: RateLimiter) -> None:
        for _ in range(2):
            limiter.take([quota(1)], now_seconds=NOON)

        assert limiter.take([quota(1, caller="boris")], now_seconds=NOON).is_allowed

    def test_takes_from_all_quotas_or_from_none(self, limiter: RateLimiter) -> None:
        token, user = quota(1, name="token", caller="t"), quota(5)
        limiter.take([token, user], now_seconds=NOON)

        refused = limiter.take([token, user], now_seconds=NOON)

        assert not refused.is_allowed
        assert refused.standings[1].remaining == 4
        assert refused.wait_seconds == 60

    def test_counts_exactly_under_parallel_requests(self) -> None:
        limiter = RateLimiter("test", timeout_seconds=PATIENCE_SECONDS)

        def knock(_: int) -> bool:
            return limiter.take([quota(50)], now_seconds=NOON).is_allowed

        with ThreadPoolExecutor(8) as threads:
            allowed = sum(threads.map(knock, range(200)))

        assert allowed == 50


class TestRedisAway:
    def test_counts_alone_and_says_so_in_a_metric(self, settings: Any) -> None:
        settings.REDIS_URL = NOWHERE
        before = FALLBACKS._value.get()

        verdicts = [RateLimiter("test").take([quota(1)], now_seconds=NOON) for _ in range(2)]

        assert [(one.is_allowed, one.is_shared) for one in verdicts] == [(True, False), (True, False)]
        assert FALLBACKS._value.get() == before + 2

    @pytest.mark.usefixtures("frozen_redis")
    def test_waits_for_a_frozen_redis_only_once_and_shortly(self) -> None:
        limiter, started_at = RateLimiter("test", timeout_seconds=0.5), time.monotonic()

        for _ in range(100):
            limiter.take([quota(1000)], now_seconds=NOON)

        # To wait each time would take 50 seconds.
        assert time.monotonic() - started_at < 10

    def test_asks_again_after_a_moment(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        limiter, working = RateLimiter("test"), settings.REDIS_URL
        monkeypatch.setattr(rate_limits, "QUIET_SECONDS", 0.0)
        settings.REDIS_URL = NOWHERE
        limiter.take([quota(1)], now_seconds=NOON)

        settings.REDIS_URL = working
        limiter._line = rate_limits.RedisLine(PATIENCE_SECONDS)

        assert limiter.take([quota(1)], now_seconds=NOON).is_shared

    def test_counts_on_when_redis_has_been_started_anew(self, settings: Any) -> None:
        limiter, server = (
            RateLimiter("test", timeout_seconds=PATIENCE_SECONDS),
            redis.Redis.from_url(settings.REDIS_URL),
        )
        limiter.take([quota(2)], now_seconds=NOON)

        # What a restart does to us: the connection is gone, and so is every script.
        mine = limiter._line._connection()
        mine.send_command("CLIENT", "ID")
        server.client_kill_filter(_id=mine.read_response())
        server.script_flush()

        verdict = limiter.take([quota(2)], now_seconds=NOON)

        assert (verdict.is_shared, verdict.standings[0].remaining) == (True, 0)

    def test_forgets_callers_that_have_their_quota_back(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.REDIS_URL = NOWHERE
        monkeypatch.setattr(rate_limits, "FORGET_ABOVE", 10)
        limiter = RateLimiter("test")

        for n in range(100):
            limiter.take([quota(1, caller=str(n))], now_seconds=NOON + 60 * n)

        assert len(limiter._own._full_at) <= 12
