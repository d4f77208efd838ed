"""Live values: told when they change, never too often."""

import asyncio
from collections.abc import Callable

import pytest

from messaging.application.ports import TopicValue
from messaging.application.topics import MOST_TOPICS, Topics
from messaging.domain.errors import PortUnavailable
from tests.messaging.fakes.outlet import FakeOutlet

NAME = "river:level"


class Source:
    """A value that tests set; reading it may fail."""

    def __init__(self) -> None:
        self.value: TopicValue | None = (1, b'"low"')
        self.reads = 0
        self.failures = 0

    def knows(self, name: str) -> bool:
        return name.startswith("river:")

    async def read(self, name: str) -> TopicValue | None:
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise PortUnavailable("postgres")
        return self.value


def heard(outlet: FakeOutlet) -> list[tuple[int, str]]:
    return [(one["version"], one["data"]) for one in outlet.of("topic")]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def topics(source: Source) -> Topics:
    topics = Topics(pause_seconds=0)
    topics.source = source
    return topics


async def test_tells_the_present_value_and_each_change(topics: Topics, source: Source) -> None:
    outlet = FakeOutlet()

    assert topics.follow(outlet, [NAME])
    await until(lambda: heard(outlet) == [(1, "low")])
    source.value = (2, b'"high"')
    topics.ring(NAME)
    await until(lambda: heard(outlet) == [(1, "low"), (2, "high")])

    await topics.stop()


async def test_tells_nobody_what_has_not_changed(topics: Topics, source: Source) -> None:
    early, late = FakeOutlet(), FakeOutlet()
    topics.follow(early, [NAME])
    await until(lambda: bool(heard(early)))
    source.value = (5, b'"low"')

    topics.follow(late, [NAME])
    await until(lambda: bool(heard(late)))

    assert heard(early) == [(1, "low")]
    assert heard(late) == [(5, "low")]
    await topics.stop()


async def test_reads_once_for_many_rings_in_a_pause(topics: Topics, source: Source) -> None:
    outlet = FakeOutlet()
    topics.follow(outlet, [NAME])
    await until(lambda: bool(heard(outlet)))
    reads = source.reads

    for _ in range(100):
        topics.ring(NAME)
    source.value = (2, b'"high"')
    await until(lambda: len(heard(outlet)) == 2)

    assert source.reads == reads + 1
    await topics.stop()


async def test_reads_nothing_that_nobody_follows(topics: Topics, source: Source) -> None:
    outlet = FakeOutlet()
    topics.follow(outlet, [NAME])
    await until(lambda: bool(heard(outlet)))

    topics.unfollow(outlet)
    topics.ring(NAME)
    await asyncio.sleep(0)

    assert source.reads == 1
    assert topics.is_idle


async def test_goes_on_after_the_store_was_away(topics: Topics, source: Source) -> None:
    outlet = FakeOutlet()
    source.failures = 1
    topics.follow(outlet, [NAME])
    await until(lambda: source.reads == 1)

    topics.ring(NAME)
    await until(lambda: heard(outlet) == [(1, "low")])

    await topics.stop()


async def test_refuses_what_is_no_topic_and_too_many(topics: Topics) -> None:
    outlet = FakeOutlet()

    assert not topics.follow(outlet, ["mountain:height"])
    assert not topics.follow(outlet, [f"river:{number}" for number in range(MOST_TOPICS + 1)])
    assert topics.is_idle
