"""The webhook channel: signed posts to servers of strangers, who may answer late, wrongly or never."""

import contextlib
import json
import socket
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from common.outbound_addresses import ForbiddenAddress
from notifications.channels.http import exchange, make_client
from notifications.channels.outbound_addresses import pinned
from notifications.channels.ports import NotYet, Outgoing, PermanentRefusal, ProviderDown, TemporaryRefusal
from notifications.channels.webhook import DEADLINE_SECONDS, PATIENCE_SECONDS, WebhookProvider
from notifications.limits.breakers import WITH_RECEIVERS, Breakers
from notifications.limits.turns import Turns
from notifications.models import ContactPoint, NotificationJob
from notifications.rendering.message import Message
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.flow import Clock, send


@pytest.fixture
def listener() -> Iterator[Any]:
    """Somebody's server that takes webhooks; below /silent it hangs up without a word."""
    received: list[tuple[dict[str, str], bytes]] = []
    answers: list[int] = []
    silences: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/silent"):
                silences.append(self.path)
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
    server.received, server.answers, server.silences = received, answers, silences  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def address(listener: Any, path: str) -> str:
    """Return an address that no other test has met."""
    return f"http://127.0.0.1:{listener.server_address[1]}/{path}/{uuid.uuid4()}"


def webhook_job(*urls: str) -> NotificationJob:
    recipient = make_recipient(email=None)
    for url in urls:
        ContactPoint.objects.create(recipient=recipient, channel="webhook", address=url, secret=SECRET)
    template = make_template(channels=("in_app",))
    return make_job(recipient=recipient, channel="webhook", template_code=template.code)


@pytest.mark.django_db
class TestWebhook:
    def test_is_signed_so_that_the_receiver_can_tell(self, listener: Any) -> None:
        job = webhook_job(address(listener, "hook"))

        send([job.id])

        job.refresh_from_db()
        [(headers, body)] = listener.received
        assert Webhook(SECRET).verify(body, headers)["id"] == str(job.id)
        assert (job.status, json.loads(body)["type"]) == ("delivered", "notification")

    @pytest.mark.parametrize(
        ("answer", "status"), [(500, "failed"), (302, "failed"), (429, "failed"), (410, "undeliverable")]
    )
    def test_knows_what_an_answer_means(self, listener: Any, answer: int, status: str) -> None:
        job = webhook_job(address(listener, "hook"))
        listener.answers.append(answer)

        send([job.id])

        job.refresh_from_db()
        assert (job.status, len(listener.received)) == (status, 1)

    def test_reaches_every_receiver_of_a_person_once(self, listener: Any) -> None:
        job = webhook_job(*(address(listener, "hook") for _ in range(3)))
        listener.answers += [204, 500, 410]

        for hours in (0, 1):
            send([job.id], now=timezone.now() + timedelta(hours=hours))

        job.refresh_from_db()
        assert (job.status, len(job.reached), len(listener.received)) == ("delivered", 2, 4)
        assert ContactPoint.objects.active().filter(channel="webhook").count() == 2

    def test_asks_a_silent_server_once_and_goes_on_with_the_others(self, listener: Any) -> None:
        silent = address(listener, "silent")
        jobs = [webhook_job(url) for url in (silent, silent, address(listener, "quick"))]

        send([job.id for job in jobs])

        for job in jobs:
            job.refresh_from_db()
        assert [(job.status, job.reason, job.attempts) for job in jobs] == [
            ("failed", "temporary_refusal", 1),
            ("deferred", "receiver_silent", 0),
            ("delivered", "", 1),
        ]

    def test_is_not_posted_by_two_workers_to_one_receiver(self, listener: Any) -> None:
        url = address(listener, "hook")
        job = webhook_job(url)
        receiver = f"webhook:{sha256(url.encode()).hexdigest()[:32]}"

        assert Turns().take(receiver, seconds=60)
        send([job.id])
        busy = NotificationJob.objects.get()
        Turns().give_back(receiver)
        send([job.id], now=timezone.now() + timedelta(minutes=1))

        job.refresh_from_db()
        assert (busy.status, busy.reason, busy.attempts) == ("deferred", "receiver_busy", 0)
        assert (job.status, len(listener.received)) == ("delivered", 1)
        assert Turns().take(receiver, seconds=0.001)


class SlowTime(Clock):
    """Time in which every silent receiver uses up its whole deadline."""

    def __init__(self, listener: Any) -> None:
        super().__init__()
        self.listener = listener

    def __call__(self) -> float:
        return self.now + DEADLINE_SECONDS * len(self.listener.silences)


