"""Providers: limits that workers share, breakers, failover; and the webhook channel."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import redis
from django.utils import timezone
from standardwebhooks import Webhook

from common.outbound_addresses import ForbiddenAddress
from notifications.channels.outbound_addresses import pinned
from notifications.limits.breakers import FAILURES, FIRST_OPEN_SECONDS, LONGEST_OPEN_SECONDS, Breakers
from notifications.limits.buckets import Buckets
from notifications.models import ContactPoint, NotificationJob
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.conftest import MailServer
from tests.notifications.flow import send


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


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
        for _ in range(FAILURES):
            assert breakers.seconds_until_asked(name) == 0
            breakers.failed(name)

        assert breakers.seconds_until_asked(name) == FIRST_OPEN_SECONDS
        clock.now += FIRST_OPEN_SECONDS
        assert breakers.seconds_until_asked(name) == 0
        assert breakers.seconds_until_asked(name) > 0
        breakers.worked(name)
        assert [breakers.seconds_until_asked(name) for _ in range(3)] == [0, 0, 0]

    def test_stay_open_longer_each_time(self, name: str) -> None:
        clock = Clock()
        breakers = Breakers(clock)
        opened = []
        for _ in range(FAILURES + 6):
            clock.now += breakers.seconds_until_asked(name)
            breakers.seconds_until_asked(name)
            breakers.failed(name)
            opened.append(breakers.seconds_until_asked(name))

        assert opened[FAILURES - 1 :] == [min(LONGEST_OPEN_SECONDS, 5.0 * 2**n) for n in range(7)]

    def test_forget_failures_that_were_not_in_a_row(self, name: str) -> None:
        breakers = Breakers(Clock())
        for _ in range(3):
            for _ in range(FAILURES - 1):
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
        jobs = [make_job() for _ in range(FAILURES + 1)]

        send([job.id for job in jobs])

        stored = list(NotificationJob.objects.order_by("id"))
        assert {(job.status, job.provider) for job in stored} == {("sent", "email-2")}
        assert len(mail_server.mails) == FAILURES + 1
        asked = [[one["answer"] for one in job.decisions if one["rule"].startswith("provider")] for job in stored]
        assert asked == [["down", "taken"]] * FAILURES + [["breaker_open", "taken"]]

    def test_waits_without_losing_attempts_while_all_are_down(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        jobs = [make_job() for _ in range(FAILURES + 2)]
        now = timezone.now()

        send([job.id for job in jobs], now=now)

        stood = sorted(NotificationJob.objects.values_list("status", "reason", "attempts"))
        assert stood == [("deferred", "breaker_open", 0)] * 2 + [("failed", "temporary_refusal", 1)] * FAILURES
        last = NotificationJob.objects.filter(status="deferred").latest("next_attempt_at")
        assert last.next_attempt_at is not None
        assert now < last.next_attempt_at <= now + timedelta(seconds=FIRST_OPEN_SECONDS + 1)


@pytest.fixture
def listener() -> Iterator[Any]:
    """Somebody's server that takes webhooks."""
    received: list[tuple[dict[str, str], bytes]] = []
    answers: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/silent":
                self.close_connection = True
                return
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.received, server.answers = received, answers  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.django_db
class TestWebhook:
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def job(self, url: str) -> NotificationJob:
        recipient = make_recipient(email=None)
        ContactPoint.objects.create(recipient=recipient, channel="webhook", address=url, secret=self.SECRET)
        template = make_template(channels=("in_app",))
        return make_job(recipient=recipient, channel="webhook", template_code=template.code)

    def test_is_signed_so_that_the_receiver_can_tell(self, listener: Any) -> None:
        job = self.job(f"http://127.0.0.1:{listener.server_address[1]}/hook")

        send([job.id])

        job.refresh_from_db()
        [(headers, body)] = listener.received
        assert Webhook(self.SECRET).verify(body, headers)["id"] == str(job.id)
        assert (job.status, json.loads(body)["type"]) == ("delivered", "notification")

    @pytest.mark.parametrize(
        ("answer", "status"), [(500, "failed"), (302, "failed"), (429, "failed"), (410, "undeliverable")]
    )
    def test_knows_what_an_answer_means(self, listener: Any, answer: int, status: str) -> None:
        job = self.job(f"http://127.0.0.1:{listener.server_address[1]}/hook")
        listener.answers.append(answer)

        send([job.id])

        job.refresh_from_db()
        assert (job.status, len(listener.received)) == (status, 1)

    def test_asks_a_silent_server_once_a_batch_and_goes_on_with_the_others(self, listener: Any) -> None:
        urls = [f"http://127.0.0.1:{listener.server_address[1]}/{path}" for path in ("silent", "silent", "quick")]
        jobs = [self.job(url) for url in urls]

        send([job.id for job in jobs])

        for job in jobs:
            job.refresh_from_db()
        assert [(job.status, job.reason, job.attempts) for job in jobs] == [
            ("failed", "temporary_refusal", 1),
            ("deferred", "receiver_silent", 0),
            ("delivered", "", 1),
        ]

    @pytest.mark.parametrize(
        "url",
        [
            "https://169.254.169.254/latest/",
            "https://10.0.0.8/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:a9fe:a9fe::1]/",
            "https://224.0.0.1/",
            "https://2130706433/",
            "http://1.1.1.1/",
            "https://user:password@1.1.1.1/",
            "https://1.1.1.1:25/",
            "ftp://1.1.1.1/",
        ],
    )
    def test_never_calls_into_our_own_network(self, url: str, settings: Any) -> None:
        import httpx

        settings.ENVIRONMENT = "production"

        with pytest.raises(ForbiddenAddress):
            pinned(httpx.Request("POST", url))
