"""Many questions of the same moment, answered by one read."""

import asyncio
from collections.abc import Sequence

import pytest

from messaging.adapters.postgres.together import Together
from messaging.domain.errors import PortUnavailable


class Desk:
    """A store that answers when it is let, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.answers = asyncio.Event()
        self.is_away = False

    async def read(self, questions: Sequence[int]) -> list[int]:
        self.asked.append(list(questions))
        await self.answers.wait()
        if self.is_away:
            raise PortUnavailable("postgres")
        return [one * 10 for one in questions]


async def ask_all(together: Together[int, int], questions: Sequence[int]) -> list[asyncio.Task[int]]:
    """Ask at the same moment, and wait until everything was asked."""
    tasks = [asyncio.create_task(together(one)) for one in questions]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


class TestTogether:
    async def test_questions_gather_while_a_read_is_on_its_way(self) -> None:
        desk = Desk()
        together = Together(desk.read, limit=10)
        first = await ask_all(together, [1])
        others = await ask_all(together, [2, 3, 4])

        desk.answers.set()

        assert await asyncio.gather(*first, *others) == [10, 20, 30, 40]
        assert desk.asked == [[1], [2, 3, 4]]

    async def test_asks_no_more_at_once_than_it_may(self) -> None:
        desk = Desk()
        desk.answers.set()

        await asyncio.gather(*await ask_all(Together(desk.read, limit=2), [1, 2, 3]))

        assert desk.asked == [[1, 2], [3]]

    async def test_a_store_that_is_away_is_everybodys_and_the_next_read_is_tried(self) -> None:
        desk = Desk()
        together = Together(desk.read, limit=10)
        desk.is_away = True
        desk.answers.set()
        failed = await asyncio.gather(*await ask_all(together, [1, 2]), return_exceptions=True)
        desk.is_away = False

        answer = await together(3)

        assert [type(one) for one in failed] == [PortUnavailable, PortUnavailable]
        assert answer == 30

    async def test_who_has_gone_keeps_nobody_from_the_answer(self) -> None:
        desk = Desk()
        together = Together(desk.read, limit=10)
        gone, stays = await ask_all(together, [1, 2])
        gone.cancel()
        desk.answers.set()

        assert await stays == 20
        with pytest.raises(asyncio.CancelledError):
            await gone
