"""Pressure: who publishes it is obeyed, for as long as it is renewed."""

import time

import pytest
import redis
from django.conf import settings

from bus import pressure
from bus.pressure import KEY, PressureGauge, Valve, entry, highest, pause_after


class TestHighest:
    def test_is_the_highest_that_still_holds(self) -> None:
        entries = {
            b"old": entry(0.9, now=90.0).encode(),
            b"here": entry(0.3, now=100.0).encode(),
            b"there": entry(0.6, now=99.0).encode(),
            b"broken": b"what?",
        }

        assert highest(entries, now=100.0) == 0.6
        assert highest(entries, now=200.0) == 0.0


class TestPause:
    def test_grows_from_the_throttle_on(self) -> None:
        pauses = [pause_after(level) for level in (0.0, 0.49, 0.5, 0.8, 1.0)]

        assert pauses[:2] == [0.0, 0.0]
        assert pauses == sorted(pauses)
        assert pauses[-1] == pytest.approx(1.0)


class TestValve:
    def test_closes_at_the_top_and_opens_when_it_is_clearly_better(self) -> None:
        valve = Valve()

        states = [valve.follow(level) for level in (0.7, 0.8, 0.7, 0.61, 0.6, 0.7)]

        assert states == [False, True, True, True, False, False]


class Store:
    """A Redis that has these entries, or doesn't answer."""

    def __init__(self, entries: dict[bytes, bytes]) -> None:
        self.entries: dict[bytes, bytes] | None = entries

    def hgetall(self, _key: str) -> dict[bytes, bytes]:
        if self.entries is None:
            raise redis.TimeoutError
        return self.entries


class TestGauge:
    def test_reads_what_nodes_publish(self) -> None:
        client = redis.Redis.from_url(settings.REDIS_URL)
        client.hset(KEY, "chat:test", entry(0.77, now=time.time()))
        try:
            assert PressureGauge().level == 0.77
        finally:
            client.hdel(KEY, "chat:test")
            client.close()

    def test_feels_a_moment_longer_what_it_can_no_longer_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        gauge, clock = PressureGauge(), [100.0]
        monkeypatch.setattr(pressure.time, "monotonic", lambda: clock[0])
        gauge._client = Store({b"here": entry(0.9, now=time.time()).encode()})  # type: ignore[assignment]
        felt = [gauge.level]
        gauge._client.entries = None  # type: ignore[union-attr]
        for clock[0] in (103.0, 106.0):
            felt.append(gauge.level)

        assert felt == [0.9, 0.9, 0.0]

    def test_feels_nothing_without_redis(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")

        assert PressureGauge().level == 0.0
