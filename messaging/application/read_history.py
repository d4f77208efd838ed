"""Read a page of a conversation: from the ring when it has everything that was asked for, else from the store."""

import msgspec

from messaging.application.ports import MessageStore, RecentMessages
from messaging.domain.errors import PortUnavailable
from messaging.domain.limits import PAGE_BYTES
from messaging.domain.messages import Page
from messaging.domain.types.history import History


class ReadHistory:
    def __init__(self, store: MessageStore, recent: RecentMessages) -> None:
        self._store = store
        self._recent = recent

    async def __call__(self, asked: History) -> Page:
        """Return the page.

        Raises:
            PortUnavailable: the store doesn't answer.
        """
        messages, more = await self.messages(asked)
        fitting = fit(messages, from_the_first=asked.after is not None)
        return Page(
            request=asked.request,
            conversation=asked.conversation,
            messages=[msgspec.Raw(payload) for _, payload in fitting],
            more=more or len(fitting) < len(messages),
        )

    async def messages(self, asked: History) -> tuple[list[tuple[int, bytes]], bool]:
        if asked.after is not None and asked.before is None:
            recent = await self._from_ring(asked)
            if recent is not None:
                return recent[: asked.limit], len(recent) > asked.limit
        return await self._store.page(asked.conversation, after=asked.after, before=asked.before, limit=asked.limit)

    async def _from_ring(self, asked: History) -> list[tuple[int, bytes]] | None:
        try:
            return await self._recent.after(asked.conversation, asked.after or 0, limit=asked.limit + 1)
        except PortUnavailable:
            return None


def fit(messages: list[tuple[int, bytes]], *, from_the_first: bool) -> list[tuple[int, bytes]]:
    """Return as many messages, from the end where the asker goes on, as a socket's queue takes beside what lies there."""
    size, count = 0, 0
    for _, payload in messages if from_the_first else reversed(messages):
        size += len(payload) + 1
        if count and size > PAGE_BYTES:
            break
        count += 1
    return messages[:count] if from_the_first else messages[len(messages) - count :]
