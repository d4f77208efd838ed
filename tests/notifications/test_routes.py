"""Providers: limits that workers share, breakers, failover; and the webhook channel."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from notifications.limits.breakers import WITH_PROVIDERS, Breakers
from notifications.limits.buckets import Buckets
from notifications.models import NotificationJob
from tests.factories.notifications import make_job
from tests.notifications.conftest import MailServer
from tests.notifications.flow import Clock, send


@pytest.fixture
def name(settings: Any) -> Iterator[str]:
    """A provider that no other test has met."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield (chosen := f"provider-{uuid.uuid4()}")
    keys: Any = client.keys(f"*{chosen}*")
    if keys:
        client.delete(*keys)


class TestBuckets:
    def test_give_slots_at_equal_distances_to_all(self, name: str) -> None:
        clock = Clock()
        workers = [Buckets(clock), Buckets(clock)]

        turns = [workers[n % 2].take(name, per_second=10, patience_seconds=0.25) for n in range(5)]

        assert [(turn.is_given, round(turn.wait_seconds, 3)) for turn in turns] == [
            (True, 0.0),
            (True, 0.1),
            (True, 0.2),
            (False, 0.3),
            (False, 0.4),
        ]

    def test_are_closed_for_all_and_never_opened_earlier(self, name: str) -> None:
        clock = Clock()
        one, other = Buckets(clock), Buckets(clock)

        one.close_for(name, seconds=30)
        one.close_for(name, seconds=5)
        clock.now += 29
        still = other.take(name, per_second=10, patience_seconds=0.25)
        clock.now += 1
        again = other.take(name, per_second=10, patience_seconds=0.25)

        assert (still.is_given, round(still.wait_seconds, 3)) == (False, 1.0)
        assert again.is_given

    def test_go_slower_without_redis(self, name: str, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        clock = Clock()
        bucket = Buckets(clock)

        turns = [bucket.take(name, per_second=10, patience_seconds=0.5) for _ in range(3)]

        assert [(turn.is_given, round(turn.wait_seconds, 3)) for turn in turns] == [
            (True, 0),
            (True, 0.4),
            (False, 0.8),
        ]


class TestBreakers:
    @pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
    def test_open_after_failures_and_let_one_probe_through(self, name: str, settings: Any, url: str) -> None:
        settings.REDIS_URL = url or settings.REDIS_URL
        clock = Clock()
        breakers = Breakers(clock)
        for _ in range(WITH_PROVIDERS.failures):
            assert breakers.seconds_until_asked(name) == 0
            breakers.failed(name)

        assert breakers.seconds_until_asked(name) == WITH_PROVIDERS.first_open_seconds
        clock.now += WITH_PROVIDERS.first_open_seconds
        assert breakers.seconds_until_asked(name) == 0
        assert breakers.seconds_until_asked(name) > 0
        breakers.worked(name)
        assert [breakers.seconds_until_asked(name) for _ in range(3)] == [0, 0, 0]

    def test_stay_open_longer_each_time(self, name: str) -> None:
        clock = Clock()
        breakers = Breakers(clock)
        opened = []
        for _ in range(WITH_PROVIDERS.failures + 6):
            clock.now += breakers.seconds_until_asked(name)
            breakers.seconds_until_asked(name)
            breakers.failed(name)
            opened.append(breakers.seconds_until_asked(name))

        assert opened[WITH_PROVIDERS.failures - 1 :] == [
            min(WITH_PROVIDERS.longest_open_seconds, 5.0 * 2**n) for n in range(7)
        ]

    def test_forget_failures_that_were_not_in_a_row(self, name: str) -> None:
        breakers = Breakers(Clock())
        for _ in range(3):
            for _ in range(WITH_PROVIDERS.failures - 1):
                breakers.failed(name)
            breakers.worked(name)

        assert breakers.seconds_until_asked(name) == 0


@pytest.mark.django_db
class TestFailover:
    @pytest.fixture(autouse=True)
    def closed_breakers(self, settings: Any) -> Iterator[None]:
        client = redis.Redis.from_url(settings.REDIS_URL)
        client.delete("notify:breaker:email", "notify:breaker:email-2")
        yield
        client.delete("notify:breaker:email", "notify:breaker:email-2")

    def test_sends_by_the_next_provider_while_the_first_is_down(self, mail_server: MailServer, settings: Any) -> None:
        working = {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT}
        settings.EMAIL_FALLBACKS = [{"backend": settings.EMAIL_BACKEND, "options": working}]
        settings.EMAIL_PORT = 1
        jobs = [make_job() for _ in range(WITH_PROVIDERS.failures + 1)]

        send([job.id for job in jobs])

        stored = list(NotificationJob.objects.order_by("id"))
        assert {(job.status, job.provider) for job in stored} == {("sent", "email-2")}
        assert len(mail_server.mails) == WITH_PROVIDERS.failures + 1
        asked = [[one["answer"] for one in job.decisions if one["rule"].startswith("provider")] for job in stored]
        assert asked == [["down", "taken"]] * WITH_PROVIDERS.failures + [["breaker_open", "taken"]]

    def test_waits_without_losing_attempts_while_all_are_down(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        jobs = [make_job() for _ in range(WITH_PROVIDERS.failures + 2)]
        now = timezone.now()

        send([job.id for job in jobs], now=now)

        stood = sorted(NotificationJob.objects.values_list("status", "reason", "attempts"))
        assert (
            stood
            == [("deferred", "breaker_open", 0)] * 2 + [("failed", "temporary_refusal", 1)] * WITH_PROVIDERS.failures
        )
        last = NotificationJob.objects.filter(status="deferred").latest("next_attempt_at")
        assert last.next_attempt_at is not None
        assert now < last.next_attempt_at <= now + timedelta(seconds=WITH_PROVIDERS.first_open_seconds + 1)
