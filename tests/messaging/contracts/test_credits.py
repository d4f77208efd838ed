"""What every bank of credits promises: the same as messaging.domain.credits says."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from messaging.adapters.fallbacks import CreditsWithFallback
from messaging.adapters.memory.credits import MemoryCredits
from messaging.adapters.redis.client import RedisLine
from messaging.adapters.redis.credits import RedisCredits
from messaging.application.ports import CreditBank
from messaging.domain.credits import Allowance

ALLOWANCE = Allowance(capacity=5, refill=3, interval_seconds=0.3)


@pytest.fixture(params=["memory", "redis", "fallback"])
async def bank(request: pytest.FixtureRequest, line: RedisLine, dead_line: RedisLine) -> AsyncIterator[CreditBank]:
    match request.param:
        case "memory":
            yield MemoryCredits()
        case "redis":
            yield RedisCredits(line)
        case _:
            yield CreditsWithFallback(RedisCredits(dead_line), MemoryCredits())


class TestSpend:
    async def test_starts_with_a_full_bucket(self, bank: CreditBank) -> None:
        assert await bank.left(uuid.uuid4(), ALLOWANCE) == 5

    async def test_grants_what_is_left_and_says_when_more_comes(self, bank: CreditBank) -> None:
        user = uuid.uuid4()
        await bank.spend({user: 4}, ALLOWANCE)

        grant = (await bank.spend({user: 3}, ALLOWANCE))[user]

        assert (grant.granted, grant.left) == (1, 0)
        assert 0 < grant.retry_after <= 0.3

    async def test_keeps_users_apart(self, bank: CreditBank) -> None:
        one, other = uuid.uuid4(), uuid.uuid4()

        grants = await bank.spend({one: 5, other: 1}, ALLOWANCE)

        assert (grants[one].left, grants[other].left) == (0, 4)

    async def test_refills_after_the_interval_and_never_beyond_the_capacity(self, bank: CreditBank) -> None:
        user = uuid.uuid4()
        await bank.spend({user: 5}, ALLOWANCE)

        await asyncio.sleep(0.35)
        once = await bank.left(user, ALLOWANCE)
        await asyncio.sleep(0.7)

        assert (once, await bank.left(user, ALLOWANCE)) == (3, 5)

    async def test_gives_back_what_bought_nothing(self, bank: CreditBank) -> None:
        user = uuid.uuid4()
        await bank.spend({user: 2}, ALLOWANCE)

        await bank.refund({user: 9}, ALLOWANCE)

        assert await bank.left(user, ALLOWANCE) == 5

    async def test_many_at_once_never_spend_more_than_there_is(self, bank: CreditBank) -> None:
        user = uuid.uuid4()

        grants = await asyncio.gather(*(bank.spend({user: 1}, Allowance(5, 5, 60.0)) for _ in range(20)))

        assert sum(one[user].granted for one in grants) == 5
