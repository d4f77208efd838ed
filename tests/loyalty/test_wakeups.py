import uuid
from collections.abc import Callable
from typing import Any

import pytest

from loyalty.api import wakeups
from loyalty.api.wakeups import EVERY_SECONDS, Bell, Waker


class Time:
    """A clock that is set by hand, and what is to be called later."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, Callable[[], object]]] = []

    def clock(self) -> float:
        return self.now

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        self.due.append((self.now + seconds, call))

    def pass_by(self, seconds: float) -> None:
        until = self.now + seconds
        while ready := sorted((one for one in self.due if one[0] <= until), key=lambda one: one[0]):
            self.due.remove(ready[0])
            self.now = ready[0][0]
            ready[0][1]()
        self.now = until


class SharedBell:
    """Rings once in a tenth of a second, as the key in Redis lets it."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.rung: list[float] = []

    def ring(self) -> bool:
        if self.rung and self.time.now - self.rung[-1] < EVERY_SECONDS - 1e-6:
            return False
        self.rung.append(self.time.now)
        return True


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def bell(time: Time) -> SharedBell:
    return SharedBell(time)


class TestWaker:
    def test_rings_at_once_for_the_first(self, time: Time, bell: SharedBell) -> None:
        Waker(bell.ring, clock=time.clock, later=time.later).wake()

        assert (bell.rung, time.due) == ([100.0], [])

    def test_rings_once_for_all_that_comes_in_the_moment_after(self, time: Time, bell: SharedBell) -> None:
        waker = Waker(bell.ring, clock=time.clock, later=time.later)
        for _ in range(50):
            waker.wake()
            time.pass_by(0.001)
        time.pass_by(1)

        assert bell.rung == pytest.approx([100.0, 100.1])

    def test_rings_ten_times_a_second_under_load_of_several_processes(self, time: Time, bell: SharedBell) -> None:
        wakers = [Waker(bell.ring, clock=time.clock, later=time.later) for _ in range(4)]
        last_stored_at = 0.0
        for number in range(1000):
            wakers[number % 4].wake()
            last_stored_at = time.now
            time.pass_by(0.001)
        while_they_came = len(bell.rung)
        time.pass_by(1)

        assert 9 <= while_they_came <= 11
        assert last_stored_at <= bell.rung[-1] <= last_stored_at + 5 * EVERY_SECONDS

    @pytest.mark.parametrize("gap", [0.001, 0.03, 0.06, 0.099])
    @pytest.mark.parametrize("before", [0.0, 0.02, 0.07])
    def test_rings_after_whatever_was_stored_last(
        self, time: Time, bell: SharedBell, gap: float, before: float
    ) -> None:
        """Another process may have rung before this webhook was stored, and its worker may have looked already."""
        here, there = (Waker(bell.ring, clock=time.clock, later=time.later) for _ in range(2))

        here.wake()
        time.pass_by(before)
        there.wake()
        time.pass_by(gap)
        stored_at = time.now
        here.wake()
        there.wake()
        time.pass_by(1)

        assert stored_at <= bell.rung[-1] <= stored_at + 3 * EVERY_SECONDS

    def test_rings_after_the_first_webhook_of_a_process_whose_neighbour_has_just_rung(
        self, time: Time, bell: SharedBell
    ) -> None:
        here, there = (Waker(bell.ring, clock=time.clock, later=time.later) for _ in range(2))

        there.wake()
        time.pass_by(0.05)
        here.wake()
        time.pass_by(1)

        assert bell.rung == pytest.approx([100.0, 100.15])


class TestBell:
    def test_is_rung_once_by_all_processes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        queued: list[str] = []
        monkeypatch.setattr(wakeups, "KEY", f"test:{uuid.uuid4()}")
        monkeypatch.setattr(wakeups, "EVERY_SECONDS", 60)
        monkeypatch.setattr(wakeups, "TIMEOUT_SECONDS", 5)
        monkeypatch.setattr(wakeups, "queue_task", lambda task, args, queue: queued.append(f"{queue}/{task}"))

        assert [Bell().ring(), Bell().ring()] == [True, False]
        assert queued == ["webhooks/loyalty.process_webhooks"]

    def test_is_left_to_the_clock_while_redis_is_away(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(wakeups, "queue_task", lambda *args, **kwargs: pytest.fail("Redis is away"))

        assert Bell().ring() is True
