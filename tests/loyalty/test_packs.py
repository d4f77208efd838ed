import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from common.rate_limits import Quota, RateLimiter, Verdict
from loyalty.api import packs
from loyalty.api.packs import Packs

NOON = 1_795_262_400.0


class Counted(RateLimiter):
    """A limiter that knows how often it was asked."""

    def __init__(self) -> None:
        super().__init__("test", timeout_seconds=10)
        self.asked = 0

    def take(self, quotas: Sequence[Quota], *, now_seconds: float) -> Verdict:
        self.asked += 1
        return super().take(quotas, now_seconds=now_seconds)


@pytest.fixture
def limiter() -> Counted:
    return Counted()


@pytest.fixture
def quota() -> Quota:
    return Quota("webhook", uuid.uuid4().hex, 1000, 60)


class TestPacks:
    def test_asks_redis_once_for_a_hundredth_of_the_quota(self, limiter: Counted, quota: Quota) -> None:
        mine = Packs()

        for _ in range(20):
            mine.take(limiter, quota, now_seconds=NOON)

        assert limiter.asked == 2

    def test_lets_processes_have_the_quota_together_and_no_more(self, limiter: Counted, quota: Quota) -> None:
        processes = [Packs(), Packs()]

        allowed = sum(
            processes[n % 2].take(limiter, quota, now_seconds=NOON).is_allowed for n in range(quota.requests + 200)
        )

        assert allowed == quota.requests

    def test_gives_the_last_of_a_quota_one_by_one(self, limiter: Counted, quota: Quota) -> None:
        limiter.take([Quota("webhook", quota.caller, 1000, 60, cost=995)], now_seconds=NOON)

        verdicts = [Packs().take(limiter, quota, now_seconds=NOON) for _ in range(6)]

        assert [one.is_allowed for one in verdicts] == [True] * 5 + [False]
        assert verdicts[-1].wait_seconds == 1

    def test_forgets_a_pack_after_some_seconds(self, limiter: Counted, quota: Quota) -> None:
        mine = Packs()
        mine.take(limiter, quota, now_seconds=NOON)

        mine.take(limiter, quota, now_seconds=NOON + packs.KEPT_SECONDS)

        assert limiter.asked == 2

    def test_asks_anew_when_the_quota_has_changed(self, limiter: Counted, quota: Quota) -> None:
        mine = Packs()
        mine.take(limiter, quota, now_seconds=NOON)

        verdict = mine.take(limiter, Quota("webhook", quota.caller, 1, 60), now_seconds=NOON)

        assert limiter.asked == 2
        assert verdict.standings[0].quota.requests == 1

    def test_counts_small_quotas_one_by_one(self, limiter: Counted) -> None:
        small = Quota("webhook", uuid.uuid4().hex, 199, 60)
        mine = Packs()

        remaining = [mine.take(limiter, small, now_seconds=NOON).standings[0].remaining for _ in range(3)]

        assert remaining == [198, 197, 196]

    def test_keeps_nothing_that_redis_has_not_counted(self, limiter: Counted, quota: Quota, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        mine = Packs()

        verdicts = [mine.take(limiter, quota, now_seconds=NOON) for _ in range(3)]

        assert [(one.is_allowed, one.is_shared) for one in verdicts] == [(True, False)] * 3
        assert limiter.asked == 3

    def test_holds_a_bounded_number(self, limiter: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packs, "MOST_PACKS", 3)
        mine = Packs()

        for _ in range(10):
            mine.take(limiter, Quota("webhook", uuid.uuid4().hex, 1000, 60), now_seconds=NOON)

        assert len(mine._packs) <= 3
