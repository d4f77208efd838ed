"""Pressure: who publishes it is obeyed, for as long as it is renewed."""

import time

import pytest
import redis
from django.conf import settings

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


class TestGauge:
    def test_reads_what_nodes_publish(self) -> None:
        client = redis.Redis.from_url(settings.REDIS_URL)
        client.hset(KEY, "chat:test", entry(0.77, now=time.time()))
        try:
            assert PressureGauge().level == 0.77
        finally:
            client.hdel(KEY, "chat:test")
            client.close()

    def test_feels_nothing_without_redis(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")

        assert PressureGauge().level == 0.0
