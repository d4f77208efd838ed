"""Live values that sockets follow, such as what is left of an event: told when they change, four times a second at most.

A bell says that a value may have changed; the value itself is read from its source, so that a bell that is lost, rung
twice or too early does no harm. What nobody here follows is never read.
"""

import asyncio
from collections.abc import Callable, Collection

import msgspec
import structlog

from messaging.application.ports import Outlet, TopicBells, TopicSource, TopicValue
from messaging.domain.endings import end_tasks
from messaging.domain.errors import PortUnavailable
from messaging.domain.messages import Topic, encode

log = structlog.get_logger(__name__)

# Four times a second.
PAUSE_SECONDS = 0.25
# Heals a bell that was lost.
LOOK_SECONDS = 20.0
MOST_TOPICS = 50


class NoSource:
    """What a node without live values reads."""

    def knows(self, name: str) -> bool:
        return False

    async def read(self, name: str) -> TopicValue | None:
        return None


class NoBells:
    """Nobody rings."""

    async def listen(self, ring: Callable[[str], None]) -> None:
        return None


class Topics:
    """Who follows what on this node."""

    def __init__(self, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self.source: TopicSource = NoSource()
        self.bells: TopicBells = NoBells()
        self._pause_seconds = pause_seconds
        self._followed: dict[str, Followed] = {}
        self._by_outlet: dict[Outlet, set[str]] = {}

    def follow(self, outlet: Outlet, names: Collection[str]) -> bool:
        """Tell the outlet the present values, and each change from now on; False when it may not follow one of them."""
        own = self._by_outlet.get(outlet, set())
        if len(own.union(names)) > MOST_TOPICS or not all(self.source.knows(name) for name in names):
            return False
        for name in names:
            self._by_outlet.setdefault(outlet, set()).add(name)
            followed = self._followed.get(name)
            if followed is None:
                followed = self._followed[name] = Followed(name)
                followed.task = asyncio.create_task(self._tell_of(followed))
            followed.new.add(outlet)
            followed.rung.set()
        return True

    def unfollow(self, outlet: Outlet, names: Collection[str] | None = None) -> None:
        """Stop telling the outlet of these topics, or of all."""
        own = self._by_outlet.get(outlet, set())
        for name in own.intersection(names) if names is not None else set(own):
            own.discard(name)
            followed = self._followed[name]
            followed.new.discard(outlet)
            followed.told.discard(outlet)
            if not followed.new and not followed.told:
                del self._followed[name]
                # Ends by itself: nobody is left to tell.
                followed.rung.set()
        if not own:
            self._by_outlet.pop(outlet, None)

    @property
    def is_idle(self) -> bool:
        """Nobody on this node follows anything."""
        return not self._followed and not self._by_outlet

    def ring(self, name: str) -> None:
        """Note that a value may have changed."""
        followed = self._followed.get(name)
        if followed is not None:
            followed.rung.set()

    async def listen(self) -> None:
        """Hear the bells, until cancelled."""
        await self.bells.listen(self.ring)

    async def stop(self) -> None:
        """Tell nobody any more."""
        await end_tasks([one.task for one in self._followed.values() if one.task is not None])

    async def _tell_of(self, followed: "Followed") -> None:
        while self._followed.get(followed.name) is followed:
            followed.rung.clear()
            try:
                value = await self.source.read(followed.name)
            except PortUnavailable as error:
                log.warning("messaging.topics.unavailable", port=str(error))
            else:
                followed.tell(value)
            await asyncio.sleep(self._pause_seconds)
            try:
                await asyncio.wait_for(followed.rung.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue


class Followed:
    """A topic that somebody on this node follows."""

    def __init__(self, name: str) -> None:
        self.name = name
        # Outlets that know the present value, and those that don't yet.
        self.told: set[Outlet] = set()
        self.new: set[Outlet] = set()
        self.rung = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._data: bytes | None = None

    def tell(self, value: TopicValue | None) -> None:
        """Tell everybody a changed value, and the new ones an unchanged one."""
        if value is None:
            return
        version, data = value
        to = self.new | self.told if data != self._data else set(self.new)
        self.told |= self.new
        self.new.clear()
        self._data = data
        notice = encode(Topic(name=self.name, version=version, data=msgspec.Raw(data)))
        for outlet in to:
            outlet.offer(notice, is_ephemeral=True)
