"""Quotas of shops, taken from Redis a hundredth at a time and used up here: a call for each webhook would cost as much as its row.

What is taken is counted at once, so no shop gets more than its quota, through however many processes. What a process
hasn't used after some seconds is gone: that happens to shops that are far from their limit.
"""

import threading
from dataclasses import dataclass, replace

from common.rate_limits import Quota, RateLimiter, Verdict

PARTS = 100
KEPT_SECONDS = 5.0
MOST_PACKS = 10_000


@dataclass
class _Pack:
    verdict: Verdict
    left: int
    until_seconds: float


class Packs:
    """The packs of this process, by caller."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._packs: dict[Quota, _Pack] = {}

    def take(self, limiter: RateLimiter, quota: Quota, *, now_seconds: float) -> Verdict:
        """Count one request; small quotas, and what is left of an almost spent one, are counted one by one.

        Of a pack's requests each is told how the quota stood when the pack was taken.
        """
        size = quota.requests // PARTS
        if size < 2:
            return limiter.take([quota], now_seconds=now_seconds)
        with self._lock:
            pack = self._packs.get(quota)
            if pack and pack.left and pack.until_seconds > now_seconds:
                pack.left -= 1
                return pack.verdict
        verdict = limiter.take([replace(quota, cost=size)], now_seconds=now_seconds)
        if not verdict.is_allowed:
            return limiter.take([quota], now_seconds=now_seconds)
        if verdict.is_shared:
            self._keep(quota, _Pack(verdict, size - 1, now_seconds + KEPT_SECONDS))
        return verdict

    def _keep(self, quota: Quota, pack: _Pack) -> None:
        with self._lock:
            if len(self._packs) >= MOST_PACKS:
                self._packs.clear()
            self._packs[quota] = pack
