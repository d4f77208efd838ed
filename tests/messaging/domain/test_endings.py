"""Ending tasks that run for ever."""

import asyncio
import time

from messaging.domain.endings import end_tasks


class TestEnd:
    async def test_ends_a_task_that_has_swallowed_a_cancellation(self) -> None:
        swallowed = 0

        async def stubborn() -> None:
            nonlocal swallowed
            while True:
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    swallowed += 1
                    if swallowed == 2:
                        raise

        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        started_at = time.monotonic()

        await end_tasks([task])

        assert task.cancelled()
        assert time.monotonic() - started_at < 1
