"""How tasks that run for ever are ended."""

import asyncio
import time
from collections.abc import Collection

AGAIN_SECONDS = 0.1
LONGEST_SECONDS = 5.0


async def end_tasks(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended.

    Once isn't enough: a client library may take a cancellation that meets its own time-out for that time-out, and go on.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    running = {task for task in tasks if not task.done()}
    while running and time.monotonic() < deadline:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
