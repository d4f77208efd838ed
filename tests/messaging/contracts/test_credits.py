"""What every bank of credits promises: the same as messaging.domain.credits says."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from messaging.adapters.fallbacks import CreditsWithFallback
from messaging.adapters.memory.credits import MemoryCredits
from messaging.adapters.redis.client import RedisLine
from messaging.adapters.redis.credits import RedisCredits
from messaging.application.ports import CreditBank
from messaging.domain.credits import Allowance

ALLOWANCE = Allowance(capacity=5, refill=3, interval_seconds=60)


@dataclass
class Case:
    """A bank, and how to let time pass for a user of it."""

    bank: CreditBank
    pass_time: Callable[[uuid.UUID, float], Awaitable[None]]


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def pass_time(self, user: uuid.UUID, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(params=["memory", "redis", "fallback"])
async def case(request: pytest.FixtureRequest, line: RedisLine, dead_line: RedisLine) -> AsyncIterator[Case]:
    clock = Clock()
    match request.param:
        case "memory":
            yield Case(MemoryCredits(clock), clock.pass_time)
        case "fallback":
            yield Case(CreditsWithFallback(RedisCredits(dead_line), MemoryCredits(clock)), clock.pass_time)
        case _:

            async def age_bucket(user: uuid.UUID, seconds: float) -> None:
                await line.client.hincrby(f"chat:credits:{user}", "since", -int(seconds * 1000))

            yield Case(RedisCredits(line), age_bucket)


class TestSpend:
    async def test_starts_with_a_full_bucket(self, case: Case) -> None:
        assert await case.bank.left(uuid.uuid4(), ALLOWANCE) == 5

    async def test_grants_what_is_left_and_says_when_more_comes(self, case: Case) -> None:
        user = uuid.uuid4()
        await case.bank.spend({user: 4}, ALLOWANCE)

        grant = (await case.bank.spend({user: 3}, ALLOWANCE))[user]

        assert (grant.granted, grant.left) == (1, 0)
        assert 50 < grant.retry_after <= 60

    async def test_keeps_users_apart(self, case: Case) -> None:
        one, other = uuid.uuid4(), uuid.uuid4()

        grants = await case.bank.spend({one: 5, other: 1}, ALLOWANCE)

        assert (grants[one].left, grants[other].left) == (0, 4)

    async def test_refills_after_the_interval_and_never_beyond_the_capacity(self, case: Case) -> None:
        user = uuid.uuid4()
        await case.bank.spend({user: 5}, ALLOWANCE)

        await case.pass_time(user, 61)
        once = await case.bank.left(user, ALLOWANCE)
        await case.pass_time(user, 300)

        assert (once, await case.bank.left(user, ALLOWANCE)) == (3, 5)

    async def test_gives_back_what_bought_nothing(self, case: Case) -> None:
        user = uuid.uuid4()
        await case.bank.spend({user: 2}, ALLOWANCE)

        await case.bank.refund({user: 9}, ALLOWANCE)

        assert await case.bank.left(user, ALLOWANCE) == 5

    async def test_what_is_granted_is_spent_last_and_not_refilled(self, case: Case) -> None:
        user = uuid.uuid4()
        await case.bank.grant(user, 4, ALLOWANCE)

        first = (await case.bank.spend({user: 7}, ALLOWANCE))[user]
        await case.pass_time(user, 301)
        full_again = await case.bank.left(user, ALLOWANCE)
        last = (await case.bank.spend({user: 9}, ALLOWANCE))[user]

        assert (first.granted, first.left, full_again) == (7, 2, 7)
        assert (last.granted, last.left) == (7, 0)

    async def test_many_at_once_never_spend_more_than_there_is(self, case: Case) -> None:
        user = uuid.uuid4()

        grants = await asyncio.gather(*(case.bank.spend({user: 1}, ALLOWANCE) for _ in range(20)))

        assert sum(one[user].granted for one in grants) == 5
