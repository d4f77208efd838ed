"""How the relay wakes workers, and how long it rests."""

from dataclasses import dataclass

import pytest

from bus import relay
from bus.relay import GATHER_SECONDS, MANY, POLL_SECONDS, QUIET_POLL_SECONDS, TASK_SIZE, rest_after, send_to_workers
from bus.wakeup import Alarm


@dataclass
class Queued:
    queue: str


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    tasks: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(relay, "queue_task", lambda _name, args, *, queue: tasks.append((queue, args[0])))
    monkeypatch.setattr(relay, "HANDLERS", {"a": Queued("critical"), "b": Queued("critical"), "c": Queued("bulk")})
    return tasks


class TestSendToWorkers:
    def test_sends_the_deliveries_of_a_queue_together_and_in_order(self, sent: list[tuple[str, list[int]]]) -> None:
        send_to_workers({"a": [3, 1], "b": [2], "c": [4]})

        assert sent == [("critical", [1, 2, 3]), ("bulk", [4])]

    def test_makes_tasks_of_a_bounded_size(self, sent: list[tuple[str, list[int]]]) -> None:
        send_to_workers({"a": list(range(TASK_SIZE + 1))})

        assert [len(ids) for _, ids in sent] == [TASK_SIZE, 1]


class Rests:
    """An alarm and a clock that note how long they were waited for."""

    def __init__(self) -> None:
        self.alarm: list[tuple[float, float]] = []
        self.clock: list[float] = []

    def wait(self, seconds: float, *, when_quiet: float) -> None:
        self.alarm.append((seconds, when_quiet))

    def sleep(self, seconds: float) -> None:
        self.clock.append(seconds)


class TestRestAfter:
    @pytest.mark.parametrize(
        ("read", "waits", "sleeps"),
        [(0, [(POLL_SECONDS, QUIET_POLL_SECONDS)], []), (1, [], [GATHER_SECONDS]), (MANY, [], [])],
    )
    def test_gathers_a_few_and_goes_on_at_once_behind_many(
        self,
        read: int,
        waits: list[tuple[float, float]],
        sleeps: list[float],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        rests = Rests()
        monkeypatch.setattr(relay.time, "sleep", rests.sleep)

        rest_after(read, rests)  # type: ignore[arg-type]

        assert (rests.alarm, rests.clock) == (waits, sleeps)


class Subscription:
    """A subscription that notes how long it was listened to; its second answer is a ring."""

    def __init__(self) -> None:
        self.listened: list[float] = []

    def get_message(self, *, timeout: float) -> object:
        if not timeout:
            return None
        self.listened.append(timeout)
        return b"ring" if len(self.listened) == 2 else None


class TestAlarm:
    def test_polls_seldom_until_somebody_rings(self) -> None:
        alarm, subscription = Alarm("tests"), Subscription()
        alarm._subscription = subscription  # type: ignore[assignment]

        for _ in range(3):
            alarm.wait(0.1, when_quiet=7.0)

        assert subscription.listened == [7.0, 7.0, 0.1]
