"""Credits in this node's memory: for the time that Redis is away, and for tests."""

import time
import uuid
from collections.abc import Callable, Mapping

from messaging.domain.credits import Allowance, Bucket, Grant, full, granted, refilled, refund, spend

REMEMBERED = 20_000


class MemoryCredits:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[uuid.UUID, Bucket] = {}

    async def spend(self, wanted: Mapping[uuid.UUID, int], allowance: Allowance) -> dict[uuid.UUID, Grant]:
        now = self._clock()
        grants = {}
        for user_id, amount in wanted.items():
            self._buckets[user_id], grants[user_id] = spend(
                self._bucket(user_id, allowance), allowance, wanted=amount, now=now
            )
        self._forget(allowance)
        return grants

    async def refund(self, amounts: Mapping[uuid.UUID, int], allowance: Allowance) -> None:
        for user_id, amount in amounts.items():
            self._buckets[user_id] = refund(self._bucket(user_id, allowance), allowance, amount=amount)

    async def left(self, user_id: uuid.UUID, allowance: Allowance) -> int:
        bucket = refilled(self._bucket(user_id, allowance), allowance, now=self._clock())
        return bucket.left + bucket.extra

    async def grant(self, user_id: uuid.UUID, amount: int, allowance: Allowance) -> None:
        self._buckets[user_id] = granted(self._bucket(user_id, allowance), amount=amount)

    def _bucket(self, user_id: uuid.UUID, allowance: Allowance) -> Bucket:
        return self._buckets.get(user_id) or full(allowance, now=self._clock())

    def _forget(self, allowance: Allowance) -> None:
        """Forget buckets that are full again: a new one would be the same."""
        if len(self._buckets) <= REMEMBERED:
            return
        now = self._clock()
        self._buckets = {
            user_id: bucket
            for user_id, bucket in self._buckets.items()
            if bucket.extra or refilled(bucket, allowance, now=now).left < allowance.capacity
        }