@pytest.mark.django_db
class TestSilentReceivers:
    def provider(self, listener: Any, clock: Clock) -> WebhookProvider:
        return WebhookProvider(clock=SlowTime(listener), breakers=Breakers(clock, WITH_RECEIVERS))

    def outgoing(self, *urls: str) -> Outgoing:
        return Outgoing(
            job_id=uuid.uuid4(),
            recipient_id=uuid.uuid4(),
            message=Message(
                subject="s",
                markdown="t",
                text="t",
                link="",
                locale="en",
                site_url="",
                unsubscribe_url="",
                settings_url="",
            ),
            contact_points=[ContactPoint(channel="webhook", address=url, secret=SECRET) for url in urls],
            unsubscribe_url="",
        )

    def test_hold_a_batch_no_longer_than_its_patience(self, listener: Any) -> None:
        provider = self.provider(listener, Clock())
        reasons = []
        for _ in range(10):
            with pytest.raises((TemporaryRefusal, NotYet)) as refused:
                provider.deliver(self.outgoing(address(listener, "silent")))
            reasons.append(str(refused.value))
        provider.close()

        asked = int(PATIENCE_SECONDS / DEADLINE_SECONDS)
        assert len(listener.silences) == asked
        assert reasons[asked:] == ["batch_has_waited"] * (10 - asked)

    def test_hold_it_no_longer_when_all_are_one_persons(self, listener: Any) -> None:
        provider = self.provider(listener, Clock())

        with pytest.raises(TemporaryRefusal):
            provider.deliver(self.outgoing(*(address(listener, "silent") for _ in range(10))))
        provider.close()

        assert len(listener.silences) == PATIENCE_SECONDS / DEADLINE_SECONDS

    def test_rest_ever_longer_and_are_given_up_after_a_day(self, listener: Any) -> None:
        clock, began_at = Clock(), Clock().now
        outgoing = self.outgoing(address(listener, "silent"))
        rests = []
        while True:
            provider = self.provider(listener, clock)
            try:
                provider.deliver(outgoing)
            except NotYet as wait:
                rests.append(wait.seconds)
                clock.now += wait.seconds
            except TemporaryRefusal:
                continue
            except PermanentRefusal as refusal:
                gone = refusal.receipt.gone
                break
            finally:
                provider.close()

        assert rests[:7] == [60, 120, 240, 480, 960, 1920, 3600]
        assert set(rests[7:]) == {3600}
        assert 24 * 3600 <= clock.now - began_at < 25 * 3600
        assert list(gone) == [outgoing.contact_points[0].id]

    def test_are_asked_as_before_once_they_answer(self, listener: Any) -> None:
        clock = Clock()
        breakers = Breakers(clock, WITH_RECEIVERS)
        outgoing = self.outgoing(address(listener, "hook"))
        breakers.failed(f"webhook:{sha256(outgoing.contact_points[0].address.encode()).hexdigest()[:32]}")
        provider = self.provider(listener, clock)

        with pytest.raises(NotYet):
            provider.deliver(outgoing)
        clock.now += 60
        receipts = [provider.deliver(outgoing) for _ in range(2)]
        provider.close()

        assert [len(receipt.reached) for receipt in receipts] == [1, 1]


@pytest.fixture
def dribbler() -> Iterator[str]:
    """A server that sends its answer byte by byte, each in good time, and ends after 200 of them."""
    answer = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 150 + b"\r\nContent-Length: 0\r\n\r\n"
    server = socket.create_server(("127.0.0.1", 0))

    def dribble() -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                for byte in answer:
                    connection.send(bytes([byte]))
                    time.sleep(0.02)

    thread = Thread(target=dribble, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    server.close()
    thread.join()


class TestExchange:
    def test_has_one_deadline_however_often_the_other_side_says_something(self, dribbler: str) -> None:
        with make_client() as caller, pytest.raises(ProviderDown, match="ReadTimeout"):
            exchange(caller, httpx.Request("POST", dribbler), seconds=0.5)


class TestAddresses:
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
        settings.ENVIRONMENT = "production"

        with pytest.raises(ForbiddenAddress):
            pinned(httpx.Request("POST", url))

    def test_opens_a_connection_for_each_name(self, listener: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A connection was proved to lead to one name: another one at the same address is somebody else's."""
        host, port = listener.server_address
        listener.RequestHandlerClass.protocol_version = "HTTP/1.1"
        accepted: list[Any] = []
        accept = listener.get_request

        def accept_and_count() -> Any:
            accepted.append(accept())
            return accepted[-1]

        monkeypatch.setattr(listener, "get_request", accept_and_count)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

        with make_client() as caller:
            for name in ("one.example", "other.example"):
                exchange(caller, pinned(httpx.Request("POST", f"http://{name}:{port}/", content=b"{}")))

        assert [headers["host"] for headers, _ in listener.received] == [f"one.example:{port}", f"other.example:{port}"]
        assert len(accepted) == 2
