"""Many questions of the same moment, answered by one read."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


# Who asks alone is answered at once. Those that follow others within the first wait for more for the second.
CLOSELY_SECONDS = 0.1
LINGER_SECONDS = 0.05


class Together(Generic[Question, Answer]):
    """While one read is on its way, the next questions gather.

    Each is answered by a read that begins after it was asked, so it sees at least what was committed before.
    """

    def __init__(self, read: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]], *, limit: int) -> None:
        self._read = read
        self._limit = limit
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._reading: asyncio.Task[None] | None = None
        self._read_at = -inf

    async def __call__(self, question: Question) -> Answer:
        """Return the answer.

        Raises:
            PortUnavailable: the store doesn't answer.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        while self._waiting:
            if len(self._waiting) < self._limit and time.monotonic() - self._read_at < CLOSELY_SECONDS:
                await asyncio.sleep(LINGER_SECONDS)
            self._read_at = time.monotonic()
            batch = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            try:
                answers = await self._read([question for question, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                # Who has gone meanwhile has cancelled it.
                if not future.done():
                    future.set_result(answer)
